#pragma once

#include "base/result.h"
#include "sock/endpoint.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

// The PROXY protocol, by which a proxy tells a server whose connection it carries: one header
// before the first byte of payload (haproxy.org, doc/proxy-protocol.txt).

enum class ProxyVersion : std::uint8_t { V1, V2 };

struct ProxyHeader {
    /// Both ends as the proxy saw them; nothing where it speaks for itself (LOCAL) or cannot tell
    /// (UNKNOWN): then the ends of the connection itself stand.
    struct Ends {
        Endpoint source;
        Endpoint destination;

        bool operator==(const Ends&) const = default;
    };

    ProxyVersion version = ProxyVersion::V1;
    std::optional<Ends> ends;

    bool operator==(const ProxyHeader&) const = default;
};

/// The header's bytes. An IPv4 address beside an IPv6 one is written as ::ffff:0:0/96; an internet
/// source before a destination that has no internet address gets a wildcard for it. What the
/// version cannot express becomes UNKNOWN or LOCAL (unix in v1, vsock).
std::string build_proxy_header(ProxyVersion version, const Endpoint& source,
                               const Endpoint& destination);

/// Reads a header of either version piece by piece, and not a byte more than it has: at most 107
/// bytes of v1, 16 KiB of v2. What follows the addresses of a v2 header (TLVs) is skipped.
class ProxyHeaderParser {
public:
    /// How many of the bytes, from their first on, belong to the header. Errors: EPROTO with words
    /// that say what came instead; its subject is left to the caller.
    Result<std::size_t> take(std::string_view bytes);

    /// The header, once it is complete.
    [[nodiscard]] const std::optional<ProxyHeader>& header() const { return m_header; }

private:
    Result<> look();
    Result<> look_v1();
    Result<> look_v2();

    std::string m_bytes;
    std::optional<ProxyHeader> m_header;
};

} // namespace sockit
