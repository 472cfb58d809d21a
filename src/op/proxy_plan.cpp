#include "op/proxy_plan.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sockit {

namespace {

struct ProxyScheme {
    std::string_view name;
    ProxyKind kind;
};

constexpr std::array proxy_schemes{
    ProxyScheme{"socks5", ProxyKind::Socks5}, ProxyScheme{"socks5h", ProxyKind::Socks5h},
    ProxyScheme{"socks4", ProxyKind::Socks4}, ProxyScheme{"socks4a", ProxyKind::Socks4a},
    ProxyScheme{"http", ProxyKind::Http},
};

constexpr std::string_view proxy_option = "--proxy";
constexpr std::size_t longest_credential = 255; // RFC 1929: one byte holds the length

/// Nothing for a % without two hexadecimal digits behind it.
std::optional<std::string> percent_decoded(std::string_view text)
{
    constexpr int sixteen = 16;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        std::uint8_t byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto* end = digits.data() + digits.size();
        if (digits.size() < 2 || std::from_chars(digits.data(), end, byte, sixteen).ptr != end)
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

bool is_socks4(ProxyKind kind) { return kind == ProxyKind::Socks4 || kind == ProxyKind::Socks4a; }

/// The user's words but for the password. `shown` is the URL without it.
Result<ProxyCredentials> parse_credentials(std::string_view words, ProxyKind kind,
                                           std::string_view shown)
{
    const auto colon = words.find(':');
    const bool has_password = colon != std::string_view::npos;
    const auto user = percent_decoded(words.substr(0, colon));
    const auto password = percent_decoded(has_password ? words.substr(colon + 1) : "");
    if (!user || !password)
        return bad_value(proxy_option, shown,
                         "a % in user or password wants two hexadecimal digits");
    if (user->empty())
        return bad_value(proxy_option, shown, "no user before the @");
    if (user->size() > longest_credential || password->size() > longest_credential)
        return bad_value(proxy_option, shown, "user and password have at most 255 bytes");
    if (is_socks4(kind) && has_password)
        return bad_value(proxy_option, shown, "SOCKS4 knows a user, but no password");
    if (is_socks4(kind) && user->find('\0') != std::string::npos)
        return bad_value(proxy_option, shown, "a user of SOCKS4 has no NUL");
    if (kind == ProxyKind::Http && user->find(':') != std::string::npos)
        return bad_value(proxy_option, shown, "a user has no colon in HTTP");
    return ProxyCredentials{.user = *user, .password = *password};
}

} // namespace

bool resolves_here(ProxyKind kind)
{
    return kind == ProxyKind::Socks5 || kind == ProxyKind::Socks4;
}

Result<ProxyPlan> parse_proxy(std::string_view url)
{
    constexpr std::string_view slashes = "://";
    const auto colon = url.find(slashes);
    const auto scheme = url.substr(0, colon);
    const auto* known = std::ranges::find(proxy_schemes, scheme, &ProxyScheme::name);
    const auto at = url.rfind('@');
    const auto place = url.substr(at == std::string_view::npos ? 0 : at + 1);
    if (colon == std::string_view::npos || known == proxy_schemes.end())
        return bad_value(proxy_option, at == std::string_view::npos ? url : place,
                         "expected SCHEME://[USER:PASSWORD@]HOST:PORT with socks5, socks5h, "
                         "socks4, socks4a or http");
    auto rest = url.substr(colon + slashes.size());
    ProxyPlan plan;
    plan.kind = known->kind;
    plan.url = std::string(scheme) + "://";
    if (const auto end = rest.rfind('@'); end != std::string_view::npos) {
        const auto words = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        plan.url += std::string(words.substr(0, words.find(':'))) + "@";
        plan.credentials = TRY(parse_credentials(words, plan.kind, plan.url + std::string(rest)));
    }
    plan.url += rest;
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    std::string_view without_scheme = rest;
    if (take_scheme(without_scheme) || rest.find(':', 1) == std::string_view::npos)
        return bad_value(proxy_option, plan.url, "expected HOST:PORT behind the scheme");
    const auto server = parse_target(rest, Role::Client);
    if (!server)
        return bad_value(proxy_option, plan.url, describe_error(server.error()));
    plan.server = *server;
    return plan;
}

std::string ProxyDestination::text() const
{
    return endpoint ? endpoint->text() : host + ":" + std::to_string(port);
}

Result<> check_proxied(const ProxyPlan& proxy, const Target& target)
{
    const bool stream = target.transport == Transport::Tcp || target.transport == Transport::Tls ||
                        target.transport == Transport::Mptcp;
    if (!stream)
        return Failure(Error::usage("--proxy takes TCP only: " + quote(target.text)));
    if (!target.endpoint)
        return {};
    if (!target.endpoint->scope().empty())
        return Failure(
            Error::usage("the zone of " + quote(target.text) + " means nothing to a proxy"));
    if (is_socks4(proxy.kind) && target.endpoint->unmapped().family() == AF_INET6)
        return Failure(Error::usage("SOCKS4 knows no IPv6: " + quote(target.text)));
    return {};
}

} // namespace sockit
