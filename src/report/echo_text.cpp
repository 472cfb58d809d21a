#include "report/echo_text.h"

#include "report/format.h"

#include <fmt/core.h>

namespace sockit {

namespace {

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// "12.3 us a message, 93 % of one CPU"
struct CpuShare {
    Duration each{};
    double percent = 0;
};

CpuShare share_of(const CpuTime& time, const EchoSummary& event)
{
    constexpr double percent = 100;
    const Duration spent = time.user + time.system;
    const double span = seconds_of(event.duration);
    return {.each = spent / static_cast<Duration::rep>(event.messages),
            .percent = span > 0 ? seconds_of(spent) / span * percent : 0};
}

/// A stall so long beside the rest that the percentiles of a closed loop do not show it.
bool hides_stall(const EchoSummary& event)
{
    constexpr auto shortest = std::chrono::milliseconds(10);
    constexpr int times = 20;
    return !event.corrected && event.latency.count() > 0 && *event.latency.max() >= shortest &&
           *event.latency.max() >= times * *event.latency.percentile(0.99);
}

std::string_view verdict_words(const EchoSummary& event)
{
    if (!event.settings.verify)
        return ", not verified";
    return event.flaws.total() > 0 ? "" : ", all verified";
}

} // namespace

std::string_view flaw_name(EchoFlaw flaw)
{
    switch (flaw) {
    case EchoFlaw::Corrupt: return "corrupt";
    case EchoFlaw::Lost: return "lost";
    case EchoFlaw::Duplicate: return "duplicate";
    case EchoFlaw::Reorder: return "reorder";
    case EchoFlaw::Truncated: return "truncated";
    }
    return "";
}

double message_rate(std::uint64_t messages, Duration duration)
{
    const double seconds = seconds_of(duration);
    return seconds > 0 ? static_cast<double>(messages) / seconds : 0;
}

std::string counted(std::uint64_t count, std::string_view noun)
{
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string load_words(const EchoSettings& settings)
{
    return fmt::format("of {} B on {}", settings.sizes,
                       counted(settings.connections, "connection"));
}

std::string outcome_words(const EchoSummary& event)
{
    const auto& settings = event.settings;
    const auto what = settings.lines ? std::string("lines") : "messages " + load_words(settings);
    if (event.messages == 0)
        return fmt::format("0 {} came back", what);
    return fmt::format("{} {} in {}: {}{}", event.messages, what, format_duration(event.duration),
                       format_rate(message_rate(event.messages, event.duration)),
                       verdict_words(event));
}

std::string flaw_words(const EchoFlaws& flaws)
{
    struct Count {
        EchoFlaw flaw;
        std::uint64_t count;
    };
    std::string out;
    for (const auto& [flaw, count] :
         {Count{EchoFlaw::Corrupt, flaws.corrupt}, Count{EchoFlaw::Lost, flaws.lost},
          Count{EchoFlaw::Duplicate, flaws.duplicated}, Count{EchoFlaw::Reorder, flaws.reordered},
          Count{EchoFlaw::Truncated, flaws.truncated}})
        if (count > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, flaw_name(flaw));
    return out;
}

std::string error_words(const EchoSummary& event)
{
    std::string out;
    for (const auto& [code, count] : event.errors)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, code);
    return out;
}

std::string cpu_words(const EchoSummary& event)
{
    if (event.messages == 0)
        return {};
    const auto client = share_of(event.cpu, event);
    auto text = fmt::format("client {} a message, {:.0f} % of one CPU",
                            format_duration(client.each), client.percent);
    if (event.server_cpu) {
        const auto server = share_of(*event.server_cpu, event);
        text += fmt::format("; server {}, {:.0f} %", format_duration(server.each), server.percent);
    }
    return text;
}

std::vector<EchoRemark> echo_remarks(const EchoSummary& event)
{
    constexpr double reached = 0.99;
    std::vector<EchoRemark> out;
    const double rate = message_rate(event.messages, event.duration);
    if (event.client_bound)
        out.push_back({"bound", "by this client's own CPU, not by the server"});
    if (event.settings.rate && event.messages > 0 &&
        rate < reached * static_cast<double>(*event.settings.rate))
        out.push_back(
            {"rate",
             fmt::format("{} of the {} asked for; being late counts as latency", format_rate(rate),
                         format_rate(static_cast<double>(*event.settings.rate)))});
    if (hides_stall(event))
        out.push_back({"hidden", fmt::format("a stall of {}, by coordinated omission: --rate shows "
                                             "what it costs",
                                             format_duration(*event.latency.max()))});
    return out;
}

} // namespace sockit
