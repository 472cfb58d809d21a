#include "service.h"
#include "support/run.h"
#include "support/schema.h"

#include <csignal>
#include <list>

namespace sockit::test::THIS_FILE {
namespace {

/// What `text` has behind `name`, a number.
long number_after(const std::string& text, const std::string& name)
{
    const auto at = text.rfind(name);
    return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size()));
}

/// sockperf's client for a second against a server of ours.
struct SockperfRun {
    SockperfRun(const std::string& mode, bool tcp, const Words& options)
        : name(mode + (tcp ? " tcp" : " udp")),
          server({"echo", "server", (tcp ? "tcp" : "udp") + std::string(":127.0.0.1:0"), "--json",
                  "--compat", "sockperf"})
    {
        Words words{"sockperf", mode, "-i", "127.0.0.1", "-p", server.port(), "-t", "1"};
        words.insert(words.end(), options.begin(), options.end());
        if (tcp)
            words.emplace_back("--tcp");
        client.emplace(words, Surroundings{});
    }

    nlohmann::json summary()
    {
        server->send_signal(SIGTERM);
        const auto outcome = server->wait();
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        return parse_document(outcome.out)["summary"];
    }

    std::string name;
    Server server;
    std::optional<Running> client;
};

// All at once, since each takes a second and some.
TEST(Sockperf, ItsClientsMeasureUs)
{
    if (!has_program("sockperf"))
        GTEST_SKIP() << "no sockperf";
    std::list<SockperfRun> runs;
    for (const bool tcp : {false, true}) {
        runs.emplace_back("ping-pong", tcp, Words{"--mps=2000", "-m", "14"});
        runs.emplace_back("under-load", tcp,
                          Words{"--mps=2000", "--reply-every", "10", "-m", "1400"});
        runs.emplace_back("throughput", tcp, Words{"--mps=2000", "-m", "200"});
    }
    for (auto& run : runs) {
        const auto outcome = run.client->wait();
        const auto summary = run.summary();
        SCOPED_TRACE(run.name);
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_GT(summary["bytes_received"], 0);
        if (run.name.starts_with("throughput")) {
            EXPECT_GT(number_after(outcome.out, "Total of "), 100);
            EXPECT_EQ(summary["bytes_sent"], 0);
            continue;
        }
        const auto received = number_after(outcome.out, "ReceivedMessages=");
        EXPECT_GT(received, 10) << outcome;
        EXPECT_EQ(number_after(outcome.out, "dropped messages = "), 0) << outcome;
        EXPECT_EQ(number_after(outcome.out, "duplicated messages = "), 0) << outcome;
        EXPECT_EQ(number_after(outcome.out, "out-of-order messages = "), 0) << outcome;
        const bool all_answered = run.name.starts_with("ping-pong");
        EXPECT_EQ(number_after(outcome.out, "SentMessages=") == received, all_answered) << outcome;
    }
}

TEST(Sockperf, WhatIsNotItsProtocolEndsTheConnection)
{
    Server server({"echo", "server", "127.0.0.1:0", "--compat", "sockperf", "--jsonl"});
    const auto client = run({"connect", server.endpoint()},
                            {.input = std::string(100, 'x'), .keep_input_open = true});
    EXPECT_EQ(client.out, "");
    server->wait_for_output("EPROTO");
}

TEST(Sockperf, OnlyEchoesCanBeItsAnswers)
{
    EXPECT_TRUE(exited(
        run({"echo", "server", "127.0.0.1:0", "--compat", "sockperf", "--mode", "discard"}), 2));
    EXPECT_TRUE(exited(run({"echo", "server", "127.0.0.1:0", "--compat", "iperf"}), 2));
}

} // namespace
} // namespace sockit::test::THIS_FILE
