#include "sock/errqueue.h"

#include <array>
#include <cstring>

#include <ifaddrs.h>
#include <linux/errqueue.h>
#include <sys/socket.h>

namespace sockit {

namespace {

/// The address behind a sock_extended_err (SO_EE_OFFENDER), as far as the control message holds
/// one.
Endpoint offender(const cmsghdr* header)
{
    const std::size_t payload = header->cmsg_len - CMSG_LEN(0);
    if (payload <= sizeof(sock_extended_err))
        return {};
    const auto* address =
        reinterpret_cast<const sockaddr*>(CMSG_DATA(header) + sizeof(sock_extended_err));
    return Endpoint::from_sockaddr(address,
                                   static_cast<socklen_t>(payload - sizeof(sock_extended_err)));
}

void set_icmp_errors(FdRef socket, int family, int on)
{
    if (family == AF_INET6)
        ::setsockopt(socket.value, SOL_IPV6, IPV6_RECVERR, &on, sizeof on);
    // An IPv6 socket too: a v4-mapped destination is IPv4 on the wire.
    if (family == AF_INET || family == AF_INET6)
        ::setsockopt(socket.value, SOL_IP, IP_RECVERR, &on, sizeof on);
}

std::optional<IcmpError> error_in(msghdr& message)
{
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        const bool v4 = header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR;
        const bool v6 = header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6)
            continue;
        sock_extended_err report{};
        std::memcpy(&report, CMSG_DATA(header), sizeof report);
        if (report.ee_origin != SO_EE_ORIGIN_ICMP && report.ee_origin != SO_EE_ORIGIN_ICMP6)
            continue;
        const Endpoint from = offender(header).unmapped();
        return IcmpError{.notice = {.v6 = report.ee_origin == SO_EE_ORIGIN_ICMP6,
                                    .type = report.ee_type,
                                    .code = report.ee_code,
                                    .from = from.address(),
                                    .local = is_own_address(from)},
                         .code = static_cast<int>(report.ee_errno)};
    }
    return std::nullopt;
}

} // namespace

void keep_icmp_errors(FdRef socket, int family) { set_icmp_errors(socket, family, 1); }

void drop_icmp_errors(FdRef socket, int family) { set_icmp_errors(socket, family, 0); }

std::optional<IcmpError> take_queued_icmp(FdRef socket)
{
    while (true) {
        alignas(cmsghdr) std::array<char, 512> control{};
        std::array<char, 1> data{};
        iovec vector{.iov_base = data.data(), .iov_len = data.size()};
        msghdr message{};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(socket.value, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return std::nullopt;
        if (auto error = error_in(message))
            return error;
    }
}

std::optional<IcmpNotice> take_icmp_error(FdRef socket)
{
    if (auto error = take_queued_icmp(socket))
        return std::move(error)->notice;
    return std::nullopt;
}

bool is_own_address(const Endpoint& endpoint)
{
    if (endpoint.is_loopback()) // all of 127/8, of which only one address is listed
        return true;
    ifaddrs* list = nullptr;
    if (!endpoint.is_inet() || ::getifaddrs(&list) < 0)
        return false;
    bool own = false;
    for (const ifaddrs* entry = list; entry != nullptr && !own; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != endpoint.family())
            continue;
        const socklen_t length =
            endpoint.family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        own = Endpoint::from_sockaddr(entry->ifa_addr, length).address() == endpoint.address();
    }
    ::freeifaddrs(list);
    return own;
}

} // namespace sockit
