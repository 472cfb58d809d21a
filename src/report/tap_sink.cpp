#include "report/describe.h"
#include "report/event_sink.h"
#include "report/probe_text.h"
#include "report/yaml.h"

#include <fmt/format.h>

namespace sockit {

namespace {

/// A description ends where a directive begins, at the first `#`.
std::string tap_text(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '#' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

class TapSink final : public EventSink {
public:
    explicit TapSink(Output& records) : m_records(records) { m_records.write("TAP version 14\n"); }

    void take(const Event& event) override
    {
        if (const auto* started = event.get_if<ProbeStarted>())
            m_each_address = started->each_address;
        else if (const auto* result = event.get_if<ProbeResult>())
            point(*result);
        else if (event.get_if<ProbeHop>() != nullptr || event.get_if<ProbeStatistics>() != nullptr)
            comment(event);
        else if (const auto* failed = event.get_if<Failed>())
            bail_out(describe_error(failed->error));
        else if (const auto* summary = event.get_if<ProbeSummary>())
            end(*summary);
        m_records.flush();
    }

    void finish() override { m_records.flush(); }

private:
    void point(const ProbeResult& result)
    {
        m_records.write(fmt::format("{}ok {} - {}\n", result.ok ? "" : "not ", ++m_points,
                                    tap_text(result_name(result, m_each_address) + " " +
                                             std::string(probe_outcome_name(result.outcome)) +
                                             labels_text(result.labels))));
        if (result.ok)
            return;
        Record record(Record::Want::Fields, false);
        describe(result, record);
        std::string block = "  ---\n";
        Fields message;
        message.add("message", failure_text(result));
        append_yaml(block, message, "  ");
        append_yaml(block, record.fields, "  ");
        m_records.write(block + "  ...\n");
    }

    void comment(const Event& event)
    {
        Record record(Record::Want::Text, false);
        describe(event, record);
        std::string_view rest = record.line;
        while (true) {
            const auto end = rest.find('\n');
            m_records.write("# " + std::string(rest.substr(0, end)) + "\n");
            if (end == std::string_view::npos)
                return;
            rest.remove_prefix(end + 1);
        }
    }

    void end(const ProbeSummary& summary)
    {
        if (m_bailed_out)
            return;
        if (summary.stopped_by && summary.unfinished > 0)
            bail_out(fmt::format("stopped by {}, {} unfinished", *summary.stopped_by,
                                 summary.unfinished));
        else if (summary.stopped_by && *summary.stopped_by != "deadline")
            bail_out("stopped by " + *summary.stopped_by);
        else
            m_records.write(fmt::format("1..{}\n", m_points));
    }

    void bail_out(std::string_view reason)
    {
        m_bailed_out = true;
        m_records.write(fmt::format("Bail out! {}\n", reason));
    }

    Output& m_records;
    std::size_t m_points = 0;
    bool m_bailed_out = false;
    bool m_each_address = false;
};

} // namespace

std::unique_ptr<EventSink> make_tap_sink(Output& records)
{
    return std::make_unique<TapSink>(records);
}

} // namespace sockit
