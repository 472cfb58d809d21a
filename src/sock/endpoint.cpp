#include "sock/endpoint.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <net/if.h>

namespace sockit {

namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

} // namespace

Endpoint::Endpoint() : m_address(), m_length(sizeof(sa_family_t))
{
    std::memset(&m_address, 0, sizeof m_address);
    m_address.any.sa_family = AF_UNSPEC;
}

Endpoint Endpoint::from_sockaddr(const sockaddr* address, socklen_t length)
{
    Endpoint endpoint;
    const auto taken = std::min<std::size_t>(length, sizeof endpoint.m_address);
    if (taken < sizeof(sa_family_t))
        return endpoint;
    std::memcpy(&endpoint.m_address, address, taken);
    endpoint.m_length = static_cast<socklen_t>(taken);
    return endpoint;
}

Endpoint Endpoint::inet(const in_addr& address, std::uint16_t port)
{
    Endpoint endpoint;
    endpoint.m_address.in.sin_family = AF_INET;
    endpoint.m_address.in.sin_addr = address;
    endpoint.m_address.in.sin_port = htons(port);
    endpoint.m_length = sizeof(sockaddr_in);
    return endpoint;
}

Endpoint Endpoint::inet6(const in6_addr& address, std::uint16_t port, std::uint32_t scope_id)
{
    Endpoint endpoint;
    endpoint.m_address.in6.sin6_family = AF_INET6;
    endpoint.m_address.in6.sin6_addr = address;
    endpoint.m_address.in6.sin6_port = htons(port);
    endpoint.m_address.in6.sin6_scope_id = scope_id;
    endpoint.m_length = sizeof(sockaddr_in6);
    return endpoint;
}

Result<Endpoint> Endpoint::from_literal(std::string_view address, std::uint16_t port)
{
    const std::string text(address);
    const bool whole = text.find('\0') == std::string::npos; // else inet_pton(3) sees less
    in_addr v4{};
    in6_addr v6{};
    if (whole && inet_pton(AF_INET, text.c_str(), &v4) == 1)
        return inet(v4, port);
    if (whole && inet_pton(AF_INET6, text.c_str(), &v6) == 1)
        return inet6(v6, port);
    return bad_value("address", address, "expected an IPv4 or IPv6 address");
}

Result<Endpoint> Endpoint::unix_path(std::string_view path)
{
    if (path.empty() || path.size() > longest_path || path.find('\0') != std::string_view::npos)
        return bad_value("unix path", path, "expected 1 to 107 bytes without NUL");
    Endpoint endpoint;
    endpoint.m_address.un.sun_family = AF_UNIX;
    std::ranges::copy(path, endpoint.m_address.un.sun_path);
    endpoint.m_length = static_cast<socklen_t>(path_offset + path.size() + 1);
    return endpoint;
}

Result<Endpoint> Endpoint::unix_abstract(std::string_view name)
{
    if (name.empty() || name.size() > longest_path)
        return bad_value("abstract unix name", name, "expected 1 to 107 bytes");
    Endpoint endpoint;
    endpoint.m_address.un.sun_family = AF_UNIX;
    std::ranges::copy(name, endpoint.m_address.un.sun_path + 1);
    // The length alone ends an abstract name: every byte counts, NULs too (unix(7)).
    endpoint.m_length = static_cast<socklen_t>(path_offset + 1 + name.size());
    return endpoint;
}

Endpoint Endpoint::unix_unnamed()
{
    Endpoint endpoint;
    endpoint.m_address.un.sun_family = AF_UNIX;
    return endpoint;
}

Endpoint Endpoint::vsock(std::uint32_t cid, std::uint32_t port)
{
    Endpoint endpoint;
    endpoint.m_address.vm.svm_family = AF_VSOCK;
    endpoint.m_address.vm.svm_cid = cid;
    endpoint.m_address.vm.svm_port = port;
    endpoint.m_length = sizeof(sockaddr_vm);
    return endpoint;
}

Endpoint Endpoint::netlink(std::uint32_t port_id)
{
    Endpoint endpoint;
    endpoint.m_address.nl.nl_family = AF_NETLINK;
    endpoint.m_address.nl.nl_pid = port_id;
    endpoint.m_length = sizeof(sockaddr_nl);
    return endpoint;
}

Endpoint Endpoint::packet(std::uint16_t protocol, std::uint32_t interface)
{
    Endpoint endpoint;
    endpoint.m_address.ll.sll_family = AF_PACKET;
    endpoint.m_address.ll.sll_protocol = htons(protocol);
    endpoint.m_address.ll.sll_ifindex = static_cast<int>(interface);
    endpoint.m_length = sizeof(sockaddr_ll);
    return endpoint;
}

std::uint32_t Endpoint::port() const
{
    switch (family()) {
    case AF_INET: return ntohs(m_address.in.sin_port);
    case AF_INET6: return ntohs(m_address.in6.sin6_port);
    case AF_VSOCK: return m_address.vm.svm_port;
    case AF_NETLINK: return m_address.nl.nl_pid;
    default: return 0;
    }
}

void Endpoint::set_port(std::uint16_t port)
{
    if (family() == AF_INET)
        m_address.in.sin_port = htons(port);
    else if (family() == AF_INET6)
        m_address.in6.sin6_port = htons(port);
}

std::string Endpoint::address() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET) {
        // inet_ntop(3) goes through sprintf(3), which a listing of 100,000 sockets notices.
        auto* end = text.data();
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            const unsigned byte = ntohl(m_address.in.sin_addr.s_addr) >> (shift - 8) & 0xffU;
            end = std::to_chars(end, text.data() + text.size(), byte).ptr;
            *end++ = shift > 8 ? '.' : '\0';
        }
    } else if (family() == AF_INET6)
        inet_ntop(AF_INET6, &m_address.in6.sin6_addr, text.data(), text.size());
    return text.data();
}

std::string Endpoint::scope() const
{
    if (scope_id() == 0)
        return {};
    std::array<char, IF_NAMESIZE> name{};
    if (if_indextoname(scope_id(), name.data()) == nullptr)
        return std::to_string(scope_id());
    return name.data();
}

std::uint32_t Endpoint::scope_id() const
{
    return family() == AF_INET6 ? m_address.in6.sin6_scope_id : 0;
}

bool Endpoint::is_wildcard() const
{
    if (family() == AF_INET)
        return m_address.in.sin_addr.s_addr == htonl(INADDR_ANY);
    return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&m_address.in6.sin6_addr);
}

bool Endpoint::is_loopback() const
{
    const Endpoint plain = unmapped();
    if (plain.family() == AF_INET)
        return ntohl(plain.m_address.in.sin_addr.s_addr) >> 24U == 127;
    return plain.family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&plain.m_address.in6.sin6_addr);
}

Endpoint Endpoint::unmapped() const
{
    if (family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&m_address.in6.sin6_addr))
        return *this;
    in_addr v4{};
    std::memcpy(&v4, &m_address.in6.sin6_addr.s6_addr[12], sizeof v4);
    return inet(v4, static_cast<std::uint16_t>(port()));
}

bool Endpoint::is_unix_path() const
{
    return family() == AF_UNIX && m_length > path_offset && m_address.un.sun_path[0] != '\0';
}

bool Endpoint::is_unix_abstract() const
{
    return family() == AF_UNIX && m_length > path_offset + 1 && m_address.un.sun_path[0] == '\0';
}

std::string_view Endpoint::unix_name() const
{
    const std::size_t length = m_length > path_offset ? m_length - path_offset : 0;
    if (is_unix_path())
        return {m_address.un.sun_path, strnlen(m_address.un.sun_path, length)};
    if (is_unix_abstract())
        return {m_address.un.sun_path + 1, length - 1};
    return {};
}

std::uint32_t Endpoint::cid() const { return family() == AF_VSOCK ? m_address.vm.svm_cid : 0; }

std::string Endpoint::text() const
{
    switch (family()) {
    case AF_INET: return address() + ":" + std::to_string(port());
    case AF_INET6: {
        const std::string zone = scope();
        return "[" + address() + (zone.empty() ? "" : "%" + zone) + "]:" + std::to_string(port());
    }
    case AF_UNIX: return (is_unix_abstract() ? "unix:@" : "unix:") + std::string(unix_name());
    case AF_VSOCK: return "vsock:" + std::to_string(cid()) + ":" + std::to_string(port());
    case AF_NETLINK: return "netlink:" + std::to_string(port());
    case AF_PACKET: {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text = "packet:0x";
        for (int shift = 12; shift >= 0; shift -= 4)
            text += digits[ntohs(m_address.ll.sll_protocol) >> shift & 0xf];
        return text + ":" + std::to_string(m_address.ll.sll_ifindex);
    }
    default: return "*";
    }
}

bool Endpoint::operator==(const Endpoint& other) const
{
    if (family() == AF_UNIX && other.family() == AF_UNIX)
        return is_unix_abstract() == other.is_unix_abstract() && unix_name() == other.unix_name();
    return m_length == other.m_length && std::memcmp(&m_address, &other.m_address, m_length) == 0;
}

} // namespace sockit
