#include "report/event_sink.h"
#include "report/yaml.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <functional>

#include <fcntl.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using MakeSink = std::unique_ptr<EventSink> (*)(Output&);
using Act = std::function<void(EventSink&)>;

/// What the sink writes of the events of a run.
std::string written(MakeSink make, const Act& act)
{
    const test::TemporaryDirectory directory;
    test::write_file(directory.path("out"), "");
    const Fd file(::open(directory.path("out").c_str(), O_WRONLY | O_CLOEXEC));
    Output output(file.ref(), "file");
    const auto sink = make(output);
    act(*sink);
    sink->finish();
    EXPECT_FALSE(output.failed());
    return test::read_file(directory.path("out"));
}

ProbeResult open_one(std::string target, std::uint32_t attempt = 1)
{
    ProbeResult result;
    result.target = std::move(target);
    result.endpoint = *Endpoint::from_literal("127.0.0.1", 80);
    result.outcome = ProbeOutcome::Open;
    result.ok = true;
    result.want.set(static_cast<std::size_t>(ProbeOutcome::Open));
    result.attempt = attempt;
    result.phases = {.resolve = std::nullopt, .connect = 40us, .total = 1500us};
    result.kernel_rtt = 25us;
    result.labels = {{"env", "a\"b"}};
    return result;
}

ProbeResult refused_one(std::string target)
{
    auto result = open_one(std::move(target));
    result.outcome = ProbeOutcome::Refused;
    result.ok = false;
    result.kernel_rtt.reset();
    result.labels.clear();
    result.error = Error::from_errno(Phase::Connect, "connect", result.target, ECONNREFUSED);
    return result;
}

ProbeSummary summary(std::size_t ok, std::size_t failed, std::size_t unfinished = 0)
{
    ProbeSummary event;
    event.total = ok + failed + unfinished;
    event.ok = ok;
    event.failed = failed;
    event.unfinished = unfinished;
    event.duration = 2ms;
    if (unfinished > 0)
        event.stopped_by = "SIGTERM";
    return event;
}

ProbeHop hop()
{
    return {.target = "a:1",
            .ttl = 1,
            .from = "10.0.0.1",
            .rtt = 1ms,
            .icmp = IcmpNotice{.type = 11, .from = "10.0.0.1"},
            .outcome = {}};
}

std::size_t count_of(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

TEST(TapSink, PointsThenThePlan)
{
    EXPECT_EQ(written(make_tap_sink,
                      [](EventSink& sink) {
                          sink.take(ProbeStarted{.targets = 2});
                          sink.take(hop());
                          sink.take(open_one("a:1"));
                          sink.take(open_one("unix:/a#b\n\\", 3));
                          sink.take(summary(2, 0));
                      }),
              "TAP version 14\n"
              "# a:1:\n"
              "#   1  10.0.0.1          1.00 ms\n"
              "ok 1 - a:1 open {env=a\"b}\n"
              "ok 2 - unix:/a\\#b\\\\n\\\\\\\\ (try 3) open {env=a\"b}\n"
              "1..2\n");
}

TEST(TapSink, AFailureBringsItsEvidence)
{
    const auto text = written(make_tap_sink, [](EventSink& sink) {
        sink.take(refused_one("a:1"));
        sink.take(summary(0, 1));
    });
    EXPECT_TRUE(text.starts_with("TAP version 14\n"
                                 "not ok 1 - a:1 refused\n"
                                 "  ---\n"
                                 "  message: \"connect a:1: Connection refused (ECONNREFUSED)\"\n"
                                 "  target: \"a:1\"\n"
                                 "  endpoint:\n"
                                 "    family: \"inet\"\n"
                                 "    address: \"127.0.0.1\"\n"
                                 "    port: 80\n"))
        << text;
    EXPECT_TRUE(text.ends_with("    message: \"Connection refused\"\n  ...\n1..1\n")) << text;
}

TEST(TapSink, ARunThatDidNotComeToItsEndBailsOut)
{
    EXPECT_EQ(written(make_tap_sink,
                      [](EventSink& sink) {
                          sink.take(Failed{Error::usage("no such place")});
                          sink.take(ProbeSummary{});
                      }),
              "TAP version 14\nBail out! no such place\n");
    EXPECT_EQ(written(make_tap_sink,
                      [](EventSink& sink) {
                          sink.take(open_one("a:1"));
                          sink.take(summary(1, 0, 2));
                      }),
              "TAP version 14\nok 1 - a:1 open {env=a\"b}\n"
              "Bail out! stopped by SIGTERM, 2 unfinished\n");
}

TEST(Yaml, NestsAndQuotes)
{
    Fields fields;
    fields.add("null", nullptr);
    fields.add("bytes", std::string_view("a\xff"));
    fields.begin_array("list");
    fields.add("", 1);
    fields.begin_object();
    fields.add("real", 0.5);
    fields.end_object();
    fields.begin_array();
    fields.end_array();
    fields.end_array();
    fields.begin_object("empty");
    fields.end_object();
    std::string text;
    append_yaml(text, fields, " ");
    EXPECT_EQ(text, " null: null\n"
                    " bytes: \"a\\\\xff\"\n"
                    " list:\n"
                    "   - 1\n"
                    "   -\n"
                    "     real: 0.5\n"
                    "   - []\n"
                    " empty: {}\n");
}

TEST(JunitSink, OneCaseAResult)
{
    EXPECT_EQ(
        written(make_junit_sink,
                [](EventSink& sink) {
                    sink.take(open_one("a:1"));
                    sink.take(open_one("a:1", 2));
                    sink.take(hop());
                    sink.take(Warning{.message = "<slow>", .error = {}});
                    sink.take(summary(2, 0));
                }),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"sockit probe\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" "
        "time=\"0.002000\">\n"
        "  <testsuite name=\"sockit probe\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" "
        "time=\"0.002000\">\n"
        "    <properties>\n"
        "      <property name=\"env\" value=\"a&quot;b\"/>\n"
        "    </properties>\n"
        "    <testcase classname=\"sockit.probe.tcp\" name=\"a:1\" time=\"0.001500\"/>\n"
        "    <testcase classname=\"sockit.probe.tcp\" name=\"a:1 (try 2)\" time=\"0.001500\"/>\n"
        "    <system-out>a:1:\n"
        "  1  10.0.0.1          1.00 ms\n"
        "</system-out>\n"
        "    <system-err>&lt;slow&gt;\n"
        "</system-err>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

TEST(JunitSink, FailuresAndErrorsAreCounted)
{
    const auto text = written(make_junit_sink, [](EventSink& sink) {
        sink.take(refused_one("a:1"));
        sink.take(summary(0, 1, 3));
    });
    EXPECT_NE(text.find("tests=\"2\" failures=\"1\" errors=\"1\""), std::string::npos) << text;
    EXPECT_NE(text.find("<failure type=\"refused\" "
                        "message=\"connect a:1: Connection refused (ECONNREFUSED)\">"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("<error type=\"SIGTERM\" message=\"stopped by SIGTERM\"/>"),
              std::string::npos)
        << text;
    const auto failed = written(make_junit_sink, [](EventSink& sink) {
        sink.take(Failed{Error::usage("no <such> place")});
        sink.take(ProbeSummary{});
    });
    EXPECT_NE(failed.find("<error type=\"failed\" message=\"no &lt;such&gt; place\"/>"),
              std::string::npos)
        << failed;
}

/// Every byte there is, and the two characters that are UTF-8 and yet no part of XML.
TEST(JunitSink, NothingForeignBreaksTheDocument)
{
    std::string all = "unix:\xef\xbf\xbe\xef\xbf\xbf<]]>&\"'";
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    auto result = refused_one(all);
    result.labels = {{"x", all}};
    const auto text = written(make_junit_sink, [&](EventSink& sink) {
        sink.take(result);
        sink.take(summary(0, 1));
    });
    for (const char c : text)
        EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << text;
    EXPECT_EQ(text.find("\xef\xbf\xbe"), std::string::npos);
    EXPECT_EQ(text.find("\xef\xbf\xbf"), std::string::npos);
    EXPECT_EQ(text.find("]]>"), std::string::npos);
    const auto parsed = test::run_program({"xmllint", "--noout", "--nonet", "-"}, {.input = text});
    EXPECT_TRUE(test::exited(parsed, 0));
}

/// `# TYPE` of each metric stands once, before all of its samples, and no sample comes twice.
void expect_well_formed(const std::string& text)
{
    std::set<std::string> metrics;
    std::set<std::string> samples;
    std::string current;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            current = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(metrics.insert(current).second) << line;
            std::string type;
            std::getline(lines, type);
            EXPECT_TRUE(type == "# TYPE " + current + " gauge" ||
                        type == "# TYPE " + current + " histogram")
                << type;
            continue;
        }
        EXPECT_TRUE(line.starts_with(current)) << line;
        const auto end = line.rfind("} ");
        ASSERT_NE(end, std::string::npos) << line;
        EXPECT_TRUE(samples.insert(line.substr(0, end)).second) << "twice: " << line;
        std::size_t used = 0;
        const auto value = line.substr(end + 2);
        static_cast<void>(std::stod(value, &used));
        EXPECT_EQ(used, value.size()) << "a timestamp? " << line;
    }
}

TEST(PrometheusSink, TheLastTryOfEachTarget)
{
    const auto text = written(make_prometheus_sink, [](EventSink& sink) {
        auto before = refused_one("a:1");
        before.labels = {{"env", "a\"b"}};
        sink.take(before);
        sink.take(open_one("a:1", 2));
        sink.take(refused_one("unix:/b\n\\"));
        sink.take(summary(1, 2));
    });
    expect_well_formed(text);
    const std::string a = R"({target="a:1",env="a\"b")";
    for (const auto& line : {
             std::string(R"(sockit_probe_results{state="failed"} 2)"),
             "sockit_probe_success" + a + "} 1",
             std::string(R"(sockit_probe_success{target="unix:/b\\n\\\\"} 0)"),
             "sockit_probe_outcome" + a + R"(,outcome="open"} 1)",
             "sockit_probe_outcome" + a + R"(,outcome="refused"} 0)",
             "sockit_probe_duration_seconds" + a + R"(,phase="connect"} 4e-05)",
             "sockit_probe_duration_seconds" + a + R"(,phase="total"} 0.0015)",
             "sockit_probe_kernel_rtt_seconds" + a + "} 2.5e-05",
         })
        EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
    EXPECT_EQ(count_of(text, "\nsockit_probe_outcome{"), 2 * probe_outcome_count);
    EXPECT_EQ(text.find("phase=\"resolve\""), std::string::npos) << "was not entered";
    EXPECT_EQ(text.find("not_after"), std::string::npos);
}

TEST(PrometheusSink, TheEndOfTheCertificate)
{
    const auto text = written(make_prometheus_sink, [](EventSink& sink) {
        auto result = open_one("tls:a:443");
        result.labels.clear();
        result.tls.emplace();
        result.tls->chain.push_back(
            {.subject = "CN=a",
             .issuer = "CN=b",
             .names = {},
             .not_before = {},
             .not_after = std::chrono::sys_seconds(std::chrono::seconds(1900000000))});
        sink.take(result);
        sink.take(summary(1, 0));
    });
    expect_well_formed(text);
    EXPECT_NE(text.find("sockit_probe_tls_not_after_timestamp_seconds{target=\"tls:a:443\"} "
                        "1900000000\n"),
              std::string::npos)
        << text;
}

TEST(PrometheusSink, TheLatencyOfAllTries)
{
    const auto text = written(make_prometheus_sink, [](EventSink& sink) {
        ProbeStatistics statistics;
        statistics.target = "a:1";
        statistics.sent = 4;
        statistics.lost = 1;
        statistics.connect.record(90us);
        statistics.connect.record(3ms);
        statistics.connect.record(20s);
        sink.take(statistics);
        sink.take(summary(3, 1));
    });
    expect_well_formed(text);
    const std::string metric = "\nsockit_probe_connect_latency_seconds";
    for (const auto* line :
         {"_bucket{target=\"a:1\",le=\"0.0001\"} 1\n", "_bucket{target=\"a:1\",le=\"0.0025\"} 1\n",
          "_bucket{target=\"a:1\",le=\"0.005\"} 2\n", "_bucket{target=\"a:1\",le=\"10\"} 2\n",
          "_bucket{target=\"a:1\",le=\"+Inf\"} 3\n", "_count{target=\"a:1\"} 3\n"})
        EXPECT_NE(text.find(metric + line), std::string::npos) << line << text;
    const auto sum = text.find(metric + "_sum{target=\"a:1\"} ");
    ASSERT_NE(sum, std::string::npos) << text;
    EXPECT_NEAR(std::stod(text.substr(text.find("} ", sum) + 2)), 20.00309, 1e-6);
    EXPECT_NE(text.find("sockit_probe_lost_tries{target=\"a:1\"} 1\n"), std::string::npos) << text;
}

TEST(TapSink, EachAddressHasItsOwnName)
{
    const Act act = [](EventSink& sink) {
        sink.take(ProbeStarted{.targets = 1, .each_address = true});
        sink.take(open_one("a:1"));
        sink.take(summary(1, 0));
    };
    EXPECT_NE(written(make_tap_sink, act).find("ok 1 - a:1 127.0.0.1:80 open"), std::string::npos);
    EXPECT_NE(written(make_junit_sink, act).find(" name=\"a:1 127.0.0.1:80\""), std::string::npos);
}

TEST(PrometheusSink, EachAddressHasItsOwnSeries)
{
    const auto text = written(make_prometheus_sink, [](EventSink& sink) {
        sink.take(ProbeStarted{.targets = 1, .each_address = true});
        sink.take(open_one("a:1"));
        auto other = open_one("a:1");
        other.endpoint = *Endpoint::from_literal("::1", 80);
        sink.take(other);
        sink.take(summary(2, 0));
    });
    expect_well_formed(text);
    EXPECT_EQ(count_of(text, "\nsockit_probe_success{"), 2U) << text;
    EXPECT_NE(text.find(R"(,address="[::1]:80"} 1)"), std::string::npos) << text;
}

TEST(PrometheusSink, ARunThatFailedHasNoSeries)
{
    EXPECT_EQ(written(make_prometheus_sink,
                      [](EventSink& sink) {
                          sink.take(Failed{Error::usage("no such place")});
                          sink.take(ProbeSummary{});
                      }),
              "# failed: no such place\n");
}

} // namespace
} // namespace sockit::THIS_FILE
