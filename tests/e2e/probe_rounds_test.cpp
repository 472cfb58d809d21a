#include "peer.h"
#include "support/delay_link.h"
#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"
#include "support/second_host.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

struct Repeated {
    Outcome process;
    json document;

    [[nodiscard]] const json& results() const { return document["results"]; }
    [[nodiscard]] const json& statistics(std::size_t index = 0) const
    {
        return document["statistics"][index];
    }
};

/// `sockit probe --json WORDS…`, its document checked against the schema.
Repeated repeated(Words words)
{
    words.insert(words.begin(), {"probe", "--json"});
    Repeated found{.process = run(words), .document = {}};
    EXPECT_TRUE(valid_document(found.process.out)) << found.process;
    found.document = parse_document(found.process.out);
    return found;
}

std::string local_target(const Fd& listener)
{
    return "127.0.0.1:" + std::to_string(port_of(listener));
}

TEST(ProbeRounds, EveryTryIsAResultAndStatisticsFollow)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto found = repeated({local_target(listener), "127.0.0.1:9", "--count", "3",
                                 "--interval", "10ms", "--want", "open,refused"});
    EXPECT_TRUE(exited(found.process, 0));
    ASSERT_EQ(found.results().size(), 6U) << found.process;
    std::map<std::string, int> attempts;
    for (const auto& result : found.results())
        EXPECT_EQ(result["attempt"], ++attempts[result["target"]]) << found.process;
    ASSERT_EQ(found.document["statistics"].size(), 2U) << found.process;
    const json& open = found.statistics(0);
    EXPECT_EQ(open["target"], local_target(listener));
    EXPECT_EQ(open["sent"], 3);
    EXPECT_EQ(open["open"], 3);
    EXPECT_EQ(open["lost"], 0);
    EXPECT_EQ(open["loss"], 0);
    EXPECT_EQ(open["kernel_rtt"]["count"], 3);
    EXPECT_EQ(open["connect"]["count"], 3);
    const json& refused = found.statistics(1);
    EXPECT_EQ(refused["open"], 0);
    EXPECT_EQ(refused["lost"], 0) << "a RST is an answer";
    EXPECT_EQ(refused["connect"]["count"], 3);
    EXPECT_TRUE(refused["kernel_rtt"]["p50_ns"].is_null());
    EXPECT_EQ(found.document["summary"]["total"], 6);
}

TEST(ProbeRounds, TriesStandOnAGrid)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto found = repeated({local_target(listener), "--count", "6", "--interval", "20ms"});
    EXPECT_EQ(found.results().size(), 6U);
    EXPECT_GE(found.document["summary"]["duration_ns"], 100'000'000);
    EXPECT_LT(found.document["summary"]["duration_ns"], 119'000'000 + 400'000'000);
    // Back to back there is no grid.
    const auto many = repeated({"127.0.0.1:9", "--count", "50", "--interval", "0"});
    EXPECT_EQ(many.results().size(), 50U);
    EXPECT_LT(many.document["summary"]["duration_ns"], 1'000'000'000);
}

TEST(ProbeRounds, OneThatFailedGivesItsStatusUnlessAnyWillDo)
{
    const TemporaryDirectory directory;
    const auto outcome = run({"probe", "127.0.0.1:9", "--count", "2", "--interval", "1ms"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_NE(outcome.err.find("2 of 2 tries failed: 2 refused"), std::string::npos) << outcome;
    const auto listener = listen_on("127.0.0.1", 0);
    const Words mixed{"probe", local_target(listener), "127.0.0.1:9", "--count", "1"};
    EXPECT_TRUE(exited(run(mixed), 8));
    auto any = mixed;
    any.emplace_back("--any");
    EXPECT_TRUE(exited(run(any), 0));
}

TEST(ProbeRounds, ANameIsAskedForInEachTryThatHasNoAddress)
{
    const auto found = repeated({"nothing.invalid:80", "--count", "2", "--interval", "1ms"});
    EXPECT_TRUE(exited(found.process, 4));
    EXPECT_EQ(found.results().size(), 2U);
    EXPECT_EQ(found.statistics()["lost"], 0);
}

TEST(ProbeRounds, StatisticsOfDatagramsAreThoseOfTheirAnswers)
{
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(0);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::jthread service([&] {
        for (int i = 0; i < 3; ++i) {
            char byte = 0;
            sockaddr_in from{};
            socklen_t length = sizeof from;
            auto* peer = reinterpret_cast<sockaddr*>(&from);
            ::recvfrom(socket.get(), &byte, 1, 0, peer, &length);
            ::sendto(socket.get(), &byte, 1, 0, peer, length);
        }
    });
    const auto found =
        repeated({"udp:" + local_target(socket), "--count", "3", "--interval", "1ms"});
    EXPECT_TRUE(exited(found.process, 0));
    EXPECT_EQ(found.statistics()["open"], 3) << found.process;
    EXPECT_EQ(found.statistics()["connect"]["count"], 3) << found.process;
    EXPECT_TRUE(found.statistics()["kernel_rtt"]["p50_ns"].is_null()) << found.process;
    EXPECT_EQ(found.statistics()["connect"]["max_ns"],
              std::ranges::max(found.results(), {}, [](const json& result) {
                  return result["phases"]["first_byte_ns"].get<std::int64_t>();
              })["phases"]["first_byte_ns"]);
}

TEST(ProbeRounds, SignalsAndTheDeadlineLeaveStatistics)
{
    const auto listener = listen_on("127.0.0.1", 0, 128);
    for (const int signal : {SIGINT, SIGTERM}) {
        Running process(
            {sockit_binary(), "probe", "--jsonl", local_target(listener), "--interval", "10ms"},
            {});
        process.wait_for_output("\"attempt\":3");
        process.send_signal(signal);
        const auto outcome = process.wait();
        EXPECT_TRUE(died_by(outcome, signal));
        EXPECT_TRUE(valid_lines(outcome.out));
        const auto lines = parse_lines(outcome.out);
        EXPECT_EQ(lines[lines.size() - 2]["type"], "statistics") << outcome;
        EXPECT_GE(lines[lines.size() - 2]["sent"], 3) << outcome;
        EXPECT_EQ(lines.back()["unfinished"], 0) << outcome;
    }
    const auto late = repeated(
        {local_target(listener), "--count", "0", "--interval", "5ms", "--deadline", "40ms"});
    EXPECT_TRUE(exited(late.process, 0)) << "every try that ended was open";
    EXPECT_EQ(late.document["summary"]["stopped_by"], "deadline");
    EXPECT_GE(late.statistics()["sent"], 1);
    EXPECT_EQ(late.statistics()["sent"], late.statistics()["open"]);
}

TEST(ProbeRounds, AChartWithBarsThatTheLocaleKnows)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const Words words{"probe", local_target(listener), "--count", "3", "--interval", "1ms", "-v"};
    EXPECT_NE(run(words).out.find("█"), std::string::npos);
    const auto plain = run(words, {.environment = {{"LC_ALL", "C"}}});
    EXPECT_NE(plain.out.find("1 ###"), std::string::npos) << plain;
    EXPECT_EQ(plain.out.find("█"), std::string::npos) << plain;
    auto piped = words;
    piped.pop_back();
    EXPECT_EQ(run(piped).out.find("█"), std::string::npos) << "nobody looks at a pipe";
}

TEST(ProbeRounds, ALineOfProgressBelowTheResultsOfATerminal)
{
    const auto listener = listen_on("127.0.0.1", 0, 128);
    const Terminal terminal;
    Running process(
        {sockit_binary(), "probe", local_target(listener), "--count", "3", "--interval", "120ms",
         "--color", "never"},
        {.fds = {{STDOUT_FILENO, terminal.slave.ref()}, {STDERR_FILENO, terminal.slave.ref()}},
         .environment = {{"TERM", "xterm"}}});
    const auto drawn = read_until(terminal.master.get(), "3 tries, 3 open");
    EXPECT_TRUE(exited(process.wait(), 0));
    const auto line = drawn.find("\r" + local_target(listener) + ": open, 1 sent, 1 open, 0 lost");
    ASSERT_NE(line, std::string::npos) << drawn;
    EXPECT_EQ(drawn.substr(drawn.find("\x1b[K", line), 15), "\x1b[K\r\x1b[Kopen    ")
        << "erased before the next result: " << drawn;
    EXPECT_NE(drawn.find("█"), std::string::npos) << drawn;
}

TEST(ProbeDelay, StatisticsAreThoseOfTheNetwork)
{
    fresh_network();
    const DelayLink link(std::chrono::milliseconds(50));
    if (!link.obstacle().empty())
        GTEST_SKIP() << link.obstacle();
    const auto listener = link.listen(7001);
    const auto found = repeated(
        {"10.78.0.2:7001,7002", "--count", "10", "--interval", "30ms", "--want", "open,refused"});
    EXPECT_TRUE(exited(found.process, 0));
    const json& open = found.statistics(0);
    EXPECT_EQ(open["lost"], 0) << open;
    EXPECT_EQ(open["open"], 10) << open;
    // How near it comes is for a benchmark to say: a busy machine adds its own share.
    const auto is_the_delay = [](const json& latency) {
        EXPECT_GE(latency["min_ns"], 99'000'000) << latency;
        EXPECT_LT(latency["p50_ns"], 200'000'000) << latency;
    };
    is_the_delay(open["kernel_rtt"]);
    is_the_delay(open["connect"]);
    is_the_delay(found.statistics(1)["connect"]); // a refusal
    EXPECT_LT(found.document["summary"]["duration_ns"], 1'000'000'000)
        << "tries that are under way at the same time";
}

TEST(ProbeDelay, ALostSynIsLossNoLatencyAndShiftsNoOther)
{
    fresh_network();
    DelayLink link(std::chrono::milliseconds(1));
    if (!link.obstacle().empty())
        GTEST_SKIP() << link.obstacle();
    const auto listener = link.listen(7001);
    link.lose(1);
    const auto found =
        repeated({"10.78.0.2:7001", "--count", "3", "--interval", "100ms", "--timeout", "5s"});
    EXPECT_TRUE(exited(found.process, 0));
    ASSERT_EQ(found.results().size(), 3U) << found.process;
    EXPECT_EQ(found.results()[2]["attempt"], 1) << "the first try is the last to end";
    EXPECT_EQ(found.results()[2]["syn_retransmits"], 1);
    const json& statistics = found.statistics();
    EXPECT_EQ(statistics["sent"], 3);
    EXPECT_EQ(statistics["open"], 3);
    EXPECT_EQ(statistics["lost"], 1);
    EXPECT_NEAR(statistics["loss"].get<double>(), 1.0 / 3, 1e-9);
    EXPECT_EQ(statistics["connect"]["count"], 2);
    EXPECT_LT(statistics["connect"]["max_ns"], 500'000'000);
    EXPECT_LT(statistics["kernel_rtt"]["max_ns"], 500'000'000);
}

} // namespace
} // namespace sockit::test::THIS_FILE
