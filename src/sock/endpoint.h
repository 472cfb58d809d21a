#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace sockit {

/// An address and port, a unix path or abstract name, a vsock CID and port, a netlink port, a
/// packet socket's protocol and interface, or nothing (an unnamed unix socket, an unbound one).
/// Holds the kernel's own sockaddr, so that it goes into system calls as it is.
class Endpoint {
public:
    /// AF_UNSPEC: no endpoint.
    Endpoint();
    /// Takes what the kernel returned. A unix address may be unnamed or lack its final NUL
    /// (unix(7)).
    static Endpoint from_sockaddr(const sockaddr* address, socklen_t length);
    static Endpoint inet(const in_addr& address, std::uint16_t port);
    static Endpoint inet6(const in6_addr& address, std::uint16_t port, std::uint32_t scope_id = 0);
    /// An IPv4 or IPv6 literal, without brackets or zone; a usage error if it is neither.
    static Result<Endpoint> from_literal(std::string_view address, std::uint16_t port);
    /// At most 107 bytes without NUL, else a usage error.
    static Result<Endpoint> unix_path(std::string_view path);
    /// At most 107 bytes, any bytes.
    static Result<Endpoint> unix_abstract(std::string_view name);
    static Endpoint unix_unnamed();
    static Endpoint vsock(std::uint32_t cid, std::uint32_t port);
    static Endpoint netlink(std::uint32_t port_id);
    /// `protocol` is an ETH_P_* in host order, `interface` an index or 0 for all.
    static Endpoint packet(std::uint16_t protocol, std::uint32_t interface);

    [[nodiscard]] int family() const { return m_address.any.sa_family; }
    [[nodiscard]] bool is_inet() const { return family() == AF_INET || family() == AF_INET6; }
    [[nodiscard]] const sockaddr* data() const { return &m_address.any; }
    [[nodiscard]] socklen_t size() const { return m_length; }

    /// Port in host order; 0 for anything but inet, inet6, vsock and netlink (these two have 32
    /// bits).
    [[nodiscard]] std::uint32_t port() const;
    void set_port(std::uint16_t port);
    /// The address alone: "127.0.0.1", "::1", without brackets, zone or port. Empty for other
    /// families.
    [[nodiscard]] std::string address() const;
    /// The name of the scope's interface, or its number when there is no such interface; empty for
    /// none.
    [[nodiscard]] std::string scope() const;
    /// The index of the scope's interface; 0 for none.
    [[nodiscard]] std::uint32_t scope_id() const;
    [[nodiscard]] bool is_wildcard() const;
    [[nodiscard]] bool is_loopback() const;
    /// An IPv4 address in IPv6 clothes (::ffff:0:0/96) as IPv4; anything else as it is.
    [[nodiscard]] Endpoint unmapped() const;

    [[nodiscard]] bool is_unix_path() const;
    [[nodiscard]] bool is_unix_abstract() const;
    /// The path or the abstract name without its leading NUL, raw bytes; empty otherwise.
    [[nodiscard]] std::string_view unix_name() const;
    [[nodiscard]] std::uint32_t cid() const;

    /// `127.0.0.1:80`, `[fe80::1%eth0]:80`, `unix:/run/x`, `unix:@name`, `unix:` (unnamed),
    /// `vsock:2:5`, `netlink:4711`, `packet:0x0800:2`, `*` (none). Raw bytes in paths: escape
    /// before printing.
    [[nodiscard]] std::string text() const;

    bool operator==(const Endpoint& other) const;

private:
    union Storage {
        sockaddr any;
        sockaddr_in in;
        sockaddr_in6 in6;
        sockaddr_un un;
        sockaddr_vm vm;
        sockaddr_nl nl;
        sockaddr_ll ll;
    };

    Storage m_address;
    socklen_t m_length;
};

} // namespace sockit
