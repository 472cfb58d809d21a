#pragma once

#include "base/result.h"
#include "sock/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

enum class ProxyKind : std::uint8_t {
    Socks5,  ///< RFC 1928; the target's name is resolved here
    Socks5h, ///< the same, and the proxy resolves
    Socks4,  ///< IPv4 only, resolved here
    Socks4a, ///< the proxy resolves
    Http,    ///< CONNECT of RFC 9110, section 9.3.6; the proxy resolves
};

/// Whether the target's name is resolved here, before the proxy is asked.
bool resolves_here(ProxyKind kind);

struct ProxyCredentials {
    std::string user;
    std::string password;

    bool operator==(const ProxyCredentials&) const = default;
};

/// The way to a target through a proxy.
struct ProxyPlan {
    ProxyKind kind = ProxyKind::Socks5;
    Target server;
    std::optional<ProxyCredentials> credentials;
    std::string url; ///< as given but for the password: fit to be shown

    bool operator==(const ProxyPlan&) const = default;
};

/// `SCHEME://[USER[:PASSWORD]@]HOST:PORT` with the schemes socks5, socks5h, socks4, socks4a and
/// http; %XX in user and password stands for a byte. Usage errors never quote the password.
Result<ProxyPlan> parse_proxy(std::string_view url);

/// What the proxy is asked to connect to.
struct ProxyDestination {
    std::string host;                 ///< a name for the proxy to resolve
    std::optional<Endpoint> endpoint; ///< in its place, where the address is known
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const; ///< "example.org:80", "[::1]:80"
    bool operator==(const ProxyDestination&) const = default;
};

/// Whether such a proxy can be asked for the target at all: a usage error if it cannot.
Result<> check_proxied(const ProxyPlan& proxy, const Target& target);

} // namespace sockit
