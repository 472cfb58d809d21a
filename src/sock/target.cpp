#include "sock/target.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <array>
#include <utility>

#include <net/if.h>
#include <netdb.h>

namespace sockit {

namespace {

struct Scheme {
    std::string_view name;
    Transport transport;
};

constexpr std::array schemes{
    Scheme{"tcp", Transport::Tcp},
    Scheme{"udp", Transport::Udp},
    Scheme{"tls", Transport::Tls},
    Scheme{"mptcp", Transport::Mptcp},
    Scheme{"unix", Transport::UnixStream},
    Scheme{"unix-dgram", Transport::UnixDgram},
    Scheme{"unix-seqpacket", Transport::UnixSeqpacket},
    Scheme{"vsock", Transport::Vsock},
};

bool all_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

/// Whether the last label is a number, so that the whole cannot be a DNS name (no such top-level
/// domain): `127.1`, `0177.0.0.1`, `2130706433`, `0x7f.1`. inet_aton(3) would take these; we do not
/// guess.
bool looks_like_ipv4(std::string_view host)
{
    const auto dot = host.rfind('.');
    const auto last = host.substr(dot == std::string_view::npos ? 0 : dot + 1);
    const bool hexadecimal = last.starts_with("0x") || last.starts_with("0X");
    return hexadecimal || all_digits(last);
}

bool is_name_byte(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
           c == '_' || c == '.' || byte >= 0x80;
}

Failure bad_target(std::string_view word, std::string_view why)
{
    return bad_value("target", word, why);
}

Result<std::uint32_t> parse_zone(std::string_view zone, std::string_view word)
{
    const std::string name(zone);
    const unsigned found = name.find('\0') == std::string::npos ? if_nametoindex(name.c_str()) : 0;
    if (found != 0)
        return found;
    std::array<char, IF_NAMESIZE> known{};
    if (all_digits(zone) && zone.size() < 10) {
        const auto index = static_cast<unsigned>(std::stoul(name));
        if (if_indextoname(index, known.data()) != nullptr)
            return index;
    }
    return bad_target(word, "no interface " + quote(zone));
}

Result<Endpoint> parse_ipv6(std::string_view host, std::string_view word)
{
    const auto percent = host.find('%');
    auto endpoint = Endpoint::from_literal(host.substr(0, percent), 0);
    if (!endpoint || endpoint->family() != AF_INET6)
        return bad_target(word, "not an IPv6 address");
    if (percent == std::string_view::npos)
        return *endpoint;
    const auto scope = TRY(parse_zone(host.substr(percent + 1), word));
    sockaddr_in6 address{};
    std::copy_n(reinterpret_cast<const char*>(endpoint->data()), sizeof address,
                reinterpret_cast<char*>(&address));
    return Endpoint::inet6(address.sin6_addr, 0, scope);
}

Result<Target> parse_unix(Transport transport, std::string_view name, std::string_view scheme)
{
    Target target;
    target.transport = transport;
    target.endpoint = TRY(name.starts_with('@') ? Endpoint::unix_abstract(name.substr(1))
                                                : Endpoint::unix_path(name));
    target.text = std::string(scheme) + ":" + std::string(name);
    return target;
}

Result<Target> parse_vsock(std::string_view rest, std::string_view word, Role role)
{
    constexpr std::uint64_t most = 0xffffffff;
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos && role == Role::Client)
        return bad_target(word, "expected vsock:CID:PORT");
    const auto cid = colon == std::string_view::npos || colon == 0
                         ? std::uint64_t{VMADDR_CID_ANY}
                         : TRY(parse_number(rest.substr(0, colon), "vsock CID", 0, most));
    const auto port_text = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
    Target target;
    target.transport = Transport::Vsock;
    target.endpoint = Endpoint::vsock(
        static_cast<std::uint32_t>(cid),
        static_cast<std::uint32_t>(TRY(parse_number(port_text, "vsock port", 0, most))));
    target.text = target.endpoint->text();
    return target;
}

/// Splits `HOST:PORT`, `[V6]:PORT`, `:PORT` and `PORT`.
Result<std::pair<std::string_view, std::string_view>> split_host_port(std::string_view rest,
                                                                      std::string_view word)
{
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos || !rest.substr(close + 1).starts_with(':'))
            return bad_target(word, "expected [V6]:PORT");
        return std::pair(rest.substr(0, close + 1), rest.substr(close + 2));
    }
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos)
        return std::pair(std::string_view(), rest);
    if (rest.find(':') != colon)
        return bad_target(word, "an IPv6 address wants brackets: [V6]:PORT");
    return std::pair(rest.substr(0, colon), rest.substr(colon + 1));
}

/// Without `tcp:`, but for a host that is named like a scheme.
std::string canonical(Transport transport, const std::string& place)
{
    std::string_view rest = place;
    return transport == Transport::Tcp && !take_scheme(rest)
               ? place
               : std::string(transport_name(transport)) + ":" + place;
}

Result<Target> parse_inet(Transport transport, std::optional<std::string_view> host,
                          std::string_view port, std::string_view word, Role role)
{
    Target target;
    target.transport = transport;
    target.port = TRY(parse_port(port, word, transport));
    if (target.port == 0 && role == Role::Client)
        return bad_target(word, "port 0 is only for servers");
    if (host) {
        TRY(parse_host(*host, word, target));
    } else if (role == Role::Server) {
        target.any_address = true;
    } else {
        target.host = "localhost";
    }
    std::string place = target.any_address ? "*" : target.host;
    if (target.endpoint) {
        target.endpoint->set_port(target.port);
        place = target.endpoint->text();
    } else {
        place += ":" + std::string(port);
    }
    target.text = canonical(transport, place);
    return target;
}

} // namespace

std::string_view transport_name(Transport transport)
{
    return std::ranges::find(schemes, transport, &Scheme::transport)->name;
}

bool is_unix(Transport transport)
{
    return transport == Transport::UnixStream || transport == Transport::UnixDgram ||
           transport == Transport::UnixSeqpacket;
}

bool is_datagram(Transport transport) { return socket_type(transport) != SOCK_STREAM; }

int socket_type(Transport transport)
{
    switch (transport) {
    case Transport::Udp:
    case Transport::UnixDgram: return SOCK_DGRAM;
    case Transport::UnixSeqpacket: return SOCK_SEQPACKET;
    default: return SOCK_STREAM;
    }
}

int socket_protocol(Transport transport)
{
    constexpr int mptcp = 262;
    return transport == Transport::Mptcp ? mptcp : 0;
}

std::optional<Transport> take_scheme(std::string_view& word)
{
    for (const auto& scheme : schemes) {
        const auto length = scheme.name.size();
        if (word.starts_with(scheme.name) && word.size() > length && word[length] == ':') {
            // `tcp:80` is the scheme and a port: a host named like a scheme wants its own,
            // `tcp:tcp:80`.
            word.remove_prefix(length + 1);
            const bool path = is_unix(scheme.transport) && !word.starts_with("///");
            if (word.starts_with("//") && !path)
                word.remove_prefix(2);
            return scheme.transport;
        }
    }
    return std::nullopt;
}

Result<std::uint16_t> parse_port(std::string_view port, std::string_view word, Transport transport)
{
    constexpr std::uint64_t most = 65535;
    if (port.empty())
        return bad_target(word, "no port");
    if (is_digit(port[0]) || port[0] == '-' || !std::ranges::all_of(port, is_name_byte)) {
        const auto number = parse_number(port, "port", 0, most);
        if (!number)
            return bad_target(word, "a port is a service name or 0 to 65535");
        return static_cast<std::uint16_t>(*number);
    }
    const std::string name(port);
    const char* protocol = socket_type(transport) == SOCK_DGRAM ? "udp" : "tcp";
    servent entry{};
    servent* found = nullptr;
    std::array<char, 4096> buffer{};
    if (getservbyname_r(name.c_str(), protocol, &entry, buffer.data(), buffer.size(), &found) !=
            0 ||
        found == nullptr)
        return bad_target(word, "no port, and no service named " + quote(port));
    return ntohs(static_cast<std::uint16_t>(found->s_port));
}

Result<> parse_host(std::string_view host, std::string_view word, Target& target)
{
    constexpr std::size_t longest_name = 253;
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        target.endpoint = TRY(parse_ipv6(host, word));
        return {};
    }
    if (host.empty())
        return bad_target(word, "no host");
    if (host.find(':') != std::string_view::npos) {
        target.endpoint = TRY(parse_ipv6(host, word));
        return {};
    }
    if (looks_like_ipv4(host)) {
        const auto literal = Endpoint::from_literal(host, 0);
        if (!literal)
            return bad_target(word, "an IPv4 address is four decimal numbers, 0 to 255");
        target.endpoint = *literal;
        return {};
    }
    // Beyond ASCII: no controls, no change of direction, nothing that is not UTF-8.
    if (!std::ranges::all_of(host, is_name_byte) || escape(host) != host)
        return bad_target(word, "not a host name");
    if (host.size() - (host.ends_with('.') ? 1 : 0) > longest_name)
        return bad_target(word, "a host name has at most 253 bytes");
    target.host = host;
    return {};
}

Result<Target> parse_target(std::span<const std::string> words, Role role)
{
    if (words.empty())
        return Failure(Error::usage("no target: expected HOST:PORT, [V6]:PORT or unix:PATH"));
    if (words.size() == 1)
        return parse_target(words[0], role);
    if (words.size() > 2)
        return bad_value("word", words[2], "one target takes at most two, HOST PORT");
    std::string_view host = words[0];
    const auto transport = take_scheme(host).value_or(Transport::Tcp);
    if (is_unix(transport) || transport == Transport::Vsock)
        return bad_value("word", words[1], "a target with this scheme takes only one");
    return parse_inet(transport, host, words[1], words[0] + " " + words[1], role);
}

Result<Target> parse_target(std::string_view word, Role role)
{
    std::string_view rest = word;
    const auto transport = take_scheme(rest).value_or(Transport::Tcp);
    if (is_unix(transport))
        return parse_unix(transport, rest, transport_name(transport));
    if (transport == Transport::Vsock)
        return parse_vsock(rest, word, role);
    const auto [host, port] = TRY(split_host_port(rest, word));
    const bool bare = host.empty() && host.data() == nullptr;
    const bool colon_only = host.empty() && rest.starts_with(':');
    return parse_inet(transport, bare || colon_only ? std::nullopt : std::optional(host), port,
                      word, role);
}

} // namespace sockit
