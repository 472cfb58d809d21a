#include "sock/proxy_header.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace sockit {

namespace {

using Ends = ProxyHeader::Ends;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t v1_longest = 107; // with its CRLF
constexpr std::size_t v2_fixed = 16;    // signature, version and command, family, length
constexpr std::size_t v2_longest = 16UL * 1024;
constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;
constexpr std::size_t port_size = 2;
constexpr std::size_t path_size = 108;

constexpr std::uint8_t command_local = 0x20;
constexpr std::uint8_t command_proxy = 0x21;
constexpr std::uint8_t family_inet = 1;
constexpr std::uint8_t family_inet6 = 2;
constexpr std::uint8_t family_unix = 3;
constexpr std::uint8_t over_stream = 1;

Failure malformed(std::string detail)
{
    Error error = Error::from_errno(Phase::Receive, "PROXY header", {}, EPROTO);
    error.detail = std::move(detail);
    return Failure(std::move(error));
}

Endpoint as_mapped(const Endpoint& endpoint)
{
    return endpoint.family() == AF_INET6
               ? endpoint
               : *Endpoint::from_literal("::ffff:" + endpoint.address(),
                                         static_cast<std::uint16_t>(endpoint.port()));
}

/// The ends in one family; nothing where they cannot be told.
std::optional<Ends> in_one_family(const Endpoint& from, const Endpoint& to)
{
    Ends ends{.source = from.unmapped(), .destination = to.unmapped()};
    if (ends.source.family() == AF_UNIX && ends.destination.family() == AF_UNIX)
        return ends;
    if (!ends.source.is_inet())
        return std::nullopt;
    if (!ends.destination.is_inet())
        ends.destination =
            *Endpoint::from_literal(ends.source.family() == AF_INET ? "0.0.0.0" : "::", 0);
    if (ends.source.family() != ends.destination.family())
        ends = {.source = as_mapped(ends.source), .destination = as_mapped(ends.destination)};
    return ends;
}

std::string build_v1(const std::optional<Ends>& ends)
{
    if (!ends || !ends->source.is_inet())
        return "PROXY UNKNOWN\r\n";
    return std::string("PROXY ") + (ends->source.family() == AF_INET ? "TCP4 " : "TCP6 ") +
           ends->source.address() + " " + ends->destination.address() + " " +
           std::to_string(ends->source.port()) + " " + std::to_string(ends->destination.port()) +
           "\r\n";
}

void append_number(std::string& out, std::uint32_t number)
{
    out += static_cast<char>(number >> 8U & 0xffU);
    out += static_cast<char>(number & 0xffU);
}

std::string address_bytes(const Endpoint& endpoint)
{
    if (endpoint.family() == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, endpoint.data(), sizeof in);
        return {reinterpret_cast<const char*>(&in.sin_addr), sizeof in.sin_addr};
    }
    sockaddr_in6 in6{};
    std::memcpy(&in6, endpoint.data(), sizeof in6);
    return {reinterpret_cast<const char*>(&in6.sin6_addr), sizeof in6.sin6_addr};
}

std::string path_bytes(const Endpoint& endpoint)
{
    std::string bytes = endpoint.is_unix_abstract() ? std::string(1, '\0') : std::string();
    bytes += endpoint.unix_name();
    bytes.resize(path_size, '\0');
    return bytes;
}

std::string v2_addresses(const Ends& ends)
{
    if (ends.source.family() == AF_UNIX)
        return path_bytes(ends.source) + path_bytes(ends.destination);
    std::string out = address_bytes(ends.source) + address_bytes(ends.destination);
    append_number(out, ends.source.port());
    append_number(out, ends.destination.port());
    return out;
}

std::string build_v2(const std::optional<Ends>& ends)
{
    std::string out(v2_start);
    out += static_cast<char>(ends ? command_proxy : command_local);
    std::uint8_t family = 0;
    if (ends)
        family = ends->source.family() == AF_INET    ? family_inet
                 : ends->source.family() == AF_INET6 ? family_inet6
                                                     : family_unix;
    out += static_cast<char>(family == 0 ? 0 : family << 4U | over_stream);
    const auto addresses = ends ? v2_addresses(*ends) : std::string();
    append_number(out, static_cast<std::uint32_t>(addresses.size()));
    return out + addresses;
}

std::vector<std::string_view> words_of(std::string_view line)
{
    std::vector<std::string_view> words;
    while (true) {
        const auto space = line.find(' ');
        words.push_back(line.substr(0, space));
        if (space == std::string_view::npos)
            return words;
        line.remove_prefix(space + 1);
    }
}

/// An end as v1 writes it; nothing if it is none of that family.
std::optional<Endpoint> v1_end(std::string_view address, std::string_view port, int family)
{
    constexpr std::uint64_t most = 65535;
    const auto number = parse_number(port, "port", 0, most);
    const bool padded = port.size() > 1 && port[0] == '0';
    if (!number || padded)
        return std::nullopt;
    const auto end = Endpoint::from_literal(address, static_cast<std::uint16_t>(*number));
    return end && end->family() == family ? std::optional(*end) : std::nullopt;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

Endpoint unix_end(std::string_view bytes)
{
    const bool abstract = bytes[0] == '\0';
    // Abstract names may hold NULs; those that pad it to its place belong to it no more.
    const auto last = bytes.find_last_not_of('\0');
    if (last == std::string_view::npos)
        return Endpoint::unix_unnamed();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(bytes, address.sun_path);
    const auto length = offsetof(sockaddr_un, sun_path) + (abstract ? last + 1 : path_size);
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address),
                                   static_cast<socklen_t>(length));
}

Endpoint inet_end(std::string_view bytes, std::uint16_t port)
{
    in_addr v4{};
    in6_addr v6{};
    if (bytes.size() == v4_size) {
        std::memcpy(&v4, bytes.data(), sizeof v4);
        return Endpoint::inet(v4, port);
    }
    std::memcpy(&v6, bytes.data(), sizeof v6);
    return Endpoint::inet6(v6, port);
}

/// The ends at the start of what follows the fixed part.
Result<std::optional<Ends>> v2_ends(std::uint8_t family, std::string_view rest)
{
    const bool of_unix = family == family_unix;
    const std::size_t size = family == family_inet ? v4_size : of_unix ? path_size : v6_size;
    if (family < family_inet || family > family_unix)
        return std::optional<Ends>(); // UNSPEC, or one that is not defined yet
    if (rest.size() < 2 * size + (of_unix ? 0 : 2 * port_size))
        return malformed("a version 2 header of " + std::to_string(rest.size()) +
                         " bytes is too short for its addresses");
    const auto source = rest.substr(0, size);
    const auto destination = rest.substr(size, size);
    if (of_unix)
        return std::optional(Ends{unix_end(source), unix_end(destination)});
    return std::optional(Ends{inet_end(source, number_at(rest, 2 * size)),
                              inet_end(destination, number_at(rest, 2 * size + port_size))});
}

} // namespace

std::string build_proxy_header(ProxyVersion version, const Endpoint& source,
                               const Endpoint& destination)
{
    const auto ends = in_one_family(source, destination);
    return version == ProxyVersion::V1 ? build_v1(ends) : build_v2(ends);
}

Result<std::size_t> ProxyHeaderParser::take(std::string_view bytes)
{
    constexpr std::size_t shown = 32;
    std::size_t taken = 0;
    while (!m_header && taken < bytes.size()) {
        m_bytes += bytes[taken];
        ++taken;
        const std::string_view begin(m_bytes);
        const auto size = begin.size();
        if (begin != v1_start.substr(0, size) && !begin.starts_with(v1_start) &&
            begin != v2_start.substr(0, size) && !begin.starts_with(v2_start))
            return malformed("it began with " +
                             quote(m_bytes + std::string(bytes.substr(taken, shown))));
        TRY(look());
    }
    return taken;
}

Result<> ProxyHeaderParser::look()
{
    if (m_bytes.starts_with(v1_start))
        return look_v1();
    return m_bytes.size() >= v2_fixed ? look_v2() : Result<>();
}

Result<> ProxyHeaderParser::look_v1()
{
    if (!m_bytes.ends_with("\r\n")) {
        if (m_bytes.size() == v1_longest)
            return malformed("a version 1 header without an end: " + quote(m_bytes));
        return {};
    }
    const std::string_view line(m_bytes.data(), m_bytes.size() - 2);
    const auto words = words_of(line);
    ProxyHeader header{.version = ProxyVersion::V1, .ends = {}};
    if (words[1] != "UNKNOWN") {
        constexpr std::size_t count = 6;
        const int family = words[1] == "TCP4" ? AF_INET : words[1] == "TCP6" ? AF_INET6 : AF_UNSPEC;
        if (words.size() != count || family == AF_UNSPEC)
            return malformed("not a version 1 header: " + quote(line));
        const auto source = v1_end(words[2], words[4], family);
        const auto destination = v1_end(words[3], words[5], family);
        if (!source || !destination)
            return malformed("a version 1 header with a bad address or port: " + quote(line));
        header.ends = {.source = *source, .destination = *destination};
    }
    m_header = header;
    return {};
}

Result<> ProxyHeaderParser::look_v2()
{
    constexpr std::size_t command_place = 12;
    constexpr std::size_t family_place = 13;
    constexpr std::size_t length_place = 14;
    const auto command = byte_at(m_bytes, command_place);
    if (command != command_local && command != command_proxy)
        return malformed("a header of version " + std::to_string(command >> 4U) + ", command " +
                         std::to_string(command & 0xfU));
    const std::size_t whole = v2_fixed + number_at(m_bytes, length_place);
    if (whole > v2_longest)
        return malformed("a version 2 header of " + std::to_string(whole) +
                         " bytes; at most 16 KiB are taken");
    if (m_bytes.size() < whole)
        return {};
    ProxyHeader header{.version = ProxyVersion::V2, .ends = {}};
    if (command == command_proxy)
        header.ends = TRY(v2_ends(byte_at(m_bytes, family_place) >> 4U,
                                  std::string_view(m_bytes).substr(v2_fixed)));
    m_header = header;
    return {};
}

} // namespace sockit
