#include "sock/datagram_io.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

constexpr std::size_t at_once = 64;
constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t udp_header = 8;
constexpr std::size_t longest_packet = 65535;

template <class T>
T payload_of(const cmsghdr* header)
{
    T value{};
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
}

/// The address a datagram was sent to, if the message tells and one can send from it.
Endpoint asked_address(msghdr& message)
{
    Endpoint asked;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            // Of a multicast or broadcast the kernel names the address of ours that stands for it.
            const auto info = payload_of<in_pktinfo>(header);
            if (info.ipi_spec_dst.s_addr != INADDR_ANY)
                asked = Endpoint::inet(info.ipi_spec_dst, 0);
        }
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = payload_of<in6_pktinfo>(header);
            const auto& address = info.ipi6_addr;
            if (!IN6_IS_ADDR_MULTICAST(&address) && !IN6_IS_ADDR_V4MAPPED(&address))
                asked = Endpoint::inet6(address, 0,
                                        IN6_IS_ADDR_LINKLOCAL(&address) ? info.ipi6_ifindex : 0);
        }
    }
    return asked;
}

/// Whether it is a message at all: what recvmsg(2) gives at the end of a connection is empty and
/// has no time.
bool is_stamped(msghdr& message)
{
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMP)
            return true;
    return false;
}

/// Control messages of one sendmsg(2).
struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
    std::size_t size = 0;

    template <class T>
    void put(int level, int type, const T& value)
    {
        msghdr frame{};
        frame.msg_control = bytes.data();
        frame.msg_controllen = bytes.size();
        cmsghdr* header = CMSG_FIRSTHDR(&frame);
        header->cmsg_level = level;
        header->cmsg_type = type;
        header->cmsg_len = CMSG_LEN(sizeof value);
        std::memcpy(CMSG_DATA(header), &value, sizeof value);
        size = CMSG_SPACE(sizeof value);
    }
};

Control source_control(const Endpoint& from)
{
    Control control;
    if (from.family() == AF_INET) {
        in_pktinfo info{};
        info.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(from.data())->sin_addr;
        control.put(IPPROTO_IP, IP_PKTINFO, info);
    } else if (from.family() == AF_INET6) {
        const auto* address = reinterpret_cast<const sockaddr_in6*>(from.data());
        in6_pktinfo info{};
        info.ipi6_addr = address->sin6_addr;
        info.ipi6_ifindex = address->sin6_scope_id;
        control.put(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
    return control;
}

using MemoryInfo = std::array<std::uint32_t, SK_MEMINFO_VARS>;

/// SO_MEMINFO; nothing where the kernel knows less of it.
std::optional<MemoryInfo> memory_of(const Socket& socket)
{
    MemoryInfo memory{};
    socklen_t length = sizeof memory;
    if (::getsockopt(socket.ref().value, SOL_SOCKET, SO_MEMINFO, memory.data(), &length) < 0 ||
        length <= SK_MEMINFO_DROPS * sizeof(std::uint32_t))
        return std::nullopt;
    return memory;
}

Result<std::size_t> send_messages(const Socket& socket, std::span<mmsghdr> messages,
                                  std::string_view subject)
{
    int sent = 0;
    do
        sent = ::sendmmsg(socket.ref().value, messages.data(),
                          static_cast<unsigned>(messages.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EAGAIN)
        return 0;
    if (sent < 0)
        return Failure(Error::from_errno(Phase::Send, "send", subject, errno));
    return static_cast<std::size_t>(sent);
}

} // namespace

Result<> prepare_for_datagrams(const Socket& socket)
{
    if (socket.type() == SOCK_SEQPACKET)
        return socket.set_option(SOL_SOCKET, SO_TIMESTAMP, 1, "SO_TIMESTAMP");
    if (socket.type() != SOCK_DGRAM)
        return {};
    if (socket.family() == AF_INET6)
        TRY(socket.set_option(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO"));
    // An IPv6 socket gets IPv4 datagrams too.
    if (socket.family() == AF_INET || socket.family() == AF_INET6)
        return socket.set_option(IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    return {};
}

void widen_receive_buffer(const Socket& socket)
{
    constexpr int wanted = 4 << 20;
    if (socket.type() == SOCK_DGRAM && socket.family() != AF_UNIX)
        static_cast<void>(socket.set_option(SOL_SOCKET, SO_RCVBUF, wanted, "SO_RCVBUF"));
}

void widen_send_buffer(const Socket& socket)
{
    constexpr int wanted = 4 << 20;
    if (!socket.set_option(SOL_SOCKET, SO_SNDBUFFORCE, wanted, "SO_SNDBUFFORCE"))
        static_cast<void>(socket.set_option(SOL_SOCKET, SO_SNDBUF, wanted, "SO_SNDBUF"));
}

bool send_buffer_full(const Socket& socket)
{
    const auto memory = memory_of(socket);
    return memory && (*memory)[SK_MEMINFO_WMEM_ALLOC] >= (*memory)[SK_MEMINFO_SNDBUF];
}

DatagramInbox::DatagramInbox()
    : m_bytes(std::make_unique_for_overwrite<std::byte[]>(largest * most))
{
    m_received.reserve(most);
}

Result<DatagramInbox::Arrival> DatagramInbox::receive(const Socket& socket,
                                                      std::string_view subject, std::size_t limit)
{
    struct Slot {
        sockaddr_storage from;
        iovec vector;
        alignas(cmsghdr) std::array<char, 256> control;
    };
    std::array<Slot, most> slots;
    std::array<mmsghdr, most> messages{};
    for (std::size_t i = 0; i < most; ++i) {
        slots[i].vector = {.iov_base = m_bytes.get() + i * largest, .iov_len = largest};
        auto& header = messages[i].msg_hdr;
        header.msg_name = &slots[i].from;
        header.msg_namelen = sizeof slots[i].from;
        header.msg_iov = &slots[i].vector;
        header.msg_iovlen = 1;
        header.msg_control = slots[i].control.data();
        header.msg_controllen = slots[i].control.size();
    }
    m_received.clear();
    int count = 0;
    do
        count = ::recvmmsg(socket.ref().value, messages.data(),
                           static_cast<unsigned int>(std::min(limit, most)),
                           MSG_DONTWAIT | MSG_TRUNC, nullptr);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return Arrival{};
    if (count < 0)
        return Failure(Error::from_errno(Phase::Receive, "recv", subject, errno));
    Arrival arrival;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) && !arrival.ended; ++i) {
        auto& message = messages[i].msg_hdr;
        const std::size_t size = messages[i].msg_len;
        arrival.ended = socket.type() == SOCK_SEQPACKET && size == 0 && !is_stamped(message);
        if (!arrival.ended)
            m_received.push_back(
                {.bytes = {m_bytes.get() + i * largest, std::min(size, largest)},
                 .size = size,
                 .from = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&slots[i].from),
                                                 message.msg_namelen),
                 .asked = asked_address(message)});
    }
    arrival.datagrams = m_received;
    return arrival;
}

Result<std::size_t> send_datagrams(const Socket& socket,
                                   std::span<const std::span<const std::byte>> datagrams,
                                   const DatagramRoute* route, std::string_view subject)
{
    Control control;
    if (route != nullptr)
        control = source_control(route->from);
    const auto count = std::min(datagrams.size(), at_once);
    std::array<iovec, at_once> vectors;
    std::array<mmsghdr, at_once> messages{};
    for (std::size_t i = 0; i < count; ++i) {
        // sendmsg(2) takes what it does not change through pointers to non-const.
        vectors[i] = {.iov_base = const_cast<std::byte*>(datagrams[i].data()),
                      .iov_len = datagrams[i].size()};
        auto& header = messages[i].msg_hdr;
        header.msg_iov = &vectors[i];
        header.msg_iovlen = 1;
        if (route == nullptr)
            continue;
        header.msg_name = const_cast<sockaddr*>(route->to.data());
        header.msg_namelen = route->to.size();
        header.msg_control = control.size > 0 ? control.bytes.data() : nullptr;
        header.msg_controllen = control.size;
    }
    return send_messages(socket, std::span(messages).first(count), subject);
}

Result<std::size_t> send_datagrams(const Socket& socket, std::span<const RoutedDatagram> datagrams,
                                   std::string_view subject)
{
    constexpr auto most = DatagramInbox::most; // what one call received is answered by one
    const auto count = std::min(datagrams.size(), most);
    std::array<iovec, most> vectors;
    std::array<Control, most> controls;
    std::array<mmsghdr, most> messages;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& [bytes, to, from] = datagrams[i];
        controls[i] = source_control(*from);
        vectors[i] = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
        messages[i] = {};
        auto& header = messages[i].msg_hdr;
        header.msg_iov = &vectors[i];
        header.msg_iovlen = 1;
        header.msg_name = const_cast<sockaddr*>(to->data());
        header.msg_namelen = to->size();
        header.msg_control = controls[i].size > 0 ? controls[i].bytes.data() : nullptr;
        header.msg_controllen = controls[i].size;
    }
    return send_messages(socket, std::span(messages).first(count), subject);
}

std::size_t datagram_limit(const Socket& socket)
{
    // unix_dgram_sendmsg() in net/unix/af_unix.c keeps so much of the buffer for itself.
    constexpr int unix_overhead = 32;
    if (socket.family() == AF_UNIX) {
        const auto buffer = socket.get_option(SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF");
        return static_cast<std::size_t>(std::max(buffer.value_or(0) - unix_overhead, 0));
    }
    const bool v6 = socket.family() == AF_INET6;
    // The length field of IPv4 counts the header, that of IPv6 does not.
    const std::size_t limit = longest_packet - udp_header - (v6 ? 0 : ipv4_header);
    const auto discover = v6 ? socket.get_option(IPPROTO_IPV6, IPV6_MTU_DISCOVER, "")
                             : socket.get_option(IPPROTO_IP, IP_MTU_DISCOVER, "");
    const auto mtu = v6 ? socket.get_option(IPPROTO_IPV6, IPV6_MTU, "")
                        : socket.get_option(IPPROTO_IP, IP_MTU, "");
    const bool whole_packets =
        discover && (*discover == IP_PMTUDISC_DO || *discover == IP_PMTUDISC_PROBE);
    const std::size_t headers = udp_header + (v6 ? ipv6_header : ipv4_header);
    if (!whole_packets || !mtu || static_cast<std::size_t>(*mtu) < headers)
        return limit;
    return std::min(limit, static_cast<std::size_t>(*mtu) - headers);
}

std::uint64_t dropped_datagrams(const Socket& socket)
{
    const auto memory = memory_of(socket);
    return memory ? (*memory)[SK_MEMINFO_DROPS] : 0;
}

} // namespace sockit
