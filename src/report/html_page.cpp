#include "report/html_page.h"

#include "base/escape.h"
#include "report/describe.h"
#include "report/echo_text.h"
#include "report/event_sink.h"
#include "report/format.h"
#include "report/html_style.h"
#include "report/markup.h"

#include <fmt/core.h>

namespace sockit {

namespace {

std::string figure_of(std::string_view name, std::string_view value)
{
    return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

std::string figures(const EchoSummary& summary)
{
    std::string out = "<dl class=\"figures\">\n";
    out += figure_of("messages", std::to_string(summary.messages));
    out += figure_of("rate", format_rate(message_rate(summary.messages, summary.duration)));
    struct Quantile {
        std::string_view name;
        double share;
    };
    for (const auto& [name, share] : {Quantile{"p50", 0.5}, Quantile{"p99", 0.99},
                                      Quantile{"p99.9", 0.999}, Quantile{"max", 1}})
        if (const auto value = summary.latency.percentile(share))
            out += figure_of(name, format_duration(*value));
    out += figure_of("wrong", std::to_string(summary.flaws.total()));
    std::uint64_t errors = 0;
    for (const auto& [code, count] : summary.errors)
        errors += count;
    out += figure_of("errors", std::to_string(errors));
    return out + "</dl>\n";
}

std::string verdict(const EchoSummary& summary)
{
    const bool bad = summary.flaws.total() > 0 || !summary.errors.empty() || summary.messages == 0;
    auto words = markup_text(outcome_words(summary));
    if (summary.flaws.total() > 0)
        words += "; wrong: " + flaw_words(summary.flaws);
    if (!summary.errors.empty())
        words += "; errors: " + markup_text(escape(error_words(summary)));
    return fmt::format("<p class=\"verdict {}\">{} {}</p>\n", bad ? "bad" : "good", bad ? "✘" : "✔",
                       words);
}

/// "2025-01-31 12:00:00 UTC"
std::string day_and_time(std::chrono::system_clock::time_point time)
{
    constexpr std::size_t day = 10;
    constexpr std::size_t clock = 8;
    const auto text = format_time(time);
    return text.substr(0, day) + " " + text.substr(day + 1, clock) + " UTC";
}

/// Gathers the events of a load, and writes the page once it knows the summary.
class HtmlSink final : public EventSink {
public:
    explicit HtmlSink(Output& page) : m_output(page) {}

    void take(const Event& event) override
    {
        if (const auto* start = event.get_if<EchoStart>())
            m_page.target = start->target;
        else if (const auto* interval = event.get_if<EchoInterval>())
            add(*interval);
        else if (const auto* warning = event.get_if<Warning>())
            add(*warning);
        else if (const auto* summary = event.get_if<EchoSummary>()) {
            close_last();
            m_page.summary = *summary;
            m_page.ended = std::chrono::system_clock::now();
            m_output.write(html_page(m_page));
        }
    }

    void finish() override { m_output.flush(); }

private:
    /// The charts show a few hundred parts: where there are more intervals, each part is as many of
    /// them as the others.
    void add(const EchoInterval& interval)
    {
        constexpr std::size_t most_parts = 240;
        auto& parts = m_page.parts;
        if (m_in_last < m_in_each) {
            join(parts.back(), interval);
            ++m_in_last;
            return;
        }
        if (parts.size() == most_parts) {
            for (std::size_t i = 0; i < most_parts; i += 2) {
                join(parts[i], parts[i + 1]);
                std::swap(parts[i / 2], parts[i]);
            }
            parts.resize(most_parts / 2);
            m_in_each *= 2;
        }
        parts.push_back(interval);
        m_in_last = 1;
    }

    /// The last interval ends with the run. Where it is short, its figures are chance.
    void close_last()
    {
        auto& parts = m_page.parts;
        if (parts.size() < 2 || 2 * parts.back().duration >= parts.front().duration)
            return;
        join(parts[parts.size() - 2], parts.back());
        parts.pop_back();
    }

    static void join(EchoInterval& part, const EchoInterval& next)
    {
        part.duration += next.duration;
        part.messages += next.messages;
        part.flaws += next.flaws;
        part.latency.add(next.latency);
    }

    void add(const Warning& warning)
    {
        constexpr std::size_t most_warnings = 20;
        if (m_page.warnings.size() >= most_warnings)
            return;
        Record record(Record::Want::Text, false);
        describe(warning, record);
        m_page.warnings.push_back(record.line);
    }

    Output& m_output;
    EchoPage m_page;
    std::size_t m_in_each = 1; ///< intervals in a part
    std::size_t m_in_last = 1; ///< in the last one
};

} // namespace

std::string html_page(const EchoPage& page)
{
    const auto target = markup_text(escape(page.target));
    auto out = fmt::format(
        R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>echo client {}</title>
<style>{}</style>
</head>
<body>
<header>
<h1>echo client <code>{}</code></h1>
)",
        target, html_style, target);
    out += verdict(page.summary);
    out += "<p class=\"dim\">ended " + day_and_time(page.ended) +
           (page.summary.stopped_by ? ", stopped by " + *page.summary.stopped_by : "") + "</p>\n";
    for (const auto& remark : echo_remarks(page.summary))
        out +=
            fmt::format("<p><strong>{}</strong>: {}</p>\n", remark.name, markup_text(remark.text));
    for (const auto& warning : page.warnings)
        out += "<p>warning: " + markup_text(warning) + "</p>\n";
    out += "</header>\n<main>\n" + figures(page.summary) + html_charts(page) + html_tables(page);
    return out + "</main>\n<footer>sockit echo client</footer>\n</body>\n</html>\n";
}

std::unique_ptr<EventSink> make_html_sink(Output& page) { return std::make_unique<HtmlSink>(page); }

} // namespace sockit
