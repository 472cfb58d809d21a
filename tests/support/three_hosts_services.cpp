#include "support/three_hosts_services.h"

#include "base/error.h"
#include "support/scripted_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

namespace sockit::test {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t accepts_and_resets = 7006;
constexpr std::uint16_t accepts_and_ends = 7007;
constexpr std::uint16_t first_forged = 20000;
constexpr std::uint16_t last_forged = 22999;
constexpr std::uint8_t unreachable_v4 = 3;
constexpr std::uint8_t too_big_v6 = 2;
constexpr std::uint16_t forged_mtu = 1280;

std::uint16_t number_at(std::span<const std::uint8_t> bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

void append(Bytes& bytes, std::uint16_t number)
{
    bytes.push_back(static_cast<std::uint8_t>(number >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(number));
}

/// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes)
{
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
    while (sum > 0xffff)
        sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// Whether the segment or datagram asks for a forged message: of TCP, a SYN.
bool wants_forged(std::uint8_t protocol, std::span<const std::uint8_t> transport)
{
    constexpr std::size_t flags_at = 13;
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return false;
    const auto port = transport.size() > flags_at || protocol == IPPROTO_UDP
                          ? number_at(transport, 2)
                          : std::uint16_t{0};
    if (port < first_forged || port > last_forged)
        return false;
    return protocol == IPPROTO_UDP || (transport[flags_at] & 0x12U) == 0x02U;
}

sockaddr_in6 any_ipv6(std::uint16_t port)
{
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return address;
}

/// RFC 1035: the answer to a question about NAME.zoo.test, or nothing.
Bytes answer_to(std::span<const std::uint8_t> question)
{
    constexpr std::size_t header = 12;
    if (question.size() < header + 6)
        return {};
    std::size_t end = header;
    while (question[end] != 0 && end + question[end] + 6U <= question.size())
        end += question[end] + 1U;
    const std::string name(reinterpret_cast<const char*>(&question[header + 1]), question[header]);
    const bool wants_v4 = number_at(question, end + 1) == 1;
    const std::uint16_t code = name == "nx"         ? 3
                               : name == "servfail" ? 2
                               : name == "refused"  ? 5
                                                    : 0;
    if (name == "mute")
        return {};
    Bytes answer(question.begin(), question.begin() + 2);
    append(answer, static_cast<std::uint16_t>(0x8180U | code));
    for (const int count : {1, name == "dual" ? 1 : 0, 0, 0})
        append(answer, static_cast<std::uint16_t>(count));
    answer.insert(answer.end(), question.begin() + header,
                  question.begin() + static_cast<std::ptrdiff_t>(end) + 5);
    if (name != "dual")
        return answer;
    std::array<std::uint8_t, sizeof(in6_addr)> address{};
    ::inet_pton(wants_v4 ? AF_INET : AF_INET6, wants_v4 ? "10.77.2.2" : "fd77:2::2",
                address.data());
    const std::uint16_t size = wants_v4 ? sizeof(in_addr) : sizeof(in6_addr);
    for (const int number : {0xc00c, wants_v4 ? 1 : 28, 1, 0, 1, int{size}})
        append(answer, static_cast<std::uint16_t>(number));
    answer.insert(answer.end(), address.begin(), address.begin() + size);
    return answer;
}

} // namespace

ServerServices::ServerServices()
{
    for (const auto port : std::array<std::uint16_t, 3>{7001, 7008, 7030})
        listen(port, 4096);
    listen(7005, 0);
    listen(accepts_and_resets, 64);
    listen(accepts_and_ends, 64);
    listen_ipv6_datagrams(7001);
    const int plain = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const int raw = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
    m_names = Fd(::socket(AF_INET, plain, 0));
    auto names = loopback(53);
    ::inet_pton(AF_INET, "10.77.2.2", &names.sin_addr);
    if (::bind(m_names.get(), reinterpret_cast<const sockaddr*>(&names), sizeof names) < 0)
        m_names.close();
    require(m_names, "a name server");
    m_packets = Fd(::socket(AF_PACKET, plain, htons(ETH_P_ALL)));
    require(m_packets, "a packet socket");
    sockaddr_ll link{};
    link.sll_family = AF_PACKET;
    link.sll_protocol = htons(ETH_P_ALL);
    link.sll_ifindex = static_cast<int>(::if_nametoindex("s0"));
    if (::bind(m_packets.get(), reinterpret_cast<const sockaddr*>(&link), sizeof link) < 0)
        m_obstacle = "bind s0: " + errno_name(errno);
    m_icmp4 = Fd(::socket(AF_INET, raw, IPPROTO_ICMP));
    require(m_icmp4, "a raw socket");
    m_icmp6 = Fd(::socket(AF_INET6, raw, IPPROTO_ICMPV6));
    require(m_icmp6, "a raw IPv6 socket");
}

void ServerServices::require(const Fd& socket, const char* what)
{
    if (!socket.valid())
        m_obstacle = std::string(what) + ": " + errno_name(errno);
}

void ServerServices::listen(std::uint16_t port, int backlog)
{
    Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = any_ipv6(port);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::listen(socket.get(), backlog) < 0)
        socket.close();
    require(socket, "a listener");
    m_listeners.push_back({.port = port, .socket = std::move(socket)});
}

void ServerServices::listen_ipv6_datagrams(std::uint16_t port)
{
    m_echo = Fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = any_ipv6(port);
    if (::bind(m_echo.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        m_echo.close();
    require(m_echo, "an echo service");
}

void ServerServices::run(FdRef stop)
{
    std::vector<pollfd> watched;
    const auto watch = [&](int fd) {
        watched.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    };
    for (const int fd : {stop.value, m_packets.get(), m_echo.get(), m_names.get()})
        watch(fd);
    for (const auto& listener : m_listeners) {
        const bool accepts =
            listener.port == accepts_and_resets || listener.port == accepts_and_ends;
        watch(accepts ? listener.socket.get() : -1);
    }
    while (m_obstacle.empty() && ::poll(watched.data(), watched.size(), -1) >= 0) {
        if (watched[0].revents != 0)
            return;
        if (watched[1].revents != 0)
            forge();
        if (watched[2].revents != 0)
            echo();
        if (watched[3].revents != 0)
            answer_name();
        for (std::size_t i = 0; i < m_listeners.size(); ++i)
            if (watched[4 + i].revents != 0)
                take_connection(m_listeners[i].port, m_listeners[i].socket);
    }
}

void ServerServices::take_connection(std::uint16_t port, const Fd& listener)
{
    Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!accepted.valid())
        return;
    if (port == accepts_and_resets) {
        reset(accepted);
        return;
    }
    ::shutdown(accepted.get(), SHUT_WR);
    m_held.push_back(std::move(accepted));
}

void ServerServices::echo()
{
    std::array<char, 65536> buffer{};
    sockaddr_in6 from{};
    socklen_t length = sizeof from;
    const auto count = ::recvfrom(m_echo.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (count >= 0)
        ::sendto(m_echo.get(), buffer.data(), static_cast<std::size_t>(count), 0,
                 reinterpret_cast<const sockaddr*>(&from), length);
}

void ServerServices::answer_name()
{
    std::array<std::uint8_t, 1500> buffer{};
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const auto count = ::recvfrom(m_names.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (count <= 0)
        return;
    const auto answer = answer_to(std::span(buffer).first(static_cast<std::size_t>(count)));
    if (!answer.empty())
        ::sendto(m_names.get(), answer.data(), answer.size(), 0,
                 reinterpret_cast<const sockaddr*>(&from), length);
}

/// Answers what came for the ports of forged messages with the ICMP message of their number.
void ServerServices::forge()
{
    std::array<std::uint8_t, 65536> buffer{};
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const auto count = ::recvfrom(m_packets.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (count <= 0 || from.sll_pkttype == PACKET_OUTGOING)
        return;
    const auto packet = std::span(buffer).first(static_cast<std::size_t>(count));
    if (ntohs(from.sll_protocol) == ETH_P_IP)
        forge_v4(packet);
    else if (ntohs(from.sll_protocol) == ETH_P_IPV6)
        forge_v6(packet);
}

void ServerServices::forge_v4(std::span<std::uint8_t> packet)
{
    constexpr std::size_t source_at = 12;
    const std::size_t header = (packet[0] & 0x0fU) * 4U;
    if (packet.size() < header + 8 || !wants_forged(packet[9], packet.subspan(header)))
        return;
    const int number = number_at(packet, header + 2) - first_forged;
    const auto type = static_cast<std::uint8_t>(number / 100);
    const auto code = static_cast<std::uint8_t>(number % 100);
    Bytes message{type, code, 0, 0, 0, 0};
    append(message, type == unreachable_v4 && code == 4 ? forged_mtu : std::uint16_t{0});
    message.insert(message.end(), packet.begin(),
                   packet.begin() + static_cast<std::ptrdiff_t>(header) + 8);
    const auto sum = checksum(message);
    message[2] = static_cast<std::uint8_t>(sum >> 8U);
    message[3] = static_cast<std::uint8_t>(sum);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    std::memcpy(&to.sin_addr, &packet[source_at], sizeof to.sin_addr);
    ::sendto(m_icmp4.get(), message.data(), message.size(), 0,
             reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void ServerServices::forge_v6(std::span<std::uint8_t> packet)
{
    constexpr std::size_t header = 40;
    constexpr std::size_t source_at = 8;
    constexpr std::size_t most = 600;
    if (packet.size() < header + 8 || !wants_forged(packet[6], packet.subspan(header)))
        return;
    const int number = number_at(packet, header + 2) - first_forged;
    const auto type = static_cast<std::uint8_t>(number / 100);
    const auto code = static_cast<std::uint8_t>(number % 100);
    Bytes message{type, code, 0, 0, 0, 0}; // the kernel fills in the checksum
    append(message, type == too_big_v6 ? forged_mtu : std::uint16_t{0});
    const auto quoted = packet.first(std::min(packet.size(), most));
    message.insert(message.end(), quoted.begin(), quoted.end());
    auto to = any_ipv6(0);
    std::memcpy(&to.sin6_addr, &packet[source_at], sizeof to.sin6_addr);
    ::sendto(m_icmp6.get(), message.data(), message.size(), 0,
             reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

} // namespace sockit::test
