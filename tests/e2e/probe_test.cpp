#include "probed.h"
#include "support/network.h"
#include "support/run.h"
#include "support/second_host.h"

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

std::string at(const std::string& host, std::uint16_t port)
{
    return host + ":" + std::to_string(port);
}

void set_sysctl(const std::string& name, const std::string& value)
{
    write_file("/proc/sys/net/" + name, value);
}

/// Ports that the kernel chooses from, until the end of the test.
class LocalPortRange {
public:
    explicit LocalPortRange(const std::string& range) : m_before(read_file(path))
    {
        write_file(path, range);
    }
    LocalPortRange(const LocalPortRange&) = delete;
    LocalPortRange& operator=(const LocalPortRange&) = delete;
    ~LocalPortRange() { write_file(path, m_before); }

private:
    static constexpr const char* path = "/proc/sys/net/ipv4/ip_local_port_range";
    std::string m_before;
};

/// A socket bound to a path, listening if there is a backlog.
Fd unix_socket(const std::string& path, int type, std::optional<int> backlog)
{
    Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (backlog) {
        EXPECT_EQ(::listen(socket.get(), *backlog), 0);
    }
    return socket;
}

/// Connects without waiting; nothing is asked about the outcome.
Fd connected_to_path(const std::string& path)
{
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    return socket;
}

TEST(ProbeTcp, OpenWithTheKernelsOwnMeasurements)
{
    for (const std::string host : {"127.0.0.1", "::1"}) {
        const auto listener = listen_on(host, 0);
        const auto target = at(host == "::1" ? "[::1]" : host, port_of(listener));
        const auto probed = probe_json({target});
        expect_outcome(probed, "open", 0, "");
        const json& result = probed.result();
        EXPECT_EQ(result["target"], target);
        EXPECT_EQ(result["transport"], "tcp");
        EXPECT_EQ(result["ok"], true);
        EXPECT_EQ(result["want"], json::array({"open"}));
        EXPECT_EQ(result["attempt"], 1);
        EXPECT_EQ(result["endpoint"]["port"], port_of(listener));
        EXPECT_EQ(result["source"]["address"], host);
        EXPECT_EQ(result["syn_retransmits"], 0);
        EXPECT_GT(result["kernel_rtt_ns"], 0);
        EXPECT_GT(result["phases"]["connect_ns"], 0);
        EXPECT_TRUE(result["phases"]["resolve_ns"].is_null());
        EXPECT_EQ(probed.document["summary"]["outcomes"], json({{"open", 1}}));
    }
}

TEST(ProbeTcp, RefusedIsTheLineOfTheContract)
{
    const auto outcome = run({"probe", "127.0.0.1:9"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_EQ(outcome.out,
              "refused      127.0.0.1:9            Connection refused (ECONNREFUSED)\n");
    EXPECT_EQ(outcome.err, "sockit: connect 127.0.0.1:9: Connection refused (ECONNREFUSED)\n");
    expect_outcome(probe_json({"[::1]:9"}), "refused", 8, "ECONNREFUSED");
    expect_outcome(probe_json({"mptcp:127.0.0.1:9"}), "refused", 8, "ECONNREFUSED");
}

TEST(ProbeTcp, AnyAddressOfANameThatIsOpenMakesItOpen)
{
    const TemporaryDirectory directory;
    write_file(directory.path("hosts"), "::1 both.test\n127.0.0.1 both.test\n");
    for (const std::string host : {"127.0.0.1", "::1"}) {
        const auto listener = listen_on(host, 0);
        const auto outcome = run_program(
            {"unshare", "--mount", "sh", "-c",
             "mount --bind " + directory.path("hosts") + " /etc/hosts && exec \"$@\"", "sh",
             sockit_binary(), "probe", "--json", at("both.test", port_of(listener))});
        if (outcome.err.find("mount") != std::string::npos)
            GTEST_SKIP() << "no mount namespace here: " << outcome.err;
        EXPECT_TRUE(exited(outcome, 0));
        const auto result = parse_document(outcome.out)["results"][0];
        EXPECT_EQ(result["outcome"], "open") << outcome;
        EXPECT_EQ(result["endpoint"]["address"], host) << outcome;
        EXPECT_FALSE(result["phases"]["resolve_ns"].is_null());
    }
}

TEST(ProbeTcp, ANameThatDoesNotResolve)
{
    const auto probed = probe_json({"nothing.invalid:80"});
    EXPECT_EQ(probed.outcome(), "unresolved") << probed.process;
    EXPECT_TRUE(exited(probed.process, 4));
    EXPECT_TRUE(probed.result()["endpoint"].is_null());
    EXPECT_TRUE(probed.result()["source"].is_null());
    EXPECT_TRUE(probed.result()["syn_retransmits"].is_null());
    EXPECT_EQ(probed.result()["error"]["phase"], "resolve");
    EXPECT_TRUE(probed.result()["error"]["errno"].is_null());
    // -4 and -6 leave a literal of the other family without an address.
    expect_outcome(probe_json({"-4", "[::1]:80"}), "unresolved", 4, "EAI_ADDRFAMILY");
}

TEST(ProbeTcp, LocalRoutesAreToldApart)
{
    fresh_network();
    if (run_program({"ip", "-V"}).status != 0)
        GTEST_SKIP() << "no iproute2 here";
    for (const std::string kind : {"unreachable", "prohibit", "blackhole", "throw"}) {
        run_here({"ip", "route", "add", kind, "10.8.0." + std::to_string(kind.size())});
        run_here({"ip", "-6", "route", "add", kind, "fd08::" + std::to_string(kind.size())});
    }
    const auto both = [](std::size_t last, std::string_view outcome, int status,
                         std::string_view code) {
        for (const std::string& target : {"10.8.0." + std::to_string(last) + ":80",
                                          "[fd08::" + std::to_string(last) + "]:80"}) {
            const auto probed = probe_json({target});
            expect_outcome(probed, outcome, status, code);
            EXPECT_EQ(probed.result()["sync"], true) << probed.process;
        }
    };
    both(11, "unreachable", 9, "EHOSTUNREACH");
    both(8, "denied", 5, "EACCES");
    both(9, "denied", 5, "EINVAL");
    both(5, "unreachable", 9, "ENETUNREACH");
    expect_outcome(probe_json({"192.0.2.1:80"}), "unreachable", 9, "ENETUNREACH");
    expect_outcome(probe_json({"[fe80::1]:80"}), "local-error", 6, "EINVAL");
}

/// Another host with a firewall, and one of our own.
class ProbeNetwork : public testing::Test {
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
            tcp dport 7003 reject with tcp reset
            tcp dport 7004 drop
            ip protocol tcp tcp dport 7013 reject with icmp type port-unreachable
            ip protocol tcp tcp dport 7016 reject with icmp type admin-prohibited
            meta nfproto ipv6 tcp dport 7013 reject with icmpv6 type port-unreachable
            meta nfproto ipv6 tcp dport 7016 reject with icmpv6 type admin-prohibited
        }
        })");
        run_here({"nft", "-f", "-"}, R"(table inet t { chain o { type filter hook output priority 0;
            tcp dport 7020 drop
            tcp dport 7021 reject with tcp reset
            meta nfproto ipv4 tcp dport 7022 reject with icmp type admin-prohibited
            meta nfproto ipv4 tcp dport 7023 reject
            meta nfproto ipv6 tcp dport 7023 reject
        }
        })");
    }

    std::optional<SecondHost> m_there;
};

TEST_F(ProbeNetwork, WhatTheOtherHostAnswers)
{
    const auto listener = m_there->listen(7001, 16);
    for (const std::string host : {"10.9.1.2", "[fd09::2]"}) {
        expect_outcome(probe_json({host + ":7001"}), "open", 0, "");
        expect_outcome(probe_json({host + ":7002"}), "refused", 8, "ECONNREFUSED");
        expect_outcome(probe_json({host + ":7003"}), "refused", 8, "ECONNREFUSED");
    }
    // One errno, three verdicts: ECONNREFUSED by RST above, by ICMP from there, by a rule of ours.
    const auto port4 = probe_json({"10.9.1.2:7013"});
    expect_outcome(port4, "rejected", 9, "ECONNREFUSED");
    expect_icmp(port4, 3, 3, "10.9.1.2", false);
    const auto port6 = probe_json({"[fd09::2]:7013"});
    expect_outcome(port6, "rejected", 9, "ECONNREFUSED");
    expect_icmp(port6, 1, 4, "fd09::2", false);
    const auto admin4 = probe_json({"10.9.1.2:7016"});
    expect_outcome(admin4, "rejected", 9, "EHOSTUNREACH");
    expect_icmp(admin4, 3, 13, "10.9.1.2", false);
    const auto admin6 = probe_json({"[fd09::2]:7016"});
    expect_outcome(admin6, "rejected", 9, "EACCES");
    expect_icmp(admin6, 1, 1, "fd09::2", false);
}

TEST_F(ProbeNetwork, OurOwnFirewallIsNotTheTargets)
{
    expect_outcome(probe_json({"10.9.1.2:7021"}), "refused", 8, "ECONNREFUSED");
    const auto admin = probe_json({"10.9.1.2:7022"});
    expect_outcome(admin, "denied", 5, "EHOSTUNREACH");
    expect_icmp(admin, 3, 13, "10.9.1.1", true);
    const auto port4 = probe_json({"10.9.1.2:7023"});
    expect_outcome(port4, "denied", 5, "ECONNREFUSED");
    expect_icmp(port4, 3, 3, "10.9.1.1", true);
    const auto port6 = probe_json({"[fd09::2]:7023"});
    expect_outcome(port6, "denied", 5, "ECONNREFUSED");
    expect_icmp(port6, 1, 4, "fd09::1", true);
}

// The ICMP message came while connect() held the socket: the kernel told it a second later, and the
// loop span until then.
TEST_F(ProbeNetwork, RegressionOurOwnRejectIsToldAtOnce)
{
    const auto probed = probe_json({"10.9.1.2:7022", "--timeout", "20s"});
    EXPECT_EQ(probed.result()["syn_retransmits"], 0) << probed.process;
}

TEST_F(ProbeNetwork, SilenceIsATimeoutAndCountsTheSynsLost)
{
    const auto short_one = probe_json({"10.9.1.2:7004", "--timeout", "300ms"});
    expect_outcome(short_one, "timeout", 3, "ETIMEDOUT");
    EXPECT_EQ(short_one.result()["error"]["phase"], "connect");
    EXPECT_EQ(short_one.result()["syn_retransmits"], 0);
    EXPECT_TRUE(short_one.result()["kernel_rtt_ns"].is_null());
    EXPECT_EQ(short_one.result()["source"]["address"], "10.9.1.1");
    EXPECT_GE(short_one.result()["phases"]["total_ns"], 300'000'000);
    const auto longer = probe_json({"[fd09::2]:7004", "--timeout", "1500ms"});
    expect_outcome(longer, "timeout", 3, "ETIMEDOUT");
    EXPECT_EQ(longer.result()["syn_retransmits"], 1);
    expect_outcome(probe_json({"10.9.1.2:7020", "--timeout", "200ms"}), "timeout", 3, "ETIMEDOUT");
    expect_outcome(probe_json({"10.9.1.2:7004", "--deadline", "200ms"}), "timeout", 3, "ETIMEDOUT");
}

TEST_F(ProbeNetwork, NoNeighbourIsUnreachableSaysOurOwnStack)
{
    set_sysctl("ipv4/neigh/v0/retrans_time_ms", "100");
    set_sysctl("ipv6/neigh/v0/retrans_time_ms", "100");
    const auto v4 = probe_json({"10.9.1.77:80", "--timeout", "20s"});
    expect_outcome(v4, "unreachable", 9, "EHOSTUNREACH");
    expect_icmp(v4, 3, 1, "10.9.1.1", true);
    const auto v6 = probe_json({"[fd09::77]:80", "--timeout", "20s"});
    expect_outcome(v6, "unreachable", 9, "EHOSTUNREACH");
    expect_icmp(v6, 1, 3, "fd09::1", true);
}

// The kernel gives the neighbour up just after the default limit.
TEST_F(ProbeNetwork, NoNeighbourIsToldWithTheDefaultTimeout)
{
    expect_outcome(probe_json({"10.9.1.77:80"}), "unreachable", 9, "EHOSTUNREACH");
}

TEST_F(ProbeNetwork, ManyAtOnceTakeNoLongerThanOne)
{
    const auto probed =
        probe_json({"10.9.1.2:7001-7300", "--timeout", "1s", "--want", "refused,timeout"});
    EXPECT_TRUE(exited(probed.process, 1));
    const json& summary = probed.document["summary"];
    EXPECT_EQ(summary["total"], 300);
    EXPECT_EQ(summary["outcomes"],
              json({{"refused", 294}, {"rejected", 2}, {"denied", 2}, {"timeout", 2}}))
        << summary;
    const auto dropped = probe_json({"10.9.1.2:7004,7020", "--timeout", "1s"});
    EXPECT_TRUE(exited(dropped.process, 3));
    EXPECT_LT(dropped.document["summary"]["duration_ns"], 1'900'000'000);
}

TEST_F(ProbeNetwork, AMuteResolverIsATimeoutInItsPhase)
{
    // Wherever the name server is: there, and it drops what it is asked.
    m_there->run({"nft", "add", "rule", "inet", "t", "i", "udp", "dport", "53", "drop"});
    m_there->run({"ip", "address", "add", "192.0.2.53/32", "dev", "lo"});
    run_here({"ip", "route", "add", "192.0.2.53", "via", "10.9.1.2"});
    const TemporaryDirectory directory;
    write_file(directory.path("resolv.conf"), "nameserver 192.0.2.53\n");
    const auto outcome = run_program(
        {"unshare", "--mount", "sh", "-c",
         "mount --bind " + directory.path("resolv.conf") + " /etc/resolv.conf && exec \"$@\"", "sh",
         sockit_binary(), "probe", "--json", "mute.example:80", "127.0.0.1:9", "--timeout",
         "400ms"});
    if (outcome.err.find("mount") != std::string::npos)
        GTEST_SKIP() << "no mount namespace here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto results = parse_document(outcome.out)["results"];
    ASSERT_EQ(results.size(), 2U) << outcome;
    EXPECT_EQ(results[0]["target"], "127.0.0.1:9") << "a name must not hold up the others";
    EXPECT_EQ(results[1]["outcome"], "timeout") << outcome;
    EXPECT_EQ(results[1]["error"]["phase"], "resolve") << outcome;
    EXPECT_EQ(results[1]["error"]["code"], "ETIMEDOUT") << outcome;
}

TEST_F(ProbeNetwork, FewDescriptorsChangeTheSpeedOnly)
{
    const std::map<int, rlim_t> few{{RLIMIT_NOFILE, 24}};
    const auto refused = probe_json({"127.0.0.1:1-100", "--want", "refused"}, {.limits = few});
    EXPECT_TRUE(exited(refused.process, 0));
    // Others of ours hold nearly all of them: at most one or two targets at a time.
    const Pipe held;
    Surroundings crowded{.limits = few};
    for (int fd = 3; fd < 18; ++fd)
        crowded.fds[fd] = held.write.ref();
    const auto dropped =
        probe_json({"10.9.1.2:7004", "10.9.1.2:7002", "10.9.1.2:7020", "10.9.1.2:7101-7140",
                    "--timeout", "300ms", "--parallel", "100"},
                   crowded);
    EXPECT_EQ(dropped.document["summary"]["outcomes"], json({{"refused", 41}, {"timeout", 2}}))
        << dropped.process;
}

TEST_F(ProbeNetwork, NoDescriptorAtAllIsALocalErrorAfterRetries)
{
    if (is_sanitized())
        GTEST_SKIP() << "UBSan looks at objects through a pipe, and takes one it cannot open for a "
                        "bug";
    const Pipe held;
    Surroundings full{.limits = {{RLIMIT_NOFILE, 24}}};
    for (int fd = 3; fd < 22; ++fd) // the loop and the signals get the last two
        full.fds[fd] = held.write.ref();
    const auto probed = probe_json({"127.0.0.1:9"}, full);
    expect_outcome(probed, "local-error", 6, "EMFILE");
    EXPECT_GT(probed.result()["phases"]["total_ns"], 300'000'000) << "given up without a retry";
}

TEST_F(ProbeNetwork, TheEndOfSourcePortsIsNoVerdict)
{
    const LocalPortRange narrow("45000 45001");
    const auto listener = m_there->listen(7001, 16);
    // Two ports reach any number of other ports.
    const auto many = probe_json({"10.9.1.2:7101-7200", "--want", "refused"});
    EXPECT_TRUE(exited(many.process, 0)) << many.process;

    Running holder(
        {sockit_binary(), "probe", "--settle", "60s", "10.9.1.2:7001", "10.9.1.2:7001", "-v"}, {});
    // Both ports go to the same place: the third one must wait, and fails as our own matter.
    holder.wait_for_error("2 targets");
    Probed third;
    for (int i = 0; i < 50; ++i) {
        third = probe_json({"10.9.1.2:7001"});
        if (third.outcome() != "open")
            break;
    }
    expect_outcome(third, "local-error", 6, "EADDRNOTAVAIL");
    EXPECT_GT(third.document["summary"]["requeued"], 0) << third.process;
}

TEST_F(ProbeNetwork, AFullAcceptQueueIsSilence)
{
    const auto listener = m_there->listen(7001, 0);
    std::vector<std::string> outcomes;
    for (int i = 0; i < 3; ++i)
        outcomes.push_back(probe_json({"10.9.1.2:7001", "--timeout", "300ms"}).outcome());
    EXPECT_EQ(outcomes.front(), "open");
    EXPECT_EQ(outcomes.back(), "timeout");
}

TEST_F(ProbeNetwork, SignalsLeaveASummaryAndEndTheProcess)
{
    for (const int signal : {SIGINT, SIGTERM}) {
        Running process({sockit_binary(), "probe", "--jsonl", "127.0.0.1:9", "10.9.1.2:7004",
                         "--timeout", "60s"},
                        {});
        process.wait_for_output("\"refused\"");
        process.send_signal(signal);
        const auto outcome = process.wait();
        EXPECT_TRUE(died_by(outcome, signal));
        EXPECT_TRUE(valid_lines(outcome.out));
        const auto summary = parse_lines(outcome.out).back();
        EXPECT_EQ(summary["stopped_by"], signal == SIGINT ? "SIGINT" : "SIGTERM") << outcome;
        EXPECT_EQ(summary["unfinished"], 1) << outcome;
    }
}

TEST_F(ProbeNetwork, TheDeadlineEndsTheRunAndInventsNothing)
{
    const auto probed = probe_json(
        {"10.9.1.2:7004,7020", "--parallel", "1", "--timeout", "60s", "--deadline", "300ms"});
    EXPECT_TRUE(exited(probed.process, 3));
    ASSERT_EQ(probed.results().size(), 1U) << probed.process;
    EXPECT_EQ(probed.outcome(), "timeout");
    EXPECT_EQ(probed.document["summary"]["unfinished"], 1);
    EXPECT_EQ(probed.document["summary"]["stopped_by"], "deadline");
}

TEST(ProbeSelf, ConnectingToOurselvesIsNeverOpen)
{
    fresh_network();
    const LocalPortRange narrow("45000 45001");
    int met = 0;
    for (int i = 0; i < 20 && met == 0; ++i) {
        for (const std::string host : {"127.0.0.1", "[::1]"}) {
            const auto probed = probe_json({host + ":45000,45001"});
            for (const auto& result : probed.results()) {
                EXPECT_NE(result["outcome"], "open") << probed.process;
                met += result["outcome"] == "self-connect" ? 1 : 0;
            }
            EXPECT_TRUE(exited(probed.process, 8));
        }
    }
    EXPECT_GT(met, 0) << "the kernel never chose the target's own port";
}

TEST(ProbeSelf, ThirtyScansOfAnEmptyRangeFindNothingOpen)
{
    fresh_network();
    const LocalPortRange narrow("40000 40499");
    for (int i = 0; i < 30; ++i) {
        const auto outcome = run({"probe", "--jsonl", "127.0.0.1:40000-40499"});
        ASSERT_TRUE(exited(outcome, 8));
        ASSERT_EQ(outcome.out.find("\"open\",\"ok\""), std::string::npos) << outcome;
    }
}

TEST(ProbeSettle, AnEarlyEndIsAReset)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = at("127.0.0.1", port_of(listener));
    expect_outcome(probe_json({target, "--settle", "50ms"}), "open", 0, "");
    const Fd first(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));

    for (const bool reset : {true, false}) {
        Running process({sockit_binary(), "probe", "--json", "--settle", "60s", target}, {});
        Fd accepted;
        while (!accepted.valid())
            accepted = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const linger now{.l_onoff = reset ? 1 : 0, .l_linger = 0};
        ::setsockopt(accepted.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        accepted.close();
        const auto outcome = process.wait();
        EXPECT_TRUE(valid_document(outcome.out));
        expect_outcome({.process = outcome, .document = parse_document(outcome.out)}, "reset", 10,
                       reset ? "ECONNRESET" : "");
    }
}

TEST(ProbeSettle, AByteSettlesIt)
{
    const auto listener = listen_on("127.0.0.1", 0);
    Running process(
        {sockit_binary(), "probe", "--json", "--settle", "60s", at("127.0.0.1", port_of(listener))},
        {});
    Fd accepted;
    while (!accepted.valid())
        accepted = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_EQ(::send(accepted.get(), "x", 1, MSG_NOSIGNAL), 1);
    EXPECT_TRUE(exited(process.wait(), 0));
}

TEST(ProbeUnix, EveryOutcome)
{
    const TemporaryDirectory directory;
    const auto open = unix_socket(directory.path("open"), SOCK_STREAM, 16);
    const auto sequenced = unix_socket(directory.path("seq"), SOCK_SEQPACKET, 16);
    const auto datagram = unix_socket(directory.path("dgram"), SOCK_DGRAM, std::nullopt);
    unix_socket(directory.path("stale"), SOCK_STREAM, 16);
    write_file(directory.path("file"), "");
    const auto target = [&](const char* name) { return "unix:" + directory.path(name); };

    const auto opened = probe_json({target("open")});
    expect_outcome(opened, "open", 0, "");
    EXPECT_EQ(opened.result()["endpoint"]["path"], directory.path("open"));
    EXPECT_EQ(opened.result()["sync"], true);
    EXPECT_TRUE(opened.result()["kernel_rtt_ns"].is_null());
    EXPECT_TRUE(opened.result()["syn_retransmits"].is_null());
    expect_outcome(probe_json({"unix-seqpacket:" + directory.path("seq")}), "open", 0, "");
    expect_outcome(probe_json({"unix-dgram:" + directory.path("dgram")}), "open", 0, "");
    expect_outcome(probe_json({target("none")}), "refused", 8, "ENOENT");
    expect_outcome(probe_json({target("stale")}), "refused", 8, "ECONNREFUSED");
    expect_outcome(probe_json({target("file")}), "refused", 8, "ECONNREFUSED");
    expect_outcome(probe_json({"unix:@nobody-is-called-this"}), "refused", 8, "ECONNREFUSED");
    expect_outcome(probe_json({target("dgram")}), "local-error", 6, "EPROTOTYPE");
}

TEST(ProbeUnix, WithoutPermissionItIsDenied)
{
    if (run_program({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "true"})
            .status != 0)
        GTEST_SKIP() << "cannot become another user here";
    const TemporaryDirectory directory;
    const auto listener = unix_socket(directory.path("s"), SOCK_STREAM, 16);
    ASSERT_EQ(::chmod(directory.path("").c_str(), 0755), 0);
    ASSERT_EQ(::chmod(directory.path("s").c_str(), 0600), 0);
    const auto outcome = run_program({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                      sockit_binary(), "probe", "unix:" + directory.path("s")});
    if (outcome.status == 127 || outcome.status == 126)
        GTEST_SKIP() << "the other user cannot run the program: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 5));
    EXPECT_TRUE(outcome.out.starts_with("denied ")) << outcome;
}

TEST(ProbeUnix, AFullBacklogIsWaitedFor)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    const auto listener = unix_socket(path, SOCK_STREAM, 0);
    const auto first = connected_to_path(path);
    const auto second = connected_to_path(path);
    const auto full = probe_json({"unix:" + path, "--timeout", "200ms"});
    expect_outcome(full, "timeout", 3, "EAGAIN");
    EXPECT_GE(full.result()["phases"]["total_ns"], 200'000'000);

    Running process({sockit_binary(), "probe", "-v", "--timeout", "60s", "unix:" + path}, {});
    process.wait_for_error("1 target");
    const Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(exited(process.wait(), 0));
}

TEST(ProbeWant, WhatIsWantedDecidesTheStatus)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto open = at("127.0.0.1", port_of(listener));
    const Words refused{"127.0.0.1:9"};
    expect_outcome(probe_json({"127.0.0.1:9", "--want", "refused"}), "refused", 0, "ECONNREFUSED");
    const auto unwanted = run({"probe", open, "--want", "refused,timeout"});
    EXPECT_TRUE(exited(unwanted, 1));
    EXPECT_EQ(unwanted.err, "sockit: " + open + " is open, wanted refused or timeout\n");
    const auto mixed = run({"probe", open, "127.0.0.1:9"});
    EXPECT_TRUE(exited(mixed, 8)) << "all that failed share one code";
    EXPECT_EQ(mixed.err, "sockit: 1 of 2 targets failed: 1 refused\n");
    EXPECT_TRUE(exited(run({"probe", "unix:/nowhere/s", "nothing.invalid:1"}), 1));
    EXPECT_TRUE(exited(run({"probe", "--any", open, "127.0.0.1:9"}), 0));
    EXPECT_TRUE(exited(run({"probe", "--any", "127.0.0.1:8-9"}), 8));
}

TEST(ProbeOutput, LinesAreRecordsAndTheLastIsTheSummary)
{
    const auto outcome = run({"probe", "--jsonl", "127.0.0.1:8,9", "unix:/nowhere/s"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    ASSERT_EQ(records.size(), 5U) << outcome;
    EXPECT_EQ(records[0]["type"], "start");
    EXPECT_EQ(records[0]["targets"], 3);
    EXPECT_EQ(records[4]["failed"], 3);
}

TEST(ProbeOutput, AFullOrClosedStdoutIsALocalFailure)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    for (const char* format : {"--wide", "--json", "--jsonl"}) {
        const auto outcome = run({"probe", format, "127.0.0.1:9"}, {.fds = {{1, full.ref()}}});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_EQ(outcome.err, "sockit: write stdout: No space left on device (ENOSPC)\n")
            << outcome;
    }
    EXPECT_TRUE(exited(run({"probe", "127.0.0.1:9"}, {.closed = {1}}), 6));
}

TEST(ProbeOutput, AReaderThatWentAwayEndsItQuietly)
{
    Pipe pipe;
    pipe.read.close();
    const auto outcome = run({"probe", "127.0.0.1:1-2000"}, {.fds = {{1, pipe.write.ref()}}});
    EXPECT_TRUE(died_by(outcome, SIGPIPE));
    EXPECT_EQ(outcome.err, "");
}

TEST(ProbeOutput, PathsAreEscaped)
{
    const auto outcome = run({"probe", "unix:/tmp/\033[2Jx\ny"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_EQ(outcome.out.find('\033'), std::string::npos) << outcome;
    EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1) << outcome;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome;
}

TEST(ProbeOptions, SocketOptionsAreReportedOnce)
{
    const auto outcome =
        run({"probe", "--sockopt", "SO_RCVBUF=1000000000", "127.0.0.1:1-50", "--want", "refused"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome;
}

TEST(ProbeOptions, SourceAndInterface)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = at("127.0.0.1", port_of(listener));
    const auto probed = probe_json({target, "--source", "127.0.0.5"});
    expect_outcome(probed, "open", 0, "");
    EXPECT_EQ(probed.result()["source"]["address"], "127.0.0.5");
    expect_outcome(probe_json({target, "--source", "10.99.99.99"}), "local-error", 6,
                   "EADDRNOTAVAIL");
    expect_outcome(probe_json({target, "--interface", "lo"}), "open", 0, "");
    expect_outcome(probe_json({target, "--interface", "nope0"}), "local-error", 6, "ENODEV");
    // A fixed source port serves one after the other.
    const auto fixed =
        probe_json({"127.0.0.1:1-20", "--source", "127.0.0.1:45454", "--want", "refused"});
    EXPECT_TRUE(exited(fixed.process, 0));
}

TEST(ProbeOptions, BadWordsEndBeforeAnythingIsAsked)
{
    const auto expect_usage = [](const Words& words, std::string_view line) {
        Words all{"probe"};
        all.insert(all.end(), words.begin(), words.end());
        const auto outcome = run(all);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "") << outcome;
        EXPECT_TRUE(outcome.err.starts_with("sockit: " + std::string(line))) << outcome;
    };
    expect_usage({}, "no target");
    expect_usage({"127.0.0.1:80abc"}, "bad target '127.0.0.1:80abc'");
    expect_usage({"127.0.0.1:9", "--want", "opne"}, "bad --want 'opne'");
    expect_usage({"127.0.0.1:9", "--tiemout", "1"}, "unknown option '--tiemout'");
    expect_usage({"127.0.0.1:9", "--timeout", "1x"}, "bad --timeout '1x'");
    expect_usage({"127.0.0.1:9", "--timeout", "0"}, "bad --timeout '0'");
    expect_usage({"127.0.0.1:9", "--parallel", "0"}, "bad --parallel '0'");
    const auto hint = run({"probe", "127.0.0.1:9", "--want", "opne"});
    EXPECT_NE(hint.err.find("did you mean open?"), std::string::npos) << hint;
}

} // namespace
} // namespace sockit::test::THIS_FILE
