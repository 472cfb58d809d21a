#include "base/escape.h"
#include "report/describe.h"
#include "report/event_sink.h"
#include "report/markup.h"
#include "report/probe_text.h"

#include <fmt/format.h>

namespace sockit {

namespace {

std::string seconds_text(Duration duration)
{
    return fmt::format("{:.6f}", std::chrono::duration<double>(duration).count());
}

std::string line_of(const Event& event)
{
    Record record(Record::Want::Text, false);
    describe(event, record);
    return record.line + "\n";
}

class JunitSink final : public EventSink {
public:
    explicit JunitSink(Output& records) : m_records(records) {}

    void take(const Event& event) override
    {
        if (const auto* started = event.get_if<ProbeStarted>())
            m_each_address = started->each_address;
        else if (const auto* result = event.get_if<ProbeResult>())
            test_case(*result);
        else if (event.get_if<ProbeHop>() != nullptr || event.get_if<ProbeStatistics>() != nullptr)
            m_remarks += line_of(event);
        else if (const auto* warning = event.get_if<Warning>())
            m_warnings += line_of(*warning);
        else if (const auto* failed = event.get_if<Failed>())
            error("run", "failed", describe_error(failed->error));
        else if (const auto* summary = event.get_if<ProbeSummary>())
            end(*summary);
    }

    void finish() override
    {
        const auto attributes = fmt::format(
            R"(name="sockit probe" tests="{}" failures="{}" errors="{}" skipped="0" time="{}")",
            m_tests, m_failures, m_errors, seconds_text(m_duration));
        m_records.write(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                    "<testsuites {0}>\n  <testsuite {0}>\n",
                                    attributes));
        write_labels();
        m_records.write(m_cases);
        write_stream("system-out", m_remarks);
        write_stream("system-err", m_warnings);
        m_records.write("  </testsuite>\n</testsuites>\n");
        m_records.flush();
    }

private:
    void test_case(const ProbeResult& result)
    {
        ++m_tests;
        m_labels = result.labels;
        m_cases += fmt::format(R"(    <testcase classname="sockit.probe.{}" name="{}" time="{}")",
                               transport_name(result.transport),
                               markup_text(result_name(result, m_each_address)),
                               seconds_text(result.phases.total));
        if (result.ok) {
            m_cases += "/>\n";
            return;
        }
        ++m_failures;
        m_cases += fmt::format(
            ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
            probe_outcome_name(result.outcome), markup_text(failure_text(result)),
            markup_text(line_of(result)));
    }

    /// What is no result of a target.
    void error(std::string_view name, std::string_view type, std::string_view message)
    {
        ++m_tests;
        ++m_errors;
        m_cases += fmt::format("    <testcase classname=\"sockit.probe\" name=\"{}\" time=\"0\">\n"
                               "      <error type=\"{}\" message=\"{}\"/>\n    </testcase>\n",
                               markup_text(name), markup_text(type), markup_text(message));
    }

    void end(const ProbeSummary& summary)
    {
        m_duration = summary.duration;
        if (summary.unfinished > 0 && summary.stopped_by)
            error(fmt::format("{} unfinished", summary.unfinished), *summary.stopped_by,
                  "stopped by " + *summary.stopped_by);
    }

    void write_labels()
    {
        if (m_labels.empty())
            return;
        std::string properties = "    <properties>\n";
        for (const auto& [key, value] : m_labels)
            properties += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", key,
                                      markup_text(escape(value)));
        m_records.write(properties + "    </properties>\n");
    }

    void write_stream(std::string_view name, std::string_view text)
    {
        if (!text.empty())
            m_records.write(fmt::format("    <{0}>{1}</{0}>\n", name, markup_text(text)));
    }

    Output& m_records;
    std::string m_cases;
    std::string m_remarks;
    std::string m_warnings;
    ProbeLabels m_labels; ///< the same in every result
    Duration m_duration{};
    std::size_t m_tests = 0;
    std::size_t m_failures = 0;
    std::size_t m_errors = 0;
    bool m_each_address = false;
};

} // namespace

std::unique_ptr<EventSink> make_junit_sink(Output& records)
{
    return std::make_unique<JunitSink>(records);
}

} // namespace sockit
