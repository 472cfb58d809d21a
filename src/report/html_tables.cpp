#include "base/escape.h"
#include "report/echo_text.h"
#include "report/format.h"
#include "report/html_page.h"
#include "report/markup.h"

#include <fmt/core.h>

#include <array>

namespace sockit {

namespace {

/// A table of names and values. A value that is not there makes no row.
class NamedValues {
public:
    void add(std::string_view name, std::string_view value)
    {
        m_rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, value);
    }
    void add(std::string_view name, const std::optional<std::uint64_t>& value)
    {
        if (value)
            add(name, std::to_string(*value));
    }
    void add(std::string_view name, const std::optional<Duration>& value)
    {
        if (value)
            add(name, format_duration(*value));
    }
    [[nodiscard]] std::string table(std::string_view heading) const
    {
        return fmt::format("<section><h2>{}</h2>\n<table>\n{}</table></section>\n", heading,
                           m_rows);
    }

private:
    std::string m_rows;
};

std::string duration_cell(const std::optional<Duration>& duration)
{
    return "<td class=\"number\">" + (duration ? format_duration(*duration) : "–") + "</td>";
}

std::string quantile_table(const EchoSummary& summary)
{
    struct Row {
        std::string_view name;
        double quantile;
    };
    constexpr std::array rows{Row{"p50", 0.5},     Row{"p90", 0.9},       Row{"p99", 0.99},
                              Row{"p99.9", 0.999}, Row{"p99.99", 0.9999}, Row{"p99.999", 0.99999},
                              Row{"max", 1}};
    std::string out = "<section><h2>Percentiles</h2>\n<table>\n<tr><th scope=\"col\">share</th>"
                      "<th scope=\"col\" class=\"number\">latency</th>";
    if (summary.service.count() > 0)
        out += "<th scope=\"col\" class=\"number\">from the send</th>";
    out += "</tr>\n";
    const auto row = [&](std::string_view name, const auto& value_of) {
        out += fmt::format("<tr><th scope=\"row\">{}</th>{}", name,
                           duration_cell(value_of(summary.latency)));
        if (summary.service.count() > 0)
            out += duration_cell(value_of(summary.service));
        out += "</tr>\n";
    };
    row("min", [](const Histogram& histogram) { return histogram.min(); });
    for (const auto& [name, quantile] : rows)
        row(name,
            [share = quantile](const Histogram& histogram) { return histogram.percentile(share); });
    row("mean", [](const Histogram& histogram) { return histogram.mean(); });
    row("deviation", [](const Histogram& histogram) { return histogram.deviation(); });
    return out + "</table></section>\n";
}

std::string result_table(const EchoSummary& summary)
{
    NamedValues values;
    values.add("messages", std::optional(summary.messages));
    values.add("echoed", format_bytes(summary.bytes));
    values.add("measured", std::optional(summary.duration));
    if (summary.connects > 0)
        values.add("connections made", std::optional(summary.connects));
    if (const auto cpu = cpu_words(summary); !cpu.empty())
        values.add("CPU", cpu);
    values.add("TCP round trip", summary.rtt);
    values.add("TCP retransmits", summary.retransmits);
    for (const auto& [code, count] : summary.errors)
        values.add(markup_text(escape(code)), std::optional(count));
    if (summary.flaws.total() > 0)
        values.add("wrong", flaw_words(summary.flaws));
    return values.table("Results");
}

std::string settings_table(const EchoPage& page)
{
    const auto& settings = page.summary.settings;
    NamedValues values;
    values.add("target", "<code>" + markup_text(escape(page.target)) + "</code>");
    values.add("message", markup_text(escape(settings.sizes)) + " B");
    values.add("connections", std::optional(settings.connections));
    values.add("threads", std::optional(settings.threads));
    values.add("count", settings.count);
    values.add("duration", settings.duration);
    values.add("rate", settings.rate ? format_rate(static_cast<double>(*settings.rate))
                                     : std::string("closed loop"));
    values.add("pipeline", std::optional(settings.pipeline));
    if (settings.reconnect)
        values.add("reconnect", "for each message");
    if (settings.connect_rate)
        values.add("connect rate", format_rate(static_cast<double>(*settings.connect_rate)));
    if (settings.warmup > Duration::zero())
        values.add("warm-up", std::optional(settings.warmup));
    values.add("timeout", std::optional(settings.timeout));
    values.add("verified", settings.verify ? "every byte" : "no");
    values.add("seed", std::optional(settings.seed));
    return values.table("Settings");
}

std::string detail_row(const EchoDetail& detail)
{
    const auto other = detail.other ? fmt::format("echo of connection {}, message {}",
                                                  detail.other->connection, detail.other->sequence)
                                    : std::string();
    return fmt::format("<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
                       "<td class=\"number\">{}</td><td><code>{}</code></td>"
                       "<td><code>{}</code></td><td>{}</td></tr>\n",
                       flaw_name(detail.flaw), detail.connection, detail.sequence, detail.offset,
                       hex(detail.expected), hex(detail.actual), other);
}

std::string detail_table(const EchoFlaws& flaws)
{
    if (flaws.details.empty())
        return {};
    std::string out = "<h2>Wrong echoes</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                      "aria-label=\"Wrong echoes\">\n<table>\n<tr>";
    for (const std::string_view name :
         {"kind", "connection", "message", "offset", "expected", "actual", "which is"})
        out += fmt::format("<th scope=\"col\">{}</th>", name);
    out += "</tr>\n";
    for (const auto& detail : flaws.details)
        out += detail_row(detail);
    out += "</table>\n</div>\n";
    if (flaws.total() > flaws.details.size())
        out += fmt::format("<p>and {} more</p>\n", flaws.total() - flaws.details.size());
    return out;
}

} // namespace

std::string html_tables(const EchoPage& page)
{
    std::string out = "<div class=\"tables\">\n";
    if (page.summary.latency.count() > 0)
        out += quantile_table(page.summary);
    return out + result_table(page.summary) + settings_table(page) + "</div>\n" +
           detail_table(page.summary.flaws);
}

} // namespace sockit
