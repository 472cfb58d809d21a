#include "sock/sockopt_multicast.h"

#include "base/parse.h"
#include "sock/endpoint.h"
#include "sock/sockopt_bytes.h"

#include <cstring>

#include <net/if.h>
#include <netinet/in.h>

namespace sockit {

namespace {

in_addr v4_of(const Endpoint& endpoint)
{
    sockaddr_in address{};
    std::memcpy(&address, endpoint.data(), sizeof address);
    return address.sin_addr;
}

in6_addr v6_of(const Endpoint& endpoint)
{
    sockaddr_in6 address{};
    std::memcpy(&address, endpoint.data(), sizeof address);
    return address.sin6_addr;
}

/// `[SOURCE@]GROUP[%INTERFACE]` taken apart.
struct Request {
    Endpoint source;
    Endpoint group;
    unsigned interface = 0; ///< 0: the kernel chooses
};

Result<Request> parse_request(std::string_view text, std::string_view what, bool with_source,
                              int family)
{
    const auto wrong = [&](std::string_view why) { return bad_value(what, text, why); };
    const std::string_view form = with_source ? "expected SOURCE@GROUP or SOURCE@GROUP%INTERFACE"
                                              : "expected GROUP or GROUP%INTERFACE";
    Request request;
    auto rest = text;
    if (const auto at = rest.find('@'); at != std::string_view::npos && with_source) {
        const auto source = Endpoint::from_literal(rest.substr(0, at), 0);
        if (!source)
            return wrong(form);
        request.source = *source;
        rest.remove_prefix(at + 1);
    } else if (with_source) {
        return wrong(form);
    }
    const auto percent = rest.find('%');
    const auto group = Endpoint::from_literal(rest.substr(0, percent), 0);
    if (!group || (with_source && group->family() != request.source.family()))
        return wrong(form);
    if (family != AF_UNSPEC && group->family() != family)
        return wrong(family == AF_INET ? "expected IPv4 addresses" : "expected IPv6 addresses");
    request.group = *group;
    if (percent != std::string_view::npos) {
        request.interface = if_nametoindex(std::string(rest.substr(percent + 1)).c_str());
        if (request.interface == 0)
            return wrong("no such interface");
    }
    return request;
}

/// The IPv4 address of an interface, which struct ip_mreq_source wants instead of its index, is not
/// asked for here: without one the kernel chooses.
Result<std::string> encode_source4(std::string_view text, std::string_view what)
{
    const auto request = TRY(parse_request(text, what, true, AF_INET));
    if (request.interface != 0)
        return bad_value(what, text, "takes no interface; MCAST_JOIN_SOURCE_GROUP does");
    ip_mreq_source raw{};
    raw.imr_multiaddr = v4_of(request.group);
    raw.imr_sourceaddr = v4_of(request.source);
    return bytes_of(raw);
}

Result<std::string> encode_multicast_interface(std::string_view text, std::string_view what)
{
    if (const auto address = Endpoint::from_literal(text, 0);
        address && address->family() == AF_INET)
        return bytes_of(v4_of(*address));
    ip_mreqn raw{};
    raw.imr_ifindex = static_cast<int>(if_nametoindex(std::string(text).c_str()));
    if (raw.imr_ifindex == 0)
        return bad_value(what, text, "expected an IPv4 address or an interface");
    return bytes_of(raw);
}

} // namespace

Result<std::string> encode_multicast(SockoptCodec codec, std::string_view text,
                                     std::string_view what)
{
    switch (codec) {
    case SockoptCodec::MulticastInterface: return encode_multicast_interface(text, what);
    case SockoptCodec::Group4: {
        const auto request = TRY(parse_request(text, what, false, AF_INET));
        ip_mreqn raw{};
        raw.imr_multiaddr = v4_of(request.group);
        raw.imr_ifindex = static_cast<int>(request.interface);
        return bytes_of(raw);
    }
    case SockoptCodec::Group6: {
        const auto request = TRY(parse_request(text, what, false, AF_INET6));
        return bytes_of(ipv6_mreq{v6_of(request.group), request.interface});
    }
    case SockoptCodec::Source4: return encode_source4(text, what);
    default: break;
    }
    const bool with_source = codec == SockoptCodec::Source;
    const auto request = TRY(parse_request(text, what, with_source, AF_UNSPEC));
    group_source_req raw{};
    raw.gsr_interface = request.interface;
    std::memcpy(&raw.gsr_group, request.group.data(), request.group.size());
    if (!with_source)
        return bytes_of(raw).substr(0, sizeof(group_req));
    std::memcpy(&raw.gsr_source, request.source.data(), request.source.size());
    return bytes_of(raw);
}

} // namespace sockit
