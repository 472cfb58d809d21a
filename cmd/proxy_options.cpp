#include "cmd/proxy_options.h"

#include "base/parse.h"
#include "cmd/plan_common.h"

namespace sockit {

Result<std::optional<ProxyPlan>> plan_proxy(const std::optional<std::string>& url,
                                            const Target& target, AddressFamily family)
{
    if (!url)
        return std::optional<ProxyPlan>();
    auto plan = TRY(parse_proxy(*url));
    TRY(check_proxied(plan, target));
    if (plan.kind == ProxyKind::Socks4 && family == AddressFamily::Inet6)
        return Failure(Error::usage("SOCKS4 knows no IPv6: -6 does not go with it"));
    return std::optional(std::move(plan));
}

Result<std::optional<ProxyHeaderPlan>> plan_proxy_header(const std::optional<std::string>& text,
                                                         const Target& target)
{
    constexpr std::string_view option = "--proxy-protocol";
    if (!text)
        return std::optional<ProxyHeaderPlan>();
    if (socket_type(target.transport) != SOCK_STREAM)
        return Failure(Error::usage("--proxy-protocol wants a stream, which " +
                                    std::string(transport_name(target.transport)) +
                                    ": does not give"));
    const auto equals = text->find('=');
    const auto version = text->substr(0, equals);
    if (version != "v1" && version != "v2")
        return bad_value(option, *text,
                         "expected v1 or v2, and =ADDR[:PORT] if it is to name "
                         "another source");
    ProxyHeaderPlan plan{.version = version == "v1" ? ProxyVersion::V1 : ProxyVersion::V2,
                         .source = {}};
    if (equals != std::string::npos)
        plan.source = TRY(plan_source(std::string_view(*text).substr(equals + 1), option));
    return std::optional(plan);
}

Result<AccessRules> plan_access(const std::vector<std::string>& allow,
                                const std::vector<std::string>& deny, const Target& target)
{
    AccessRules rules;
    if (is_unix(target.transport) && !(allow.empty() && deny.empty()))
        return Failure(
            Error::usage("--allow and --deny go by internet addresses, which unix peers lack"));
    for (const auto& range : allow)
        rules.allow.push_back(TRY(Cidr::parse(range, "--allow")));
    for (const auto& range : deny)
        rules.deny.push_back(TRY(Cidr::parse(range, "--deny")));
    return rules;
}

} // namespace sockit
