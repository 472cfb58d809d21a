#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"

#include <chrono>
#include <csignal>

#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

Outcome load_of(const std::string& target, Words options)
{
    options.insert(options.begin(), {"echo", "client", target, "--json"});
    auto outcome = run(options);
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    return outcome;
}

json summary_of(const Outcome& outcome) { return parse_document(outcome.out)["summary"]; }

/// CPU time in ns. Which part is the kernel's, it samples: of a short run either may be nothing.
std::int64_t used(const json& cpu)
{
    return cpu["user_ns"].get<std::int64_t>() + cpu["system_ns"].get<std::int64_t>();
}

TEST(EchoLoadEngine, ManyAreUnderWayOnConnectionsOfTwoThreads)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    const auto outcome = load_of(server.endpoint(), {"-c", "7", "--threads", "2", "--pipeline",
                                                     "20", "--size", "1-3000", "-n", "5000"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto summary = summary_of(outcome);
    EXPECT_EQ(summary["messages"], 5000);
    EXPECT_EQ(summary["latency"]["count"], 5000);
    EXPECT_EQ(summary["connects"], 7);
    EXPECT_EQ(summary["corrected"], false);
    EXPECT_GT(used(summary["cpu"]), 0);
    ASSERT_TRUE(summary.contains("server_cpu")) << outcome;
    EXPECT_GT(used(summary["server_cpu"]), 0) << outcome;
}

TEST(EchoLoadEngine, LargeMessagesCrossFullBuffersInAPipeline)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    const auto outcome =
        load_of(server.endpoint(), {"-c", "2", "--pipeline", "4", "--size", "1k-3M", "-n", "40"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(summary_of(outcome)["messages"], 40);
}

class EchoLoadOver : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Transports, EchoLoadOver,
                         testing::Values("udp", "unix", "unix-dgram", "unix-seqpacket", "mptcp"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST_P(EchoLoadOver, EveryMessageComesBack)
{
    const std::string scheme = GetParam();
    const TemporaryDirectory directory;
    const bool unix_socket = scheme.starts_with("unix");
    const Server server(
        {"echo", "server", scheme + ":" + (unix_socket ? directory.path("s") : "127.0.0.1:0")});
    const auto target = scheme + ":" + (unix_socket ? directory.path("s") : server.endpoint());
    const auto outcome = load_of(
        target, {"-c", "3", "--pipeline", "2", "--threads", "2", "--size", "1-1400", "-n", "600"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(summary_of(outcome)["messages"], 600) << outcome;
}

TEST(EchoLoadEngine, OverTlsEveryMessageComesBack)
{
    const auto& pki = common_pki();
    const Server server({"echo", "server", "127.0.0.1:0", "--tls-cert", pki.server.certificate,
                         "--tls-key", pki.server.key});
    const auto target = "tls:localhost:" + server.port();
    const Words options{"-4", "-c", "3", "--pipeline", "3", "--size", "1-40k", "-n", "300"};
    Words trusting = options;
    trusting.insert(trusting.end(), {"--ca", pki.pki.authority()});
    const auto outcome = load_of(target, trusting);
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(summary_of(outcome)["messages"], 300);
    EXPECT_TRUE(exited(load_of(target, options), 11));
}

TEST(EchoLoadEngine, AStallCountsFromWhenMessagesShouldHaveBeenSent)
{
    Server server({"echo", "server", "127.0.0.1:0"});
    Running client({sockit_binary(), "echo", "client", server.endpoint(), "-c", "4", "--rate",
                    "1000", "-n", "1000", "--interval", "100ms", "--jsonl"},
                   {});
    client.wait_for_output(R"("start_ns":100000000)");
    server->send_signal(SIGSTOP);
    client.wait_for_output(R"("start_ns":400000000)");
    server->send_signal(SIGCONT);
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["messages"], 1000);
    EXPECT_EQ(summary["corrected"], true);
    // Two intervals and more it stood still: a fifth of all messages had to wait, the first one for
    // 200 ms.
    EXPECT_GE(summary["latency"]["p90_ns"], 50'000'000);
    EXPECT_GE(summary["latency"]["max_ns"], 150'000'000);
}

TEST(EchoLoadEngine, EachMessageHasAConnectionOfItsOwn)
{
    Server server({"echo", "server", "127.0.0.1:0", "--json"});
    const auto outcome = load_of(server.endpoint(), {"--reconnect", "-c", "3", "-n", "100"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto summary = summary_of(outcome);
    EXPECT_EQ(summary["messages"], 100);
    EXPECT_EQ(summary["connects"], 100);
    EXPECT_EQ(summary["latency_service"]["count"], 100);
    EXPECT_GT(summary["latency"]["mean_ns"], summary["latency_service"]["mean_ns"]);
    ASSERT_TRUE(summary.contains("server_cpu")) << outcome;
    EXPECT_GT(used(summary["server_cpu"]), 0) << outcome;
    server->send_signal(SIGTERM);
    EXPECT_EQ(parse_document(server->wait().out)["summary"]["accepted"], 100);
}

TEST(EchoLoadEngine, ConnectionsComeAtTheirRate)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = load_of(server.endpoint(), {"-c", "20", "--connect-rate", "100"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 180ms);
}

TEST(EchoLoadEngine, NobodyThereIsToldForDatagramsToo)
{
    for (const std::string scheme : {"tcp", "udp"}) {
        const auto outcome = load_of(scheme + ":127.0.0.1:9", {"-c", "2", "-n", "10"});
        EXPECT_TRUE(exited(outcome, 8));
        EXPECT_EQ(summary_of(outcome)["errors"]["ECONNREFUSED"], 2) << outcome;
        EXPECT_EQ(summary_of(outcome)["lost"], 0);
    }
}

TEST(EchoLoadEngine, ManyConnectionsThatNobodyTakesEndTogether)
{
    const Server server({"echo", "server", "127.0.0.1:0", "--no-accept"});
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = load_of(server.endpoint(), {"-c", "600", "-n", "4", "--timeout", "300ms"});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
    EXPECT_TRUE(exited(outcome, 1)); // the backlog had room for some
    EXPECT_GE(summary_of(outcome)["errors"]["ETIMEDOUT"], 500);
}

TEST(EchoLoadEngine, IntervalsAddUpToTheSummary)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    const auto outcome = run({"echo", "client", server.endpoint(), "-c", "4", "--threads", "2",
                              "-d", "350ms", "--interval", "100ms", "--jsonl"});
    EXPECT_TRUE(exited(outcome, 0));
    std::uint64_t messages = 0;
    std::uint64_t until = 0;
    const auto records = parse_lines(outcome.out);
    for (const auto& record : records)
        if (record["type"] == "interval") {
            EXPECT_EQ(record["start_ns"], until);
            until += record["duration_ns"].get<std::uint64_t>();
            messages += record["messages"].get<std::uint64_t>();
        }
    EXPECT_EQ(messages, records.back()["messages"]);
    EXPECT_GE(until, 350'000'000U);
}

} // namespace
} // namespace sockit::test::THIS_FILE
