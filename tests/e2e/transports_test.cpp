#include "datagram_peer.h"
#include "peer.h"
#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/second_host.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <linux/vm_sockets.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {

namespace {

/// A counter of /proc/net/netstat.
std::uint64_t network_counter(const std::string& name)
{
    std::ifstream file("/proc/thread-self/net/netstat");
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
        std::istringstream name_words(names);
        std::istringstream value_words(values);
        std::string one;
        std::string value;
        while (name_words >> one && value_words >> value)
            if (one == name)
                return std::stoull(value);
    }
    return 0;
}

bool kernel_has(int family, int type, int protocol)
{
    return Fd(::socket(family, type | SOCK_CLOEXEC, protocol)).valid();
}

constexpr int mptcp = 262;

TEST(Mptcp, BothEndsSpeakIt)
{
    fresh_network();
    if (!kernel_has(AF_INET, SOCK_STREAM, mptcp))
        GTEST_SKIP() << "no MPTCP in this kernel";
    for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
        const auto before = network_counter("MPCapableSYNRX");
        Server server({"listen", std::string("mptcp:") + address}, {.input = "answer"});
        const auto outcome =
            run({"connect", "mptcp:" + server.endpoint(), "--json"}, {.input = "question"});
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        EXPECT_EQ(parse_document(outcome.out)["data"], "answer");
        const auto served = server->wait();
        EXPECT_TRUE(exited(served, 0));
        EXPECT_EQ(served.out, "question");
        EXPECT_GT(network_counter("MPCapableSYNRX"), before);
    }
}

TEST(Mptcp, TalksToATcpPeer)
{
    fresh_network();
    if (!kernel_has(AF_INET, SOCK_STREAM, mptcp))
        GTEST_SKIP() << "no MPTCP in this kernel";
    Server server({"listen", "127.0.0.1:0"});
    EXPECT_TRUE(exited(run({"connect", "mptcp:" + server.endpoint()}, {.input = "plain"}), 0));
    EXPECT_EQ(server->wait().out, "plain");
}

TEST(Mptcp, AKernelWithoutItIsNamed)
{
    fresh_network();
    if (kernel_has(AF_INET, SOCK_STREAM, mptcp)) {
        std::ofstream("/proc/sys/net/mptcp/enabled") << "0";
        if (kernel_has(AF_INET, SOCK_STREAM, mptcp))
            GTEST_SKIP() << "net.mptcp.enabled cannot be set here";
    }
    for (const char* command : {"connect", "listen"}) {
        const auto outcome = run({command, "mptcp:127.0.0.1:9", "--json"});
        EXPECT_TRUE(exited(outcome, 7));
        EXPECT_NE(outcome.err.find("mptcp"), std::string::npos) << outcome;
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    }
}

TEST(Vsock, ListensOnAnyCid)
{
    const auto outcome = run({"listen", "vsock:40001", "--jsonl", "--accept-timeout", "10ms"});
    if (!kernel_has(AF_VSOCK, SOCK_STREAM, 0)) {
        EXPECT_TRUE(exited(outcome, 7));
        EXPECT_NE(outcome.err.find("vsock"), std::string::npos) << outcome;
        return;
    }
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).at(0)["local"],
              nlohmann::json({{"family", "vsock"}, {"cid", 4294967295U}, {"port", 40001}}));
}

TEST(Vsock, OnePeerToAnother)
{
    if (!kernel_has(AF_VSOCK, SOCK_STREAM, 0)) {
        const auto outcome = run({"connect", "vsock:1:40002"});
        EXPECT_TRUE(exited(outcome, 7));
        EXPECT_NE(outcome.err.find("vsock"), std::string::npos) << outcome;
        return;
    }
    const std::string target = "vsock:" + std::to_string(VMADDR_CID_LOCAL) + ":40002";
    Server server({"listen", "vsock:40002"}, {.input = "answer"});
    const auto outcome =
        run({"connect", target, "--timeout", "300ms", "--json"}, {.input = "question"});
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["attempts"].at(0)["endpoint"],
              nlohmann::json({{"family", "vsock"}, {"cid", VMADDR_CID_LOCAL}, {"port", 40002}}));
    if (!document["ok"])
        GTEST_SKIP() << "no vsock loopback: " << outcome.err;
    EXPECT_EQ(document["data"], "answer");
    EXPECT_EQ(server->wait().out, "question");
}

TEST(Source, TheAddressAndThePortOfEveryTransport)
{
    Server server({"listen", "-k", "127.0.0.1:0"});
    auto outcome = run({"connect", server.endpoint(), "--source", "127.0.0.5", "--json"});
    EXPECT_EQ(parse_document(outcome.out)["local"]["address"], "127.0.0.5") << outcome;
    outcome = run({"connect", server.endpoint(), "--source", "127.0.0.5:40100", "--json"});
    EXPECT_EQ(parse_document(outcome.out)["local"]["port"], 40100) << outcome;
    DatagramPeer peer(DatagramPeer::Kind::Inet6);
    outcome = run({"connect", peer.target(), "--source", "[::1]:40101", "--send-only"},
                  {.input = "hello"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(peer.receive(), "hello");
    EXPECT_EQ(peer.last().text(), "[::1]:40101");
}

TEST(Source, OneThatIsNotOurs)
{
    const auto outcome = run({"connect", "127.0.0.1:9", "--source", "192.0.2.7"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_NE(outcome.err.find("EADDRNOTAVAIL"), std::string::npos) << outcome;
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:9", "--source", "::1"}), 6));
}

class Abstract : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Schemes, Abstract,
                         testing::Values("unix:", "unix-seqpacket:", "unix-dgram:"),
                         [](const auto& tested) {
                             const std::string scheme = tested.param;
                             return scheme == "unix:"             ? "Stream"
                                    : scheme == "unix-seqpacket:" ? "Seqpacket"
                                                                  : "Dgram";
                         });

TEST_P(Abstract, NamesWork)
{
    const std::string target = GetParam() + std::string("@sockit test");
    Server server({"listen", target, "--jsonl"}, {.input = "answer"});
    EXPECT_EQ(server.endpoint(), "unix:@sockit test");
    const auto outcome =
        run({"connect", target, "--linger-after-eof", "300ms"}, {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "answer");
    server->wait_for_output("question");
    server->send_signal(SIGTERM);
    const auto served = server->wait();
    EXPECT_TRUE(valid_lines(served.out)) << served;
    EXPECT_EQ(parse_lines(served.out).at(0)["local"],
              nlohmann::json({{"family", "unix"}, {"abstract", "sockit test"}}));
}

/// Two hosts with link-local addresses of the test.
class TwoHosts : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_host.emplace();
        if (!m_host->obstacle().empty())
            GTEST_SKIP() << m_host->obstacle();
        run_here({"ip", "address", "add", "fe80::9:1/64", "dev", "v0", "nodad"});
        m_host->run({"ip", "address", "add", "fe80::9:2/64", "dev", "v1", "nodad"});
    }
    [[nodiscard]] const SecondHost& host() const { return *m_host; }

private:
    std::optional<SecondHost> m_host;
};

TEST_F(TwoHosts, TheInterfaceOfAClient)
{
    const auto listener = host().listen(7200, 8);
    const Words words{"connect", "10.9.1.2:7200", "--send-only", "--timeout", "1s", "--interface"};
    auto through = [&](const char* interface) {
        auto all = words;
        all.emplace_back(interface);
        return run(all, {.input = "hello"});
    };
    EXPECT_TRUE(exited(through("v0"), 0));
    EXPECT_FALSE(exited(through("lo"), 0));
    const auto none = through("none");
    EXPECT_TRUE(exited(none, 6));
    EXPECT_NE(none.err.find("none"), std::string::npos) << none;
    EXPECT_TRUE(exited(run({"connect", "udp:10.9.1.2:7200", "--interface", "v0"}, {.input = "x"}),
                       8)); // that host answered
}

TEST_F(TwoHosts, TheInterfaceOfAServer)
{
    Server server({"listen", "0.0.0.0:7201", "--interface", "v0"});
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:7201"}), 8)); // that way is lo
    host().run({sockit_binary(), "connect", "10.9.1.1:7201"}, "from there");
    EXPECT_EQ(server->wait().out, "from there");
    Server datagrams({"listen", "udp:7201", "--interface", "v0"});
    EXPECT_TRUE(exited(run({"connect", "udp:127.0.0.1:7201"}, {.input = "from here"}), 8));
    host().run({sockit_binary(), "connect", "udp:10.9.1.1:7201", "--send-only"}, "from there");
    datagrams->wait_for_output("from there");
}

TEST_F(TwoHosts, ScopesOfAClient)
{
    const auto listener = host().listen(7202, 8);
    const auto outcome =
        run({"connect", "[fe80::9:2%v0]:7202", "--send-only", "--json"}, {.input = "hello"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(parse_document(outcome.out)["peer"]["scope"], "v0") << outcome;
    const auto refused = run({"connect", "udp:[fe80::9:2%v0]:7202", "--json"}, {.input = "hello"});
    EXPECT_TRUE(exited(refused, 8));
    EXPECT_EQ(parse_document(refused.out)["error"]["icmp"]["from"], "fe80::9:2") << refused;
    EXPECT_TRUE(exited(run({"connect", "[fe80::9:2%nowhere]:7202"}), 2));
}

TEST_F(TwoHosts, ScopesOfAServer)
{
    Server server({"listen", "[fe80::9:1%v0]:7203"}, {.input = "answer"});
    EXPECT_EQ(server.endpoint(), "[fe80::9:1%v0]:7203");
    host().run({sockit_binary(), "connect", "[fe80::9:1%v1]:7203"}, "from there");
    EXPECT_EQ(server->wait().out, "from there");
    Server datagrams({"listen", "udp:7203", "--jsonl"}, {.input = "answer"});
    host().run({sockit_binary(), "connect", "udp:[fe80::9:1%v1]:7203", "--linger-after-eof", "0.1"},
               "from there"); // exit 0 only if it was answered
    datagrams->wait_for_output("from there");
    datagrams->send_signal(SIGTERM);
    const auto outcome = datagrams->wait();
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    const auto accepted = parse_lines(outcome.out).at(1);
    EXPECT_EQ(accepted["peer"]["scope"], "v0") << outcome;
    EXPECT_EQ(accepted["local"]["address"], "fe80::9:1") << outcome;
}

} // namespace

} // namespace sockit::test::THIS_FILE
