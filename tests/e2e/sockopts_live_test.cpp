#include "base/fd.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"
#include "support/second_host.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

std::string own_pid() { return std::to_string(::getpid()); }

/// 0, or why not.
int bind_to(const Fd& socket, std::uint16_t port)
{
    const auto address = loopback(port);
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
               ? 0
               : errno;
}

bool connect_to(const Fd& socket, std::uint16_t port)
{
    const auto address = loopback(port);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
           0;
}

Fd open_socket(int type) { return Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)); }

void set(const Fd& socket, int level, int name, int value)
{
    EXPECT_EQ(::setsockopt(socket.get(), level, name, &value, sizeof value), 0) << level << name;
}

int get(const Fd& socket, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    EXPECT_EQ(::getsockopt(socket.get(), level, name, &value, &length), 0) << level << name;
    return value;
}

std::uint64_t inode_of(const Fd& fd)
{
    struct stat status{};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    return status.st_ino;
}

/// A connection within this process.
struct Connection {
    Connection()
    {
        EXPECT_EQ(bind_to(listener, 0), 0);
        EXPECT_EQ(::listen(listener.get(), 4), 0);
        EXPECT_TRUE(connect_to(client, port_of(listener)));
        server = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }

    [[nodiscard]] Words target() const
    {
        return {"--pid", own_pid(), "--fd", std::to_string(server.get())};
    }

    Fd listener = open_socket(SOCK_STREAM);
    Fd client = open_socket(SOCK_STREAM);
    Fd server;
};

Outcome sockopts(std::string_view act, const Words& words)
{
    Words all{"sockopts", std::string(act)};
    all.insert(all.end(), words.begin(), words.end());
    return run(all);
}

Words operator+(Words left, const Words& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

json document(const Outcome& outcome)
{
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    return parse_document(outcome.out);
}

/// A process of ours that does nothing until it is killed.
class Sleeper {
public:
    explicit Sleeper(const std::function<void()>& prepare = [] {}) : m_pid(::fork())
    {
        if (m_pid == 0) {
            prepare();
            while (true)
                ::pause();
        }
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { end(); }

    [[nodiscard]] std::string pid() const { return std::to_string(m_pid); }
    void kill() const { ::kill(m_pid, SIGKILL); }
    /// Until it is dead, but not reaped.
    void await_death() const
    {
        siginfo_t info{};
        EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOWAIT), 0);
    }
    void end()
    {
        if (std::exchange(m_ended, true))
            return;
        kill();
        ::waitpid(m_pid, nullptr, 0);
    }

private:
    pid_t m_pid;
    bool m_ended = false;
};

TEST(SockoptsLive, ASocketIsFoundByAllItsNames)
{
    const Connection connection;
    set(connection.server, IPPROTO_TCP, TCP_NODELAY, 1);
    const auto inode = inode_of(connection.server);
    std::uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    ASSERT_EQ(::getsockopt(connection.server.get(), SOL_SOCKET, SO_COOKIE, &cookie, &length), 0);
    std::array<char, 17> hex{};
    std::snprintf(hex.data(), hex.size(), "%llx", static_cast<unsigned long long>(cookie));
    const auto server = "127.0.0.1:" + std::to_string(port_of(connection.listener));
    const auto client = "127.0.0.1:" + std::to_string(port_of(connection.client));
    const auto fd = std::to_string(connection.server.get());
    for (const auto& target : {Words{"--pid", own_pid(), "--fd", fd},
                               {"--sock", server + "-" + client},
                               {"--inode", std::to_string(inode)},
                               {"--cookie", hex.data()},
                               {"pid=" + own_pid() + ",fd=" + fd},
                               {"sock=tcp:" + server + "-" + client}}) {
        const auto outcome = sockopts("get", target + Words{"nodelay", "--json"});
        EXPECT_TRUE(exited(outcome, 0));
        const auto sockets = document(outcome)["sockets"];
        ASSERT_EQ(sockets.size(), 1U) << outcome;
        EXPECT_EQ(sockets[0]["pid"], ::getpid());
        EXPECT_EQ(sockets[0]["fd"], connection.server.get());
        EXPECT_EQ(sockets[0]["kind"], "tcp4");
        EXPECT_EQ(sockets[0]["state"], "ESTAB");
        EXPECT_EQ(sockets[0]["inode"], inode);
        EXPECT_EQ(sockets[0]["cookie"], hex.data());
        EXPECT_EQ(sockets[0]["local"]["port"], port_of(connection.listener));
        EXPECT_EQ(sockets[0]["peer"]["port"], port_of(connection.client));
        EXPECT_EQ(sockets[0]["options"][0]["value"], true);
        EXPECT_EQ(sockets[0]["options"][0]["default"], false);
    }
}

TEST(SockoptsLive, DatagramsPathsAndIpv6AreFoundByAddress)
{
    const auto udp = open_socket(SOCK_DGRAM);
    ASSERT_EQ(bind_to(udp, 0), 0);
    const TemporaryDirectory directory;
    const auto path = directory.path("a-b");
    const Fd local(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(local.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    const Fd v6(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_loopback;
    ASSERT_EQ(::bind(v6.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    ASSERT_EQ(::listen(v6.get(), 1), 0);
    const auto v6_port = std::to_string(port_of(v6)); // at the same place as in IPv4

    for (const auto& [address, kind, fd] :
         {std::tuple{"udp:127.0.0.1:" + std::to_string(port_of(udp)), "udp4", udp.get()},
          std::tuple{"unix:" + path, "unix-stream", local.get()},
          std::tuple{"[::1]:" + v6_port, "tcp6", v6.get()},
          std::tuple{":" + v6_port, "tcp6", v6.get()}}) {
        const auto outcome = sockopts("get", {"--sock", address, "SO_TYPE", "--json"});
        EXPECT_TRUE(exited(outcome, 0));
        const auto sockets = document(outcome)["sockets"];
        ASSERT_EQ(sockets.size(), 1U) << outcome;
        EXPECT_EQ(sockets[0]["kind"], kind);
        EXPECT_EQ(sockets[0]["fd"], fd);
    }
    const auto other = sockopts("get", {"--sock", "tcp:127.0.0.1:" + std::to_string(port_of(udp))});
    EXPECT_TRUE(exited(other, 1));
}

TEST(SockoptsLive, AProcessShowsEachOfItsSocketsOnce)
{
    const Connection connection;
    const Fd twice(::fcntl(connection.server.get(), F_DUPFD_CLOEXEC, 0));
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    const Fd left(pair[0]);
    const Fd right(pair[1]);
    const auto outcome = sockopts("get", {"--pid", own_pid(), "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    std::map<std::uint64_t, json> found;
    const auto whole = document(outcome);
    for (const auto& socket : whole["sockets"]) {
        EXPECT_TRUE(found.emplace(socket["inode"], socket).second) << socket["inode"];
        EXPECT_FALSE(socket["options"].empty());
    }
    EXPECT_EQ(found.at(inode_of(connection.listener))["state"], "LISTEN");
    EXPECT_EQ(found.at(inode_of(connection.server))["fd"], connection.server.get());
    EXPECT_EQ(found.at(inode_of(left))["kind"], "unix-seqpacket");
    const auto lines = sockopts("get", {"--pid", own_pid(), "--jsonl"});
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
}

TEST(SockoptsLive, NonDefaultShowsWhatTheProcessChanged)
{
    const Connection connection;
    set(connection.listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(connection.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3);
    const auto outcome =
        sockopts("get", {"--pid", own_pid(), "--fd", std::to_string(connection.listener.get()),
                         "--non-default", "--json"});
    std::set<std::string> names;
    const auto options = document(outcome)["sockets"][0]["options"];
    for (const auto& option : options)
        names.insert(option["name"]);
    EXPECT_TRUE(names.contains("SO_KEEPALIVE")) << outcome;
    EXPECT_TRUE(names.contains("TCP_DEFER_ACCEPT")) << outcome;
    EXPECT_FALSE(names.contains("SO_BROADCAST")) << outcome;
}

TEST(SockoptsLive, SetIsADryRunUntilApplyAndUndoGoesBack)
{
    const Connection connection;
    const auto words = connection.target() + Words{"SO_KEEPALIVE=1", "--json"};
    const auto dry = sockopts("set", words);
    EXPECT_TRUE(exited(dry, 0));
    EXPECT_EQ(get(connection.server, SOL_SOCKET, SO_KEEPALIVE), 0);
    const auto applied = sockopts("set", words + Words{"--apply"});
    EXPECT_TRUE(exited(applied, 0));
    EXPECT_EQ(get(connection.server, SOL_SOCKET, SO_KEEPALIVE), 1);
    const auto option = document(applied)["sockets"][0]["options"][0];
    EXPECT_EQ(option["verdict"], "exact");
    const std::string undo = option["undo"];
    EXPECT_EQ(undo, "sockit sockopts set --pid " + own_pid() + " --fd " +
                        std::to_string(connection.server.get()) + " SO_KEEPALIVE=false --apply");
    const auto back = run_program({"sh", "-c", sockit_binary() + undo.substr(6)});
    EXPECT_TRUE(exited(back, 0));
    EXPECT_EQ(get(connection.server, SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(SockoptsLive, SomeOptionsAreNotSetOnSocketsOfProcesses)
{
    const Connection connection;
    for (const auto* setting : {"TCP_REPAIR=1", "6:19=1", "SO_REUSEADDR=1", "reuseport=1",
                                "TCP_ULP=tls", "SO_LOCK_FILTER=1", "IPV6_ADDRFORM=2"}) {
        const auto outcome =
            sockopts("set", connection.target() + Words{setting, "--apply", "--json"});
        EXPECT_TRUE(exited(outcome, 5));
        EXPECT_EQ(document(outcome)["error"]["code"], "EPERM") << outcome;
        EXPECT_NE(outcome.err.find("does not set it on sockets of processes: "), std::string::npos)
            << outcome;
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome;
    }
    EXPECT_EQ(get(connection.server, SOL_SOCKET, SO_REUSEADDR), 0);
}

TEST(SockoptsLive, WhatIsGoneIsOneLineAndExit6)
{
    Sleeper reaped;
    const auto reaped_pid = reaped.pid();
    reaped.end();
    const Sleeper zombie;
    zombie.kill();
    zombie.await_death();
    const Pipe pipe;
    const auto pipe_fd = std::to_string(pipe.read.get());
    for (const auto& [target, code] : {std::pair{Words{"--pid", reaped_pid}, "ESRCH"},
                                       {Words{"--pid", reaped_pid, "--fd", "3"}, "ESRCH"},
                                       {Words{"--pid", zombie.pid()}, "ESRCH"},
                                       {Words{"--pid", zombie.pid(), "--fd", "0"}, "ESRCH"},
                                       {Words{"--pid", own_pid(), "--fd", pipe_fd}, "ENOTSOCK"},
                                       {Words{"--pid", own_pid(), "--fd", "98765"}, "EBADF"}}) {
        const auto outcome = sockopts("get", target + Words{"--json"});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_EQ(document(outcome)["error"]["code"], code) << outcome;
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome;
    }
}

TEST(SockoptsLive, NothingThatMatchesIsExit1)
{
    const Sleeper without([] { ::close_range(3, ~0U, 0); });
    for (const auto& target :
         {Words{"--sock", "127.0.0.1:1"}, {"--inode", "1"}, {"--cookie", "fffffffffffffff"}}) {
        const auto outcome = sockopts("get", target + Words{"--json"});
        EXPECT_TRUE(exited(outcome, 1));
        EXPECT_EQ(document(outcome)["summary"]["sockets"], 0);
        EXPECT_EQ(outcome.err, "sockit: no socket matches " + target[0] + " " + target[1] + "\n");
    }
}

TEST(SockoptsLive, AProcessOutOfReachIsExit5)
{
    const auto outcome = run_program({"setpriv", "--bounding-set=-all", "--inh-caps=-all",
                                      sockit_binary(), "sockopts", "get", "--pid", "1", "--json"});
    if (outcome.status == 0 || outcome.status == 1 || outcome.status == 127)
        GTEST_SKIP() << "process 1 is not out of reach here";
    EXPECT_TRUE(exited(outcome, 5));
    EXPECT_EQ(document(outcome)["error"]["code"], "EACCES") << outcome;
    EXPECT_NE(outcome.err.find("CAP_SYS_PTRACE"), std::string::npos) << outcome;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome;
}

TEST(SockoptsDiff, TellsWhatDiffersAndLeavesWithOne)
{
    const Connection connection;
    set(connection.server, SOL_SOCKET, SO_PRIORITY, 3);
    const auto word = [](const Fd& fd) { return "inode=" + std::to_string(inode_of(fd)); };
    const auto outcome =
        sockopts("diff", {word(connection.client), word(connection.server), "--json"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto whole = document(outcome);
    EXPECT_EQ(whole["sockets"].size(), 2U);
    EXPECT_EQ(whole["sockets"][1]["fd"], connection.server.get());
    bool found = false;
    for (const auto& difference : whole["differences"]) {
        EXPECT_NE(difference["left"], difference["right"]) << difference;
        if (difference["name"] == "SO_PRIORITY") {
            found = true;
            EXPECT_EQ(difference["left"], 0);
            EXPECT_EQ(difference["right"], 3);
        }
    }
    EXPECT_TRUE(found) << outcome;
    EXPECT_EQ(whole["summary"]["differing"], whole["differences"].size());
    const auto lines = sockopts("diff", {"tcp4", word(connection.server), "--jsonl"});
    EXPECT_TRUE(exited(lines, 1));
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
}

TEST(SockoptsDiff, TheSameIsZeroAndSilent)
{
    const auto outcome = sockopts("diff", {"tcp4", "tcp4"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST(SockoptsDiff, EachSideIsOneSocket)
{
    const Connection connection;
    const auto word = "sock=127.0.0.1:" + std::to_string(port_of(connection.listener));
    const auto several = sockopts("diff", {"tcp4", word, "--json"});
    EXPECT_TRUE(exited(several, 1));
    EXPECT_EQ(document(several)["summary"]["sockets"], 0);
    EXPECT_EQ(several.err, "sockit: " + word + " matches 2 sockets: name one, by fd= or cookie=\n");
    const auto gone = sockopts("diff", {"tcp4", "pid=" + own_pid() + ",fd=98765", "--json"});
    EXPECT_TRUE(exited(gone, 6));
    EXPECT_EQ(document(gone)["error"]["code"], "EBADF");
}

bool wait_for(const Fd& fd, short events)
{
    pollfd waiting{.fd = fd.get(), .events = events, .revents = 0};
    return ::poll(&waiting, 1, 5000) == 1;
}

void dump(const Fd& socket)
{
    const auto outcome =
        sockopts("get", {"--pid", own_pid(), "--fd", std::to_string(socket.get()), "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_GT(document(outcome)["sockets"][0]["options"].size(), 30U);
}

TEST(SockoptsLive, ADumpLeavesThePendingErrorToTheProcess)
{
    const auto closed = [] {
        const auto socket = open_socket(SOCK_DGRAM);
        EXPECT_EQ(bind_to(socket, 0), 0);
        return port_of(socket);
    }();
    const auto socket = open_socket(SOCK_DGRAM);
    ASSERT_TRUE(connect_to(socket, closed));
    ASSERT_EQ(::send(socket.get(), "x", 1, 0), 1);
    ASSERT_TRUE(wait_for(socket, 0)); // POLLERR
    dump(socket);
    EXPECT_EQ(get(socket, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
}

TEST(SockoptsLive, ADumpLeavesTheSavedSynToTheProcess)
{
    Connection connection;
    set(connection.listener, IPPROTO_TCP, TCP_SAVE_SYN, 1);
    const auto client = open_socket(SOCK_STREAM);
    ASSERT_TRUE(connect_to(client, port_of(connection.listener)));
    connection.server = Fd(::accept4(connection.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    dump(connection.server);
    std::array<char, 256> syn{};
    socklen_t length = syn.size();
    ASSERT_EQ(
        ::getsockopt(connection.server.get(), IPPROTO_TCP, TCP_SAVED_SYN, syn.data(), &length), 0);
    EXPECT_GE(length, 40U);
}

TEST(SockoptsLive, ADumpLeavesThePacketCountersToTheProcess)
{
    const Fd packets(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP)));
    if (!packets.valid())
        GTEST_SKIP() << "no packet sockets here";
    const auto sender = open_socket(SOCK_DGRAM);
    ASSERT_EQ(bind_to(sender, 0), 0);
    ASSERT_TRUE(connect_to(sender, port_of(sender)));
    ASSERT_EQ(::send(sender.get(), "x", 1, 0), 1);
    ASSERT_TRUE(wait_for(packets, POLLIN));
    dump(packets);
    tpacket_stats statistics{};
    socklen_t length = sizeof statistics;
    ASSERT_EQ(::getsockopt(packets.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length), 0);
    EXPECT_GE(statistics.tp_packets, 1U);
}

TEST(SockoptsLive, ADumpLeavesTheBytesToTheProcess)
{
    const Connection connection;
    ASSERT_EQ(::send(connection.client.get(), "hello", 5, 0), 5);
    ASSERT_TRUE(wait_for(connection.server, POLLIN));
    dump(connection.server);
    std::array<char, 16> bytes{};
    EXPECT_EQ(::recv(connection.server.get(), bytes.data(), bytes.size(), MSG_DONTWAIT), 5);
}

/// As soon as a listener's process is dead its port is free, but for the moment in which we hold
/// the duplicate.
TEST(SockoptsLive, AListenerKilledMeanwhileCanBeBoundAgainAtOnce)
{
    for (int round = 0; round < 100; ++round) {
        auto listener = open_socket(SOCK_STREAM);
        ASSERT_EQ(bind_to(listener, 0), 0);
        ASSERT_EQ(::listen(listener.get(), 1), 0);
        const auto port = port_of(listener);
        const auto fd = std::to_string(listener.get());
        Sleeper process;
        listener.close();
        Running looking({sockit_binary(), "sockopts", "get", "--pid", process.pid(), "--fd", fd},
                        {});
        std::this_thread::yield();
        process.end();
        const auto next = open_socket(SOCK_STREAM);
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        int failed = bind_to(next, port);
        while (failed == EADDRINUSE && std::chrono::steady_clock::now() < limit) {
            std::this_thread::yield();
            failed = bind_to(next, port);
        }
        ASSERT_EQ(failed, 0) << "round " << round;
        const auto outcome = looking.wait();
        ASSERT_TRUE(outcome.status == 0 || outcome.status == 6) << outcome;
    }
}

TEST(StrictSockopt, ASettingWithoutItsEffectEndsTheCommand)
{
    const Connection connection;
    const auto target = "127.0.0.1:" + std::to_string(port_of(connection.listener));
    const Words setting{"--sockopt", "TCP_THIN_DUPACK=1"};
    const Words strict{"--strict-sockopt"};
    EXPECT_TRUE(exited(run(Words{"probe", target} + setting), 0));
    const auto listening = run(Words{"listen", "127.0.0.1:0", "--json"} + setting + strict);
    EXPECT_TRUE(exited(listening, 1));
    EXPECT_EQ(document(listening)["error"]["code"], "UNMET") << listening;
    for (const auto& words : {Words{"connect", target}, {"probe", target}}) {
        const auto outcome = run(words + setting + strict);
        EXPECT_TRUE(exited(outcome, 1));
        EXPECT_NE(outcome.err.find("TCP_THIN_DUPACK"), std::string::npos) << outcome;
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
