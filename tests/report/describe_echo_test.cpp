#include "golden.h"
#include "report/width.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

EchoSettings load_settings()
{
    return {.lines = false,
            .connections = 100,
            .count = 1000,
            .duration = std::nullopt,
            .sizes = "64",
            .seed = 1,
            .verify = true,
            .timeout = 5s,
            .warmup = 0ns};
}

EchoSummary summary()
{
    EchoSummary event;
    event.settings = load_settings();
    event.messages = 3;
    event.bytes = 192;
    event.duration = 1500us;
    event.latency.record(100ns);
    event.latency.record(1000ns);
    event.latency.record(1000ns);
    event.rtt = 50us;
    event.retransmits = 0;
    event.cpu = {.user = 1ms, .system = 2ms};
    event.connects = 100;
    return event;
}

/// No line is wider than a terminal of 80 columns.
bool fits(std::string_view text)
{
    while (true) {
        const auto end = text.find('\n');
        if (display_width(text.substr(0, end)) > 80)
            return false;
        if (end == std::string_view::npos)
            return true;
        text.remove_prefix(end + 1);
    }
}

constexpr std::string_view latency =
    R"({"count":3,"min_ns":100,"mean_ns":700,"mdev_ns":424,"p50_ns":1000,"p90_ns":1000,)"
    R"("p99_ns":1000,"p999_ns":1000,"p9999_ns":1000,"max_ns":1000,"buckets":[[100,1],[1003,2]]})";

TEST(DescribeEcho, Start)
{
    EXPECT_EQ(json_of(EchoStart{"host:7", load_settings()}),
              R"("target":"host:7","settings":{"mode":"load","timeout_ns":5000000000,)"
              R"("connections":100,"count":1000,"duration_ns":null,"size":"64","seed":1,)"
              R"("verify":true,"warmup_ns":0,"threads":1,"rate_per_s":null,"pipeline":1,)"
              R"("reconnect":false,"connect_rate_per_s":null})");
    EXPECT_EQ(text_of(EchoStart{"host:7", load_settings()}),
              "echo host:7: messages of 64 B on 100 connections");
    EXPECT_EQ(json_of(EchoStart{"host:7", {.lines = true, .timeout = 1s}}),
              R"("target":"host:7","settings":{"mode":"lines","timeout_ns":1000000000})");
    EXPECT_EQ(text_of(EchoStart{"host:7", {.lines = true}}), "");
}

TEST(DescribeEcho, ASummaryOfRightEchoes)
{
    EXPECT_EQ(
        json_of(summary()),
        R"("messages":3,"bytes":192,"errors":{},"mismatches":0,"lost":0,"duplicated":0,)"
        R"("reordered":0,"truncated":0,"connects":100,"duration_ns":1500000,"rate_per_s":2000,"latency":)" +
            std::string(latency) + R"(,"latency_service":)" + std::string(latency) +
            R"(,"corrected":false,"client_bound":false,"tcp":{"rtt_ns":50000,)"
            R"("retransmits":0},"cpu":{"user_ns":1000000,"system_ns":2000000},)"
            R"("server_cpu":null,"details":[],"stopped_by":null)");
    const auto text = text_of(summary());
    EXPECT_TRUE(
        text.starts_with("3 messages of 64 B on 100 connections in 1.50 ms: 2000/s, all verified\n"
                         "closed loop      p50      p90      p99    p99.9   p99.99      max\n"
                         "latency      1.00 us  1.00 us  1.00 us  1.00 us  1.00 us  1.00 us\n"
                         "   100 ns to  126 ns  1 "))
        << text;
    EXPECT_TRUE(text.ends_with("\ncpu      client 1.00 ms a message, 200 % of one CPU\n"
                               "tcp      round trip 50.0 us, 0 retransmits"))
        << text;
    EXPECT_EQ(text.find("service"), std::string::npos) << text;
}

TEST(DescribeEcho, AnOpenLoopShowsTheServiceTimeBeside)
{
    auto event = summary();
    event.settings.rate = 4000;
    event.settings.reconnect = true;
    event.corrected = true;
    event.service.record(100ns);
    event.server_cpu = CpuTime{.user = 300us, .system = 0ns};
    const auto text = text_of(event);
    for (const std::string part :
         {"\nopen loop        p50 ", "\nlatency      1.00 us ",
          "\nservice       100 ns   100 ns   100 ns   100 ns   100 ns   100 ns\n",
          "% of one CPU; server 100 us, 20 %\n", "\nconnects 100, 66667/s\n",
          "\nrate     2000/s of the 4000/s asked for; being late counts as latency"})
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    EXPECT_TRUE(fits(text)) << text;
    const auto json = json_of(event);
    EXPECT_NE(json.find(R"("server_cpu":{"user_ns":300000,"system_ns":0})"), std::string::npos);
    EXPECT_NE(json.find(R"("latency_service":{"count":1,"min_ns":100,)"), std::string::npos);
}

TEST(DescribeEcho, AClosedLoopSaysThatItHidesAStall)
{
    auto event = summary();
    for (int i = 0; i < 1000; ++i)
        event.latency.record(100us);
    EXPECT_EQ(text_of(event).find("hidden"), std::string::npos);
    event.latency.record(300ms);
    const auto text = text_of(event);
    EXPECT_NE(text.find("\nhidden   a stall of 300 ms, by coordinated omission: --rate shows"),
              std::string::npos)
        << text;
    EXPECT_TRUE(fits(text)) << text;
    event.corrected = true;
    EXPECT_EQ(text_of(event).find("hidden"), std::string::npos);
}

TEST(DescribeEcho, ASummaryOfWrongEchoes)
{
    EchoSummary event = summary();
    event.errors["ECONNRESET"] = 2;
    event.client_bound = true;
    event.flaws.add({.flaw = EchoFlaw::Corrupt,
                     .connection = 1,
                     .sequence = 499,
                     .offset = 40,
                     .expected = "a",
                     .actual = "b"});
    event.flaws.add({.flaw = EchoFlaw::Truncated, .connection = 2, .sequence = 0, .offset = 20});
    for (std::uint64_t i = 0; i < 20; ++i)
        event.flaws.add({.flaw = EchoFlaw::Lost, .connection = 3, .sequence = i});
    const auto text = text_of(event);
    for (const std::string part :
         {"bound    by this client's own CPU", "\nerrors   2 ECONNRESET\n",
          "\nwrong    1 corrupt, 20 lost, 1 truncated\n",
          "  connection 1, message 499: wrong from byte 40 on: expected 61, got 62\n",
          "  connection 2, message 0: its echo ended after 20 B\n",
          "  connection 3, message 0: no echo\n", "\n  and 12 more"})
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    EXPECT_EQ(text.find("all verified"), std::string::npos);
    const auto json = json_of(event);
    EXPECT_NE(json.find(R"({"kind":"corrupt","connection":1,"sequence":499,"offset":40,)"
                        R"("expected":"61","actual":"62"})"),
              std::string::npos)
        << json;
}

TEST(DescribeEcho, TheEchoOfAnotherMessageIsNamed)
{
    EchoSummary event = summary();
    event.flaws.add({.flaw = EchoFlaw::Corrupt,
                     .connection = 1,
                     .sequence = 4,
                     .expected = "a",
                     .actual = "b",
                     .other = EchoDetail::Other{.connection = 2, .sequence = 5}});
    const auto text = text_of(event);
    EXPECT_NE(text.find("  connection 1, message 4: got the echo of connection 2, message 5"),
              std::string::npos)
        << text;
    const auto json = json_of(event);
    EXPECT_NE(json.find(R"("actual":"62","echo_of":{"connection":2,"sequence":5}})"),
              std::string::npos)
        << json;
}

TEST(DescribeEcho, AnInterval)
{
    EchoInterval event{.start = 1s,
                       .duration = 500ms,
                       .messages = 3,
                       .bytes = 192,
                       .connections = 1,
                       .asked = true};
    event.latency = summary().latency;
    EXPECT_EQ(json_of(event), R"("start_ns":1000000000,"duration_ns":500000000,"messages":3,)"
                              R"("bytes":192,"rate_per_s":6,"flaws":0,"connections":1,"latency":)" +
                                  std::string(latency));
    EXPECT_EQ(text_of(event), " 1.50 s     6.00/s  p50 1.00 us  p99 1.00 us  1 connection");
    event.flaws = 2;
    event.latency = {};
    EXPECT_EQ(text_of(event),
              " 1.50 s     6.00/s  p50       -  p99       -  1 connection, 2 wrong");
}

TEST(DescribeEcho, AnIntervalThatNobodyAskedForIsProgress)
{
    Record record(Record::Want::Text, false);
    describe(EchoInterval{.asked = true}, record);
    EXPECT_EQ(record.level(), Level::Info);
    describe(EchoInterval{}, record);
    EXPECT_EQ(record.level(), Level::Progress);
    describe(
        EchoInterval{
            .start = 999s, .duration = 1s, .messages = ~0ULL, .flaws = ~0ULL, .connections = ~0ULL},
        record);
    EXPECT_TRUE(fits(record.line)) << record.line;
}

TEST(DescribeEcho, AFault)
{
    const EchoFault event{.id = 3, .kind = EchoFaultKind::HalfCloseAfter, .offset = 4096};
    EXPECT_EQ(json_of(event), R"("id":3,"kind":"half_close_after","offset":4096)");
    EXPECT_EQ(text_of(event), "connection 3: half_close_after at byte 4096");
}

TEST(DescribeEcho, AServersSummary)
{
    const EchoServerSummary event{.accepted = 3,
                                  .closed = 2,
                                  .errors = 1,
                                  .messages = 9,
                                  .bytes_received = 2048,
                                  .bytes_sent = 1000,
                                  .faults = {},
                                  .stopped_by = "SIGTERM"};
    EXPECT_EQ(json_of(event),
              R"("accepted":3,"closed":2,"errors":1,"messages":9,"bytes_received":2048,)"
              R"("bytes_sent":1000,"faults":{"delay":0,"corrupt":0,"drop":0,"duplicate":0,)"
              R"("reorder":0,"close_after":0,"reset_after":0,"half_close_after":0},)"
              R"("stopped_by":"SIGTERM")");
    EXPECT_EQ(text_of(event), "3 accepted, 2 closed, 1 errors; 2.00 KiB in, 1000 B out");
    auto faulty = event;
    faulty.faults.corrupt = 3;
    faulty.faults.half_close_after = 1;
    EXPECT_TRUE(text_of(faulty).ends_with("\nfaults   3 corrupt, 1 half_close_after"));
}

TEST(DescribeEcho, ADatagramServersSummary)
{
    EchoServerSummary event;
    event.dropped = 7;
    event.unanswered = 2;
    EXPECT_NE(json_of(event).find(R"("dropped_datagrams":7,"unanswered":2,"stopped_by":null)"),
              std::string::npos);
    EXPECT_EQ(text_of(event), "0 accepted, 0 closed, 0 errors; 0 B in, 0 B out; 7 datagrams "
                              "dropped; 2 not answered");
}

TEST(DescribeServer, ReadyAcceptAndClose)
{
    const auto local = *Endpoint::from_literal("127.0.0.1", 7);
    const auto peer = *Endpoint::unix_path("/run/\033x");
    const auto time = std::chrono::system_clock::time_point(std::chrono::seconds(1));
    EXPECT_EQ(json_of(ServerReady{local, time}),
              R"("local":{"family":"inet","address":"127.0.0.1","port":7},)"
              R"("time":"1970-01-01T00:00:01.000000Z")");
    EXPECT_EQ(text_of(ServerReady{peer, time}), "listening on unix:/run/\\x1bx");
    EXPECT_EQ(json_of(PeerAccepted{.id = 4, .peer = local, .local = local, .time = time}),
              R"("id":4,"peer":{"family":"inet","address":"127.0.0.1","port":7},)"
              R"("local":{"family":"inet","address":"127.0.0.1","port":7},)"
              R"("time":"1970-01-01T00:00:01.000000Z")");
    EXPECT_EQ(text_of(PeerAccepted{.id = 4, .peer = peer, .local = local, .time = time}),
              "4 accepted from unix:/run/\\x1bx");
    PeerClosed closed{.id = 4, .bytes_received = 5, .bytes_sent = 6, .duration = 1ms};
    EXPECT_EQ(json_of(closed), R"("id":4,"bytes_received":5,"bytes_sent":6,)"
                               R"("duration_ns":1000000,"closed_first":"peer","error":null)");
    closed.error = Error::from_errno(Phase::Receive, "recv", "", ECONNRESET);
    EXPECT_EQ(text_of(closed), "4 closed after 1.00 ms: 5 B in, 6 B out: recv: Connection reset by "
                               "peer (ECONNRESET)");
}

} // namespace
} // namespace sockit::THIS_FILE
