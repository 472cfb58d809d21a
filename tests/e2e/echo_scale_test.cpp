// The echo server under many peers, and under those that would hold it up.

#include "peer.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <fstream>
#include <limits>
#include <thread>

#include <sys/resource.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

Server echo_server(Surroundings surroundings = {})
{
    return Server({"echo", "server", "127.0.0.1:0", "--jsonl"}, std::move(surroundings));
}

json summary_of(const Outcome& outcome)
{
    EXPECT_TRUE(exited(outcome, 0));
    return parse_document(outcome.out)["summary"];
}

/// The last record of a server that is told to stop.
json told_by(Server& server)
{
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    return parse_lines(outcome.out).back();
}

/// What the process used so far, user and system.
std::chrono::nanoseconds cpu_of(pid_t pid)
{
    clockid_t clock = 0;
    timespec used{};
    EXPECT_EQ(::clock_getcpuclockid(pid, &clock), 0);
    EXPECT_EQ(::clock_gettime(clock, &used), 0);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::size_t resident_bytes(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6)) << 10U;
    return 0;
}

/// As many descriptors as this process may have.
rlim_t raise_descriptors()
{
    rlimit limit{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

/// A connection that sends until nobody takes any more, and never reads.
Peer deaf(const std::string& endpoint)
{
    auto peer = Peer::connect_to(endpoint);
    const std::string block(1U << 20U, 'x');
    while (::send(peer.fd(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
    return peer;
}

TEST(EchoScale, TenThousandConnectionsAreServedAndTheirMemoryComesBack)
{
    const auto descriptors = raise_descriptors();
    const auto most = is_sanitized() ? 1000U : 10'000U;
    const auto connections =
        descriptors > most + 100 ? most : static_cast<unsigned>(descriptors) - 100;
    Server server({"echo", "server", "127.0.0.1:0", "-q"});
    (void)summary_of(run({"echo", "client", server.endpoint(), "-n", "10", "--json"}));
    const auto before = resident_bytes(server->pid());
    const auto summary =
        summary_of(run({"echo", "client", server.endpoint(), "-c", std::to_string(connections),
                        "-n", std::to_string(2 * connections), "--json"}));
    EXPECT_EQ(summary["messages"], 2 * connections);
    EXPECT_EQ(summary["errors"], json::object());
    // Served behind all ends that came before.
    (void)summary_of(run({"echo", "client", server.endpoint(), "-n", "10", "--json"}));
    if (!is_sanitized()) {
        EXPECT_LT(resident_bytes(server->pid()), before + (1U << 20U));
    }
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
}

TEST(EchoScale, WhoDoesNotReadIsSlowOrStoppedHoldsUpNobody)
{
    const auto slow = std::min<rlim_t>(raise_descriptors() - 100, 1000);
    auto server = echo_server();
    std::vector<Peer> held;
    for (int i = 0; i < 16; ++i)
        held.push_back(deaf(server.endpoint()));
    for (rlim_t i = 0; i < slow; ++i) {
        held.push_back(Peer::connect_to(server.endpoint()));
        ASSERT_TRUE(held.back().send("x"));
    }
    Running stopped(
        {sockit_binary(), "echo", "client", server.endpoint(), "-c", "10", "-d", "60s", "-q"}, {});
    server->wait_for_output("\"id\":" + std::to_string(16 + slow + 10));
    stopped.send_signal(SIGSTOP);

    const auto others =
        summary_of(run({"echo", "client", server.endpoint(), "-c", "10", "-n", "5000", "--json"}));
    EXPECT_EQ(others["messages"], 5000);
    EXPECT_LT(others["latency"]["p50_ns"], 100'000'000);

    // With nearly nothing to do it does nearly nothing.
    const auto before = cpu_of(server->pid());
    const auto idle = summary_of(
        run({"echo", "client", server.endpoint(), "--rate", "20", "-d", "400ms", "--json"}));
    EXPECT_GT(idle["messages"], 0);
    EXPECT_LT(cpu_of(server->pid()) - before, is_sanitized() ? 200ms : 100ms);

    for (std::size_t i = 16; i < held.size(); i += 100)
        EXPECT_EQ(held[i].receive(1), "x") << i;
    stopped.send_signal(SIGCONT);
    held.clear();
    EXPECT_EQ(told_by(server)["accepted"], 16 + slow + 10 + 10 + 1);
}

TEST(EchoScale, WithoutDescriptorsItWaitsQuietlyAndServesAfterCloses)
{
    auto server = echo_server({.limits = {{RLIMIT_NOFILE, 32}}});
    std::vector<Peer> peers;
    for (int i = 0; i < 60; ++i) {
        peers.push_back(Peer::connect_to(server.endpoint()));
        ASSERT_TRUE(peers.back().send("hello"));
    }
    EXPECT_EQ(peers.front().receive(5), "hello");
    server->wait_for_error("EMFILE");
    const auto before = cpu_of(server->pid());
    EXPECT_FALSE(peers.back().anything_within(400)) << "it has no descriptor for that one";
    EXPECT_LT(cpu_of(server->pid()) - before, 100ms);
    for (int i = 0; i < 40; ++i)
        peers[static_cast<std::size_t>(i)].close();
    EXPECT_EQ(peers.back().receive(5), "hello");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_EQ(outcome.err.find("EMFILE"), outcome.err.rfind("EMFILE")) << outcome;
}

TEST(EchoScale, FiftyMegabytesThroughAHalfClosedConnectionCompareEqual)
{
    auto server = echo_server();
    const auto sent = pattern(50'000'000);
    const auto outcome = run({"connect", server.endpoint()}, {.input = sent});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == sent) << outcome.out.size();
    const auto summary = told_by(server);
    EXPECT_EQ(summary["bytes_received"], sent.size());
    EXPECT_EQ(summary["bytes_sent"], sent.size());
    EXPECT_EQ(summary["errors"], 0);
}

} // namespace
} // namespace sockit::test::THIS_FILE
