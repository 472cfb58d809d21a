// What probe learns without a connection.

#include "probed.h"
#include "support/network.h"
#include "support/scripted_server.h"
#include "support/second_host.h"

#include <array>
#include <functional>
#include <optional>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;
using namespace std::string_view_literals;

/// Answers datagrams in a thread of its own; nothing where `answer` gives nothing.
class Responder {
public:
    using Answer = std::function<std::optional<std::string>(std::string_view)>;

    explicit Responder(Answer answer, std::uint16_t port = 0) : Responder(AF_INET)
    {
        const auto address = loopback(port);
        start(std::move(answer), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    /// At a path.
    Responder(Answer answer, const std::string& path) : Responder(AF_UNIX)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        start(std::move(answer), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder()
    {
        ::eventfd_write(m_stop.get(), 1);
        m_thread.join();
    }

    [[nodiscard]] std::string target() const
    {
        return "udp:127.0.0.1:" + std::to_string(port_of(m_socket));
    }

private:
    explicit Responder(int family)
        : m_socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
          m_stop(::eventfd(0, EFD_CLOEXEC))
    {}

    void start(Answer answer, const sockaddr* address, socklen_t length)
    {
        EXPECT_EQ(::bind(m_socket.get(), address, length), 0);
        m_thread = std::thread([this, answer = std::move(answer)] { serve(answer); });
    }

    void serve(const Answer& answer) const
    {
        while (true) {
            std::array waiting{pollfd{.fd = m_socket.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = m_stop.get(), .events = POLLIN, .revents = 0}};
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[1].revents != 0)
                return;
            std::array<char, 65536> bytes{};
            sockaddr_storage from{};
            socklen_t length = sizeof from;
            auto* peer = reinterpret_cast<sockaddr*>(&from);
            const auto came =
                ::recvfrom(m_socket.get(), bytes.data(), bytes.size(), 0, peer, &length);
            if (came < 0)
                continue;
            const auto reply = answer({bytes.data(), static_cast<std::size_t>(came)});
            if (reply)
                ::sendto(m_socket.get(), reply->data(), reply->size(), 0, peer, length);
        }
    }

    Fd m_socket;
    Fd m_stop;
    std::thread m_thread;
};

std::optional<std::string> nothing(std::string_view /*question*/) { return std::nullopt; }
std::optional<std::string> the_same(std::string_view question) { return std::string(question); }

TEST(ProbeUdp, AReplyIsOpen)
{
    const Responder echo(the_same);
    const auto probed = probe_json({"--banner", echo.target()});
    expect_outcome(probed, "open", 0);
    const json& result = probed.result();
    EXPECT_EQ(result["transport"], "udp");
    EXPECT_EQ(result["banner"], "\n");
    EXPECT_EQ(result["sync"], false);
    EXPECT_GT(result["phases"]["first_byte_ns"], 0);
    EXPECT_TRUE(result["phases"]["connect_ns"].is_null());
    EXPECT_TRUE(result["kernel_rtt_ns"].is_null());
    const Responder empty([](std::string_view) { return std::string(); });
    expect_outcome(probe_json({empty.target()}), "open", 0);
}

TEST(ProbeUdp, NobodyThereIsRefused)
{
    for (const std::string host : {"127.0.0.1", "[::1]"}) {
        const auto probed = probe_json({"udp:" + host + ":9"});
        expect_outcome(probed, "refused", 8, "ECONNREFUSED");
        EXPECT_EQ(probed.result()["sync"], false);
        EXPECT_EQ(probed.result()["error"]["icmp"]["local"], true);
    }
    const auto text = run({"probe", "udp:127.0.0.1:9"});
    EXPECT_EQ(text.out,
              "refused      udp:127.0.0.1:9        ICMP 3/3 from this host: port unreachable\n");
}

TEST(ProbeUdp, SilenceIsOpenOrFiltered)
{
    int asked = 0;
    {
        const Responder mute([&](std::string_view) {
            ++asked;
            return std::optional<std::string>();
        });
        const auto probed = probe_json({"--timeout", "300ms", mute.target()});
        expect_outcome(probed, "silent", 3, "ETIMEDOUT");
        EXPECT_EQ(probed.result()["error"]["detail"], "open or filtered: nothing came back");
        EXPECT_GE(probed.result()["phases"]["total_ns"], 300'000'000);
        expect_outcome(probe_json({"--timeout", "9s", "--deadline", "100ms", mute.target()}),
                       "silent", 3, "ETIMEDOUT");
    }
    EXPECT_EQ(asked, 4); // three times, and once
}

TEST(ProbeUdp, AQuestionThatGotLostIsAskedAgain)
{
    int asked = 0;
    const Responder forgetful([&](std::string_view question) {
        return ++asked == 2 ? the_same(question) : nothing(question);
    });
    const auto probed = probe_json({"--timeout", "600ms", forgetful.target()});
    expect_outcome(probed, "open", 0);
    EXPECT_GE(probed.result()["phases"]["first_byte_ns"], 200'000'000);
}

TEST(ProbeUdp, DnsAndNtpAreAskedWhatTheyUnderstand)
{
    const Responder dns(
        [](std::string_view question) -> std::optional<std::string> {
            // RFC 1035: one question, for the name servers of the root.
            if (question.size() != 17 || question.substr(4) != "\0\x01\0\0\0\0\0\0\0\0\x02\0\x01"sv)
                return std::nullopt;
            std::string reply(question);
            reply[2] = '\x81';
            reply[3] = '\x85'; // refused, as servers say that serve others
            return reply;
        },
        53);
    const Responder ntp(
        [](std::string_view question) -> std::optional<std::string> {
            constexpr int version = 4;
            constexpr int client = 3;
            if (question.size() != 48 || question[0] != ((version << 3) | client))
                return std::nullopt;
            std::string reply(question);
            reply[0] = '\x24';
            return reply;
        },
        123);
    const Responder garbage([](std::string_view) -> std::optional<std::string> { return "\xff"; },
                            5353);
    const auto probed = probe_json({"udp:127.0.0.1:53,123,5353", "--timeout", "5s"});
    EXPECT_TRUE(exited(probed.process, 0));
    EXPECT_EQ(probed.document["summary"]["outcomes"], json({{"open", 3}}));
    expect_outcome(probe_json({"--expect-re", "(?s)^..\\x81", "udp:127.0.0.1:53"}), "open", 0);
}

TEST(ProbeUdp, SendAndExpect)
{
    const Responder echo(the_same);
    expect_outcome(probe_json({"--send", "hi", "--expect", "hi", echo.target()}), "open", 0);
    expect_outcome(
        probe_json({"--send", "a", "--expect", "a", "--send", "b", "--expect", "b", echo.target()}),
        "open", 0);
    const auto other =
        probe_json({"--send", "hi", "--expect", "ho", "--timeout", "200ms", echo.target()});
    expect_outcome(other, "mismatch", 1, "UNMET");
    const Responder mute(nothing);
    expect_outcome(
        probe_json({"--send", "hi", "--expect", "hi", "--timeout", "100ms", mute.target()}),
        "silent", 3, "ETIMEDOUT");
}

TEST(ProbeUdp, ADatagramThatIsTooLargeIsOurOwnFault)
{
    const auto probed = probe_json({"--send", std::string(66'000, 'x'), "udp:127.0.0.1:9"});
    expect_outcome(probed, "local-error", 6, "EMSGSIZE");
    EXPECT_EQ(probed.result()["sync"], true);
}

TEST(ProbeUdp, ARangeTakesNoLongerThanOne)
{
    const Responder echo(the_same, 20'050);
    const Responder mute(nothing, 20'060);
    const auto probed = probe_json({"udp:127.0.0.1:20000-20499", "--timeout", "1s"});
    EXPECT_EQ(probed.document["summary"]["outcomes"],
              json({{"open", 1}, {"silent", 1}, {"refused", 498}}));
    EXPECT_LT(probed.document["summary"]["duration_ns"], 5'000'000'000);
}

TEST(ProbeUdp, EachAddressHasItsShareOfTheTime)
{
    // Of localhost, one address is mute and the other is not.
    const Responder echo(the_same, 20'100);
    const Fd mute(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(20'100);
    const int on = 1;
    ::setsockopt(mute.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    ASSERT_EQ(::bind(mute.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    expect_outcome(probe_json({"udp:localhost:20100", "--timeout", "400ms"}), "open", 0);
}

TEST(ProbeUdp, OurOwnRoutesSayItAtOnce)
{
    fresh_network();
    const auto probed = probe_json({"udp:192.0.2.1:53"});
    expect_outcome(probed, "unreachable", 9, "ENETUNREACH");
    EXPECT_EQ(probed.result()["sync"], true);
}

TEST(ProbeUnixDgram, AnswersOrStandsThere)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    const Responder server(the_same, path);
    const auto target = "unix-dgram:" + path;
    expect_outcome(probe_json({target}), "open", 0);
    expect_outcome(probe_json({"--send", "x", "--expect", "x", target}), "open", 0);
    expect_outcome(probe_json({"--send", "x", "--expect", "y", "--timeout", "200ms", target}),
                   "mismatch", 1, "UNMET");
    expect_outcome(probe_json({"--send", "x", "unix-dgram:" + directory.path("none")}), "refused",
                   8, "ENOENT");
}

/// Another host with a firewall, and one of our own.
class ProbeUdpNetwork : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_there.emplace();
        if (!m_there->obstacle().empty())
            GTEST_SKIP() << m_there->obstacle();
        if (run_program({"nft", "--version"}).status != 0)
            GTEST_SKIP() << "no nftables here";
        m_there->stop_limiting_icmp();
        m_there->run({"nft", "-f", "-"},
                     R"(table inet t { chain i { type filter hook input priority 0;
            meta nfproto ipv4 udp dport 7016 reject with icmp type admin-prohibited
            meta nfproto ipv6 udp dport 7016 reject with icmpv6 type admin-prohibited
            udp dport 7004 drop
        }
        })");
        run_here({"nft", "-f", "-"}, R"(table inet t { chain o { type filter hook output priority 0;
            udp dport 7020 drop
            meta nfproto ipv4 udp dport 7023 reject
        }
        })");
    }

    std::optional<SecondHost> m_there;
};

TEST_F(ProbeUdpNetwork, WhoSaidItDecides)
{
    const auto port4 = probe_json({"udp:10.9.1.2:7002"});
    expect_outcome(port4, "refused", 8, "ECONNREFUSED");
    expect_icmp(port4, 3, 3, "10.9.1.2", false);
    const auto port6 = probe_json({"udp:[fd09::2]:7002"});
    expect_outcome(port6, "refused", 8, "ECONNREFUSED");
    expect_icmp(port6, 1, 4, "fd09::2", false);
    const auto admin4 = probe_json({"udp:10.9.1.2:7016"});
    expect_outcome(admin4, "rejected", 9, "EHOSTUNREACH");
    expect_icmp(admin4, 3, 13, "10.9.1.2", false);
    const auto admin6 = probe_json({"udp:[fd09::2]:7016"});
    expect_outcome(admin6, "rejected", 9, "EACCES");
    expect_icmp(admin6, 1, 1, "fd09::2", false);
    expect_outcome(probe_json({"udp:10.9.1.2:7004", "--timeout", "200ms"}), "silent", 3,
                   "ETIMEDOUT");
    const auto drop = probe_json({"udp:10.9.1.2:7020"});
    expect_outcome(drop, "denied", 5, "EPERM");
    EXPECT_EQ(drop.result()["sync"], true);
    const auto reject = probe_json({"udp:10.9.1.2:7023"});
    expect_outcome(reject, "denied", 5, reject.code());
}

TEST_F(ProbeUdpNetwork, ASmallerPathIsNoVerdict)
{
    // The other host's way back is narrow, and it says so of what is larger.
    run_here({"ip", "link", "set", "v0", "mtu", "1300"});
    const auto probed =
        probe_json({"--send", std::string(1400, 'x'), "udp:10.9.1.2:7004", "--timeout", "200ms"});
    expect_outcome(probed, "silent", 3, "ETIMEDOUT");
}

TEST_F(ProbeUdpNetwork, NoNeighbourIsUnreachable)
{
    write_file("/proc/sys/net/ipv4/neigh/v0/retrans_time_ms", "100");
    const auto probed = probe_json({"udp:10.9.1.77:53", "--timeout", "20s"});
    expect_outcome(probed, "unreachable", 9, "EHOSTUNREACH");
    expect_icmp(probed, 3, 1, "10.9.1.1", true);
}

// The kernel gives the neighbour up just after the default limit.
TEST_F(ProbeUdpNetwork, NoNeighbourIsToldWithTheDefaultTimeout)
{
    expect_outcome(probe_json({"udp:10.9.1.77:53"}), "unreachable", 9, "EHOSTUNREACH");
}

} // namespace
} // namespace sockit::test::THIS_FILE
