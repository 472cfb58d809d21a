#include "support/delay_link.h"

#include "base/error.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <queue>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test {

namespace {

using Time = std::chrono::steady_clock;

struct Packet {
    Time::time_point due;
    int to;
    std::vector<char> bytes;
};

sockaddr_in address_of(const char* text, std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

/// Calls `act` on a thread of its own, which may change its namespace without changing ours.
void aside(const std::function<void()>& act) { std::thread(act).join(); }

Fd new_namespace()
{
    Fd made;
    aside([&] {
        if (::unshare(CLONE_NEWNET) == 0)
            made = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    });
    return made;
}

std::string path_of(const Fd& made)
{
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(made.get());
}

/// Commands of ip(8) for one end of the link, x in 10.78.0.x and in the addresses of its devices.
std::string end_of_link(const std::string& device, int own, int other)
{
    return "address add 10.78.0." + std::to_string(own) + "/24 dev " + device + "\nlink set " +
           device + " up\nlink set lo up\nneighbour add 10.78.0." + std::to_string(other) +
           " lladdr 02:00:00:00:78:0" + std::to_string(other) + " dev " + device +
           " nud permanent\n";
}

/// Runs commands of ip(8); what it complained of.
std::string failure_of(Words words, const std::string& commands)
{
    for (const char* word : {"ip", "-batch", "-"})
        words.emplace_back(word);
    const auto outcome = run_program(words, {.input = commands});
    return outcome.status == 0 ? "" : "ip: " + outcome.err;
}

/// Every frame of a device of the calling thread's namespace. Checksums that the sender left to its
/// device stay so, as the header before each frame says.
Fd open_port(const char* device)
{
    Fd port(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    const int on = 1;
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(device));
    if (!port.valid() ||
        ::setsockopt(port.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0 ||
        ::setsockopt(port.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
        ::bind(port.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
        return {};
    return port;
}

bool is_ipv4(const char* bytes, std::size_t count)
{
    constexpr std::size_t header = 10; // of PACKET_VNET_HDR: struct virtio_net_hdr
    constexpr std::size_t type_at = header + 2 * ETH_ALEN;
    return count > type_at + 1 && bytes[type_at] == 0x08 && bytes[type_at + 1] == 0x00;
}

} // namespace

DelayLink::DelayLink(std::chrono::microseconds one_way)
    : m_one_way(one_way), m_between(new_namespace()), m_far(new_namespace()),
      m_stop(::eventfd(0, EFD_CLOEXEC))
{
    if (!m_between.valid() || !m_far.valid()) {
        m_obstacle = "no further network namespace";
        return;
    }
    const auto between = path_of(m_between);
    const auto far = path_of(m_far);
    const Words in_between{"nsenter", "--net=" + between};
    const Words in_far{"nsenter", "--net=" + far};
    // Known neighbours: no ARP adds its own round trip to the first connection.
    m_obstacle = failure_of({}, "link add v0 address 02:00:00:00:78:01 type veth peer name v1\n"
                                "link set v1 netns " +
                                    between + "\n" + end_of_link("v0", 1, 2));
    if (m_obstacle.empty())
        m_obstacle = failure_of(in_between, "link add w0 type veth peer name w1 address "
                                            "02:00:00:00:78:02\nlink set w1 netns " +
                                                far + "\nlink set v1 up\nlink set w0 up\n");
    if (m_obstacle.empty())
        m_obstacle = failure_of(in_far, end_of_link("w1", 2, 1));
    if (!m_obstacle.empty())
        return;
    aside([&] {
        if (::setns(m_between.get(), CLONE_NEWNET) < 0)
            return;
        m_here = open_port("v1");
        m_there = open_port("w0");
    });
    if (m_here.valid() && m_there.valid())
        m_thread = std::thread([this] { carry(); });
    else
        m_obstacle = "no packet socket";
}

DelayLink::~DelayLink()
{
    if (!m_thread.joinable())
        return;
    ::eventfd_write(m_stop.get(), 1);
    m_thread.join();
}

Fd DelayLink::listen(std::uint16_t port) const
{
    Fd listener;
    aside([&] {
        EXPECT_EQ(::setns(m_far.get(), CLONE_NEWNET), 0) << errno_name(errno);
        listener = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = address_of("10.78.0.2", port);
        EXPECT_EQ(
            ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
            << errno_name(errno);
        constexpr int backlog = 64;
        EXPECT_EQ(::listen(listener.get(), backlog), 0) << errno_name(errno);
    });
    return listener;
}

void DelayLink::wait_for_losses(unsigned count) const
{
    const auto end = Time::now() + std::chrono::seconds(10);
    while (m_lost < count && Time::now() < end)
        std::this_thread::yield();
    EXPECT_GE(m_lost, count);
}

bool DelayLink::loses() const
{
    const bool lost = m_cut || (m_lose > 0 && --m_lose == 0);
    m_lost += lost ? 1U : 0U;
    return lost;
}

void DelayLink::carry() const
{
    std::queue<Packet> under_way; // the delay is the same for all: first in, first out
    const auto take = [&](const Fd& from, const Fd& to) {
        std::array<char, 65536> buffer{};
        while (true) {
            const auto count = ::read(from.get(), buffer.data(), buffer.size());
            if (count <= 0)
                return;
            if (&from == &m_here && is_ipv4(buffer.data(), static_cast<std::size_t>(count)) &&
                loses())
                continue;
            under_way.push({.due = Time::now() + m_one_way,
                            .to = to.get(),
                            .bytes = {buffer.data(), buffer.data() + count}});
        }
    };
    while (true) {
        std::array<pollfd, 3> wanted{pollfd{m_here.get(), POLLIN, 0},
                                     pollfd{m_there.get(), POLLIN, 0},
                                     pollfd{m_stop.get(), POLLIN, 0}};
        timespec left{};
        if (!under_way.empty()) {
            const auto span = std::max(under_way.front().due - Time::now(), Time::duration::zero());
            constexpr auto second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
            left.tv_sec = std::chrono::nanoseconds(span).count() / second;
            left.tv_nsec = std::chrono::nanoseconds(span).count() % second;
        }
        ::ppoll(wanted.data(), wanted.size(), under_way.empty() ? nullptr : &left, nullptr);
        if ((wanted[2].revents & POLLIN) != 0)
            return;
        take(m_here, m_there);
        take(m_there, m_here);
        while (!under_way.empty() && under_way.front().due <= Time::now()) {
            const auto& packet = under_way.front();
            // A full queue loses it, as on any link.
            if (::write(packet.to, packet.bytes.data(), packet.bytes.size()) < 0 && errno == EBADF)
                return;
            under_way.pop();
        }
    }
}

} // namespace sockit::test
