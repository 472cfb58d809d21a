#include "support/second_host.h"

#include "base/error.h"

#include <cerrno>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test {

namespace {

/// Calls `act` on a thread of its own, which may change its namespace without changing ours.
void aside(const std::function<void()>& act) { std::thread(act).join(); }

Fd listening(const sockaddr* address, socklen_t length, int backlog)
{
    Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int off = 0;
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    EXPECT_EQ(::bind(socket.get(), address, length), 0) << errno_name(errno);
    EXPECT_EQ(::listen(socket.get(), backlog), 0) << errno_name(errno);
    return socket;
}

std::string first_failure(const std::vector<Words>& commands)
{
    for (const auto& words : commands) {
        const auto outcome = run_program(words);
        if (outcome.status != 0)
            return words[0] + " " + words[1] + ": exit " + std::to_string(outcome.status) + " " +
                   outcome.err;
    }
    return {};
}

} // namespace

SecondHost::SecondHost()
{
    aside([&] {
        if (::unshare(CLONE_NEWNET) == 0)
            m_namespace = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    });
    if (!m_namespace.valid()) {
        m_obstacle = "no second network namespace";
        return;
    }
    const Words there{"nsenter", "--net=" + path(), "ip"};
    const auto in_there = [&](Words words) {
        words.insert(words.begin(), there.begin(), there.end());
        return words;
    };
    m_obstacle = first_failure({
        {"ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"},
        {"ip", "link", "set", "v1", "netns", path()},
        {"ip", "address", "add", "10.9.1.1/24", "dev", "v0"},
        {"ip", "address", "add", "fd09::1/64", "dev", "v0", "nodad"},
        {"ip", "link", "set", "v0", "up"},
        in_there({"address", "add", "10.9.1.2/24", "dev", "v1"}),
        in_there({"address", "add", "fd09::2/64", "dev", "v1", "nodad"}),
        in_there({"link", "set", "v1", "up"}),
        in_there({"link", "set", "lo", "up"}),
    });
}

std::string SecondHost::path() const
{
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(m_namespace.get());
}

void SecondHost::run(const Words& words, const std::string& input) const
{
    Words all{"nsenter", "--net=" + path()};
    all.insert(all.end(), words.begin(), words.end());
    run_here(all, input);
}

void SecondHost::stop_limiting_icmp() const
{
    run({"sh", "-c",
         "echo 0 > /proc/sys/net/ipv4/icmp_ratemask; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit"});
}

Fd SecondHost::listen(std::uint16_t port, int backlog) const
{
    Fd socket;
    aside([&] {
        EXPECT_EQ(::setns(m_namespace.get(), CLONE_NEWNET), 0) << errno_name(errno);
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        socket = listening(reinterpret_cast<const sockaddr*>(&address), sizeof address, backlog);
    });
    return socket;
}

void run_here(const Words& words, const std::string& input)
{
    const auto outcome = run_program(words, {.input = input});
    EXPECT_TRUE(exited(outcome, 0));
}

Fd listen_on(const std::string& address, std::uint16_t port, int backlog)
{
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1)
        return listening(reinterpret_cast<const sockaddr*>(&v4), sizeof v4, backlog);
    EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr), 1) << address;
    return listening(reinterpret_cast<const sockaddr*>(&v6), sizeof v6, backlog);
}

std::uint16_t port_of(const Fd& socket)
{
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    return ntohs(address.sin6_port); // in the same place in both families
}

} // namespace sockit::test
