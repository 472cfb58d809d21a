#include "base/escape.h"
#include "report/event_sink.h"
#include "report/probe_text.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace sockit {

namespace {

/// The upper ends of the histogram's buckets, in seconds.
constexpr std::array bucket_ends{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                 0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// `NAME="VALUE"`; the value is what people see of it.
std::string label(std::string_view name, std::string_view value)
{
    std::string out = std::string(name) + "=\"";
    for (const char c : escape(value)) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

/// The samples of one metric, which stand together whatever the order they came in.
class Family {
public:
    Family(std::string_view name, std::string_view type, std::string_view help)
        : m_name(name), m_type(type), m_help(help)
    {}

    void add(std::string_view labels, auto value) { add("", labels, value); }
    void add(std::string_view suffix, std::string_view labels, auto value)
    {
        m_samples += fmt::format("sockit_probe_{}{}{{{}}} {}\n", m_name, suffix, labels, value);
    }

    [[nodiscard]] std::string text() const
    {
        if (m_samples.empty())
            return {};
        return fmt::format("# HELP sockit_probe_{0} {2}\n# TYPE sockit_probe_{0} {1}\n{3}", m_name,
                           m_type, m_help, m_samples);
    }

private:
    std::string_view m_name;
    std::string_view m_type;
    std::string_view m_help;
    std::string m_samples;
};

/// What is written of a target.
struct Series {
    std::string labels; ///< that all of its samples have
    bool ok = false;
    ProbeOutcome outcome = ProbeOutcome::LocalError;
    ProbePhases phases;
    std::optional<Duration> kernel_rtt;
    std::optional<std::chrono::sys_seconds> not_after;
};

struct Tries {
    std::string labels;
    std::uint64_t sent = 0;
    std::uint64_t lost = 0;
    Histogram connect;
};

class PrometheusSink final : public EventSink {
public:
    explicit PrometheusSink(Output& records) : m_records(records) {}

    void take(const Event& event) override
    {
        if (const auto* started = event.get_if<ProbeStarted>())
            m_each_address = started->each_address;
        else if (const auto* result = event.get_if<ProbeResult>())
            take_result(*result);
        else if (const auto* statistics = event.get_if<ProbeStatistics>())
            take_tries(*statistics);
        else if (const auto* failed = event.get_if<Failed>())
            m_records.write("# failed: " + describe_error(failed->error) + "\n");
        else if (const auto* summary = event.get_if<ProbeSummary>())
            m_summary = *summary;
    }

    void finish() override
    {
        write_targets();
        write_results();
        write_tries();
        m_records.flush();
    }

private:
    /// `labels` are the user's.
    static std::string labels_of(std::string_view target, const ProbeLabels& labels)
    {
        std::string out = label("target", target);
        for (const auto& [key, value] : labels)
            out += "," + label(key, value);
        return out;
    }

    void take_result(const ProbeResult& result)
    {
        auto labels = labels_of(result.target, result.labels);
        if (m_each_address && result.endpoint)
            labels += "," + label("address", result.endpoint->text());
        const auto [found, is_new] = m_by_labels.try_emplace(labels, m_series.size());
        if (is_new)
            m_series.emplace_back();
        Series& series = m_series[found->second];
        series = {.labels = std::move(labels),
                  .ok = result.ok,
                  .outcome = result.outcome,
                  .phases = result.phases,
                  .kernel_rtt = result.kernel_rtt,
                  .not_after = {}};
        if (result.tls && !result.tls->chain.empty())
            series.not_after = result.tls->chain.front().not_after;
    }

    void take_tries(const ProbeStatistics& statistics)
    {
        auto labels = labels_of(statistics.target, statistics.labels);
        if (statistics.endpoint)
            labels += "," + label("address", statistics.endpoint->text());
        m_tries.insert_or_assign(labels, Tries{.labels = labels,
                                               .sent = statistics.sent,
                                               .lost = statistics.lost,
                                               .connect = statistics.connect});
    }

    void write_targets()
    {
        if (m_summary.total == 0)
            return;
        Family family("results", "gauge", "Results of the run, and targets without one.");
        family.add(label("state", "ok"), m_summary.ok);
        family.add(label("state", "failed"), m_summary.failed);
        family.add(label("state", "unfinished"), m_summary.unfinished);
        m_records.write(family.text());
    }

    void write_results()
    {
        Family success("success", "gauge", "Whether the last try had a wanted outcome.");
        Family outcome("outcome", "gauge", "1 for the outcome of the last try, 0 for the others.");
        Family duration("duration_seconds", "gauge",
                        "How long the phases of the last try took that it came to.");
        Family rtt("kernel_rtt_seconds", "gauge", "Round trip of the handshake by the kernel.");
        Family not_after("tls_not_after_timestamp_seconds", "gauge",
                         "When the certificate of the server ends, in seconds since the epoch.");
        for (const auto& series : m_series) {
            success.add(series.labels, series.ok ? 1 : 0);
            for (const auto each : all_probe_outcomes())
                outcome.add(series.labels + "," + label("outcome", probe_outcome_name(each)),
                            each == series.outcome ? 1 : 0);
            add_phases(duration, series);
            if (series.kernel_rtt)
                rtt.add(series.labels, seconds(*series.kernel_rtt));
            if (series.not_after)
                not_after.add(series.labels, series.not_after->time_since_epoch().count());
        }
        for (const auto* family : {&success, &outcome, &duration, &rtt, &not_after})
            m_records.write(family->text());
    }

    static void add_phases(Family& family, const Series& series)
    {
        const auto add = [&](std::string_view phase, std::optional<Duration> span) {
            if (span)
                family.add(series.labels + "," + label("phase", phase), seconds(*span));
        };
        add("resolve", series.phases.resolve);
        add("connect", series.phases.connect);
        add("tls", series.phases.tls);
        add("first_byte", series.phases.first_byte);
        add("total", series.phases.total);
    }

    void write_tries()
    {
        Family sent("tries", "gauge", "Tries of the run.");
        Family lost("lost_tries", "gauge",
                    "Tries whose first SYN, or all of them, went unanswered.");
        Family latency("connect_latency_seconds", "histogram",
                       "From connect() to its outcome, of the tries that lost nothing.");
        for (const auto& [labels, tries] : m_tries) {
            sent.add(labels, tries.sent);
            lost.add(labels, tries.lost);
            add_histogram(latency, tries);
        }
        for (const auto* family : {&sent, &lost, &latency})
            m_records.write(family->text());
    }

    static void add_histogram(Family& family, const Tries& tries)
    {
        const auto buckets = tries.connect.buckets();
        auto bucket = buckets.begin();
        std::uint64_t count = 0;
        for (const double end : bucket_ends) {
            for (; bucket != buckets.end() && seconds(bucket->upper) <= end; ++bucket)
                count += bucket->count;
            family.add("_bucket", tries.labels + "," + label("le", fmt::format("{}", end)), count);
        }
        const auto total = tries.connect.count();
        const auto mean = tries.connect.mean().value_or(Duration::zero());
        family.add("_bucket", tries.labels + "," + label("le", "+Inf"), total);
        family.add("_sum", tries.labels, seconds(mean) * static_cast<double>(total));
        family.add("_count", tries.labels, total);
    }

    Output& m_records;
    std::vector<Series> m_series;
    std::map<std::string, std::size_t> m_by_labels; ///< index of the series that has them
    std::map<std::string, Tries> m_tries;           ///< by their labels
    ProbeSummary m_summary;
    bool m_each_address = false;
};

} // namespace

std::unique_ptr<EventSink> make_prometheus_sink(Output& records)
{
    return std::make_unique<PrometheusSink>(records);
}

} // namespace sockit
