#include "diag/filter_value.h"

#include "base/escape.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <pwd.h>

namespace sockit {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t most_32_bits = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t most_port = 65535;
constexpr std::size_t lookup_buffer_size = 4096;

using Unexpected = std::unexpected<std::string>;

struct FamilyPrefix {
    std::string_view name;
    int family;
};

constexpr std::array family_prefixes{
    FamilyPrefix{"inet:", AF_INET},   FamilyPrefix{"inet6:", AF_INET6},
    FamilyPrefix{"unix:", AF_UNIX},   FamilyPrefix{"netlink:", AF_NETLINK},
    FamilyPrefix{"link:", AF_PACKET}, FamilyPrefix{"vsock:", AF_VSOCK},
};

/// Removes `inet:` and its kin from the text.
std::optional<int> take_family(std::string_view& text)
{
    for (const auto& prefix : family_prefixes) {
        if (text.starts_with(prefix.name)) {
            text.remove_prefix(prefix.name.size());
            return prefix.family;
        }
    }
    return std::nullopt;
}

bool is_any(std::string_view text) { return text.empty() || text == "*"; }

/// `FIRST[:SECOND]`
std::pair<std::string_view, std::string_view> split(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

FilterValue<std::optional<std::uint16_t>> parse_ip_port(std::string_view text)
{
    if (is_any(text))
        return std::nullopt;
    if (const auto number = parse_filter_number(text, most_port))
        return static_cast<std::uint16_t>(*number);
    const std::string name(text);
    servent entry{};
    servent* found = nullptr;
    std::array<char, lookup_buffer_size> buffer{};
    const bool number = text.find_first_not_of("0123456789"sv) == std::string_view::npos;
    if (number ||
        ::getservbyname_r(name.c_str(), nullptr, &entry, buffer.data(), buffer.size(), &found) !=
            0 ||
        found == nullptr)
        return Unexpected("a port from 0 to 65535 or the name of a service");
    return ntohs(static_cast<std::uint16_t>(found->s_port));
}

/// The length that a netmask stands for.
std::optional<unsigned> mask_length(std::string_view text)
{
    in_addr mask{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), &mask) != 1)
        return std::nullopt;
    const std::uint32_t bits = ntohl(mask.s_addr);
    const auto length = static_cast<unsigned>(std::countl_one(bits));
    return std::popcount(bits) == static_cast<int>(length) ? std::optional(length) : std::nullopt;
}

/// `ADDRESS[/LENGTH]`; of IPv4 with a length the bytes at the end may be left out.
std::optional<AddressPrefix> parse_prefix(std::string_view text)
{
    constexpr unsigned v4_bits = 32;
    constexpr unsigned v6_bits = 128;
    const auto slash = text.find('/');
    std::string address(text.substr(0, slash));
    AddressPrefix prefix;
    prefix.family = address.find(':') != std::string::npos ? AF_INET6 : AF_INET;
    prefix.length = prefix.family == AF_INET ? v4_bits : v6_bits;
    if (slash != std::string_view::npos) {
        const auto length_text = text.substr(slash + 1);
        if (const auto length = parse_filter_number(length_text, prefix.length))
            prefix.length = static_cast<unsigned>(*length);
        else if (const auto mask = mask_length(length_text); mask && prefix.family == AF_INET)
            prefix.length = *mask;
        else
            return std::nullopt;
        while (prefix.family == AF_INET && std::ranges::count(address, '.') < 3)
            address += ".0";
    }
    if (::inet_pton(prefix.family, address.c_str(), prefix.bytes.data()) != 1)
        return std::nullopt;
    return prefix;
}

bool is_host_name(std::string_view text)
{
    constexpr std::size_t longest = 253;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto fits = [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return text.size() <= longest && std::ranges::all_of(text, fits) &&
           std::ranges::any_of(text, letter);
}

/// Splits `[ADDRESS[/LENGTH]][/LENGTH][:PORT]` and the forms without brackets; an IPv6 address
/// alone needs none.
std::pair<std::string, std::string_view> split_host(std::string_view text)
{
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos)
            return {std::string(text), {}};
        std::string host(text.substr(1, bracket - 1));
        const auto rest = text.substr(bracket + 1);
        const auto colon = rest.find(':');
        host += rest.substr(0, colon);
        return {host, colon == std::string_view::npos ? ""sv : rest.substr(colon + 1)};
    }
    if (std::ranges::count(text, ':') > 1 && parse_prefix(text))
        return {std::string(text), {}};
    const auto [host, port] = split(text);
    return {std::string(host), port};
}

FilterValue<FilterStep> parse_ip_host(SocketEnd end, std::string_view text, int family)
{
    HostTest test{.end = end, .family = family, .addresses = {}, .port = {}, .name = {}};
    const auto [host, port] = split_host(text);
    const auto number = parse_ip_port(port);
    if (!number)
        return Unexpected(number.error());
    test.port = *number;
    if (is_any(host) || host == "any" || host == "all" || host == "default")
        return test;
    if (const auto prefix = parse_prefix(host)) {
        if (family == AF_INET6 && prefix->family == AF_INET)
            return Unexpected("an IPv6 address");
        if (family == AF_INET && prefix->family == AF_INET6)
            return Unexpected("an IPv4 address");
        test.addresses.push_back(*prefix);
        return test;
    }
    if (!is_host_name(host))
        return Unexpected(parse_filter_number(host, most_port)
                              ? "an address (a port alone is written :PORT)"
                              : "an address, ADDRESS/LENGTH, the name of a host or *");
    test.name = host;
    return test;
}

FilterValue<FilterStep> parse_vsock(SocketEnd end, std::string_view text)
{
    const auto [cid, port] = split(text);
    VsockTest test{.end = end, .cid = {}, .port = {}};
    const auto cid_number = parse_filter_number(cid, most_32_bits);
    const auto port_number = parse_filter_number(port, most_32_bits);
    if ((!is_any(cid) && !cid_number) || (!is_any(port) && !port_number))
        return Unexpected("CID:PORT, each a number or *");
    if (cid_number)
        test.cid = static_cast<std::uint32_t>(*cid_number);
    if (port_number)
        test.port = static_cast<std::uint32_t>(*port_number);
    return test;
}

FilterValue<FilterStep> parse_netlink(SocketEnd end, std::string_view text)
{
    const auto [protocol, port] = split(text);
    NetlinkTest test{.end = end, .protocol = netlink_protocol(protocol), .port = {}};
    const auto number = port == "kernel" ? 0 : parse_filter_number(port, most_32_bits);
    if (!is_any(protocol) && !test.protocol)
        return Unexpected("a netlink protocol (rtnl, genl, …), a number or *");
    if (!is_any(port) && !number)
        return Unexpected("a port id, kernel or *");
    if (number)
        test.port = static_cast<std::uint32_t>(*number);
    return test;
}

FilterValue<FilterStep> parse_packet(SocketEnd end, std::string_view text)
{
    const auto [protocol, device] = split(text);
    PacketTest test{.end = end, .protocol = ethernet_protocol(protocol), .device = {}};
    if (!is_any(protocol) && !test.protocol)
        return Unexpected("an Ethernet protocol (ip, arp, …), a number or *");
    if (!is_any(device))
        test.device = device;
    return test;
}

} // namespace

FilterValue<FilterStep> parse_filter_host(SocketEnd end, std::string_view text, int family)
{
    const auto named = take_family(text);
    if (!named && family == AF_UNSPEC && (text.starts_with('/') || text.starts_with('@')))
        family = AF_UNIX;
    family = named.value_or(family);
    switch (family) {
    case AF_UNIX: return UnixTest{end, std::string(text)};
    case AF_VSOCK: return parse_vsock(end, text);
    case AF_NETLINK: return parse_netlink(end, text);
    case AF_PACKET: return parse_packet(end, text);
    default: return parse_ip_host(end, text, family);
    }
}

FilterValue<FilterStep> parse_filter_port(SocketEnd end, Comparison comparison,
                                          std::string_view text)
{
    PortTest test{.end = end, .family = AF_UNSPEC, .comparison = comparison, .port = 0};
    test.family = take_family(text).value_or(AF_UNSPEC);
    if (text.starts_with(':'))
        text.remove_prefix(1);
    if (test.family == AF_VSOCK) {
        const auto port = parse_filter_number(text, most_32_bits);
        if (!port)
            return Unexpected("a port number");
        test.port = static_cast<std::uint32_t>(*port);
        return test;
    }
    if (test.family != AF_UNSPEC && test.family != AF_INET && test.family != AF_INET6)
        return Unexpected("a port of inet, inet6 or vsock: the others have none");
    const auto port = text.empty() ? Unexpected("a port from 0 to 65535 or the name of a service")
                                   : parse_ip_port(text);
    if (!port)
        return Unexpected(port.error());
    if (!*port) { // every port
        test.comparison = Comparison::AtLeast;
        return test;
    }
    test.port = **port;
    return test;
}

std::optional<std::uint64_t> parse_filter_number(std::string_view text, std::uint64_t most)
{
    constexpr int hexadecimal = 16;
    constexpr int decimal = 10;
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex)
        text.remove_prefix(2);
    else if (text.size() > 1 && text[0] == '0')
        return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number,
                                              hex ? hexadecimal : decimal);
    if (error != std::errc() || end != text.data() + text.size() || number > most)
        return std::nullopt;
    return number;
}

FilterValue<FilterStep> parse_filter_mark(std::string_view text)
{
    const auto slash = text.find('/');
    const auto mark = parse_filter_number(text.substr(0, slash), most_32_bits);
    const auto mask = slash == std::string_view::npos
                          ? most_32_bits
                          : parse_filter_number(text.substr(slash + 1), most_32_bits);
    if (!mark || !mask)
        return Unexpected("MARK or MARK/MASK, decimal or hexadecimal numbers of 32 bits");
    return MarkTest{static_cast<std::uint32_t>(*mark), static_cast<std::uint32_t>(*mask)};
}

FilterValue<std::uint64_t> parse_filter_user(std::string_view text)
{
    if (const auto uid = parse_filter_number(text, most_32_bits))
        return *uid;
    const std::string name(text);
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, lookup_buffer_size> buffer{};
    if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr)
        return Unexpected("the name or the number of a user");
    return entry.pw_uid;
}

} // namespace sockit
