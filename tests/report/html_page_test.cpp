#include "report/html_page.h"
#include "report/svg_chart.h"
#include "written.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

EchoSummary good_run()
{
    EchoSummary summary;
    summary.settings = {.connections = 10, .duration = 2s, .sizes = "64", .timeout = 5s};
    summary.messages = 1000;
    summary.bytes = 64000;
    summary.duration = 2s;
    for (int i = 1; i <= 1000; ++i)
        summary.latency.record(i * 10us);
    summary.cpu = {.user = 500ms, .system = 500ms};
    summary.connects = 10;
    return summary;
}

EchoInterval part_of(int number, Duration latency)
{
    EchoInterval part{.start = number * 1s, .duration = 1s, .messages = 500, .connections = 10};
    part.latency.record(latency);
    return part;
}

std::string page_of(const EchoSummary& summary, int parts = 2)
{
    return written(make_html_sink, [&](EventSink& sink) {
        sink.take(EchoStart{"localhost:7", summary.settings});
        for (int i = 0; i < parts; ++i)
            sink.take(part_of(i, i == 0 ? 10s : 1ms));
        sink.take(summary);
    });
}

void expect_parts(const std::string& page, std::initializer_list<std::string_view> parts)
{
    for (const auto part : parts)
        EXPECT_NE(page.find(part), std::string::npos) << part << "\nnot in\n" << page;
}

std::size_t count_of(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

TEST(HtmlPage, TellsFiguresCurvesAndSettings)
{
    const auto page = page_of(good_run());
    expect_parts(page, {"<title>echo client localhost:7</title>",
                        "<p class=\"verdict good\">✔ 1000 messages of 64 B on 10 connections in "
                        "2.00 s: 500/s, all verified</p>",
                        "<dt>p50</dt><dd>5.01 ms</dd>", "<dt>wrong</dt><dd>0</dd>", "Closed loop",
                        "<title id=\"quantiles-title\">Latency by percentile",
                        "99 % no longer than 9.96 ms, the longest 10.0 ms.",
                        "<title id=\"course-title\">", "<title id=\"rate-title\">",
                        "<th scope=\"row\">p99.99</th><td class=\"number\">10.0 ms</td>",
                        "<th scope=\"row\">CPU</th><td>client 1.00 ms a message, 50 % of one CPU",
                        "<th scope=\"row\">rate</th><td>closed loop</td>",
                        "<th scope=\"row\">verified</th><td>every byte</td>"});
    EXPECT_EQ(page.find("Wrong echoes"), std::string::npos);
    EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(HtmlPage, NeedsNothingElseAndRunsNoScript)
{
    const auto page = page_of(good_run());
    for (const std::string_view part :
         {"<script", "http://", "https://", "src=", "href=", "url(", "@import", " onload"})
        EXPECT_EQ(page.find(part), std::string::npos) << part;
    expect_parts(page, {"default-src 'none'; style-src 'unsafe-inline'"});
}

TEST(HtmlPage, WhatIsForeignIsText)
{
    EchoSummary summary = good_run();
    summary.errors["<b>&\"\x1b"] = 3;
    const auto page = written(make_html_sink, [&](EventSink& sink) {
        sink.take(EchoStart{"</title><script>alert(1)</script>\x1b[2J", summary.settings});
        sink.take(Warning{"a <i>warning</i>", {}});
        sink.take(summary);
    });
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
    EXPECT_EQ(count_of(page, "</title>"), 2U); // the page's and the one chart's
    expect_parts(page, {"&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J",
                        "3 &lt;b&gt;&amp;&quot;\\x1b", "warning: a &lt;i&gt;warning&lt;/i&gt;"});
}

TEST(HtmlPage, WhatWasWrongIsATable)
{
    EchoSummary summary = good_run();
    summary.flaws.add({.flaw = EchoFlaw::Corrupt,
                       .connection = 3,
                       .sequence = 499,
                       .offset = 40,
                       .expected = "a",
                       .actual = "b",
                       .other = EchoDetail::Other{.connection = 2, .sequence = 7}});
    for (std::uint64_t i = 0; i < 200; ++i)
        summary.flaws.add({.flaw = EchoFlaw::Lost, .connection = 4, .sequence = i});
    const auto page = page_of(summary);
    expect_parts(page, {"<p class=\"verdict bad\">✘ ", "wrong: 1 corrupt, 200 lost</p>",
                        "<h2>Wrong echoes</h2>",
                        "<tr><td>corrupt</td><td class=\"number\">3</td><td class=\"number\">499"
                        "</td><td class=\"number\">40</td><td><code>61</code></td><td><code>62"
                        "</code></td><td>echo of connection 2, message 7</td></tr>",
                        "<p>and 101 more</p>"});
}

TEST(HtmlPage, AnOpenLoopHasTwoCurvesAndItsRate)
{
    EchoSummary summary = good_run();
    summary.corrected = true;
    summary.settings.rate = 1000;
    summary.service.record(5us);
    const auto page = page_of(summary);
    expect_parts(page, {"Open loop", ">from the intended send time</text>", ">from the send</text>",
                        "<p><strong>rate</strong>: 500/s of the 1000/s asked for",
                        ">asked for</text>", "<td class=\"number\">5.00 us</td>"});
}

TEST(HtmlPage, OfNothingIsAVerdictAndSettings)
{
    EchoSummary summary;
    summary.errors["ECONNREFUSED"] = 1;
    const auto page = page_of(summary, 0);
    expect_parts(page, {"verdict bad", "0 messages of", "errors: 1 ECONNREFUSED", "Settings"});
    EXPECT_EQ(page.find("<svg"), std::string::npos);
}

TEST(HtmlPage, OneMessageIsDrawnToo)
{
    EchoSummary summary = good_run();
    summary.latency = {};
    summary.latency.record(0ns);
    EXPECT_EQ(count_of(page_of(summary, 0), "<svg"), 1U);
    EXPECT_EQ(page_of(summary, 0).find("nan"), std::string::npos);
    EXPECT_EQ(page_of(summary, 0).find("inf,"), std::string::npos);
}

TEST(HtmlPage, ManyIntervalsMakeAsManyPartsAsCanBeSeen)
{
    const auto page = page_of(good_run(), 10'000);
    const auto begin = page.find("<path class=\"line-0\" d=\"", page.find("id=\"rate-title\""));
    const auto path = page.substr(begin, page.find("/>", begin) - begin);
    EXPECT_GT(count_of(path, "L"), 100U) << path;
    EXPECT_LT(count_of(path, "L"), 240U) << path;
    EXPECT_LT(page.size(), 60'000U);
}

TEST(HtmlPage, AShortEndIsNoPartOfItsOwn)
{
    const auto rate_of = [](Duration last) {
        const auto page = written(make_html_sink, [&](EventSink& sink) {
            sink.take(part_of(0, 1ms));
            sink.take(part_of(1, 1ms));
            sink.take(EchoInterval{.start = 2s, .duration = last, .messages = 1});
            sink.take(good_run());
        });
        const auto begin = page.find("id=\"rate-desc\">");
        return page.substr(begin + 15, page.find('<', begin + 15) - begin - 15);
    };
    EXPECT_EQ(rate_of(100ms), "Between 455/s and 500/s.");
    EXPECT_EQ(rate_of(500ms), "Between 2.00/s and 500/s.");
}

TEST(SvgAxis, TicksStandAtRoundPlaces)
{
    const auto labels = [](const SvgAxis& axis) {
        std::string out;
        for (const auto& tick : axis.ticks)
            out += (out.empty() ? "" : ",") + tick.label;
        return out;
    };
    EXPECT_EQ(labels(time_axis(10s)), "0,2 s,4 s,6 s,8 s,10 s");
    EXPECT_EQ(labels(time_axis(60ms)), "0,10 ms,20 ms,30 ms,40 ms,50 ms,60 ms");
    EXPECT_EQ(labels(rate_axis(90'000)), "0,20k,40k,60k,80k");
    EXPECT_EQ(labels(rate_axis(3)), "0,1,2,3");
    EXPECT_EQ(labels(rate_axis(0)), "0,0.0002,0.0004,0.0006,0.0008,0.001");
    EXPECT_EQ(labels(latency_axis(10us, 90us)), "10 us,20 us,50 us");
    EXPECT_EQ(labels(latency_axis(1us, 1s)), "1 us,10 us,100 us,1 ms,10 ms,100 ms,1 s");
    EXPECT_EQ(labels(quantile_axis(1000)), "0,90,99,99.9,50");
}

TEST(SvgAxis, EveryNineIsAsWide)
{
    EXPECT_DOUBLE_EQ(quantile_place(0.9, 1000), 1);
    EXPECT_NEAR(quantile_place(0.99, 1000), 2, 1e-9);
    EXPECT_NEAR(quantile_place(1, 500), 3, 1e-9);
    EXPECT_EQ(quantile_place(0.9999999, 500), quantile_place(1, 500));
}

} // namespace
} // namespace sockit::THIS_FILE
