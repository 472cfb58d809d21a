#include "sock/target_list.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <utility>

namespace sockit {

namespace {

constexpr std::size_t port_count = 65536;

/// What divides `8000-8010`; a dash in a service name (`http-alt`) divides nothing.
std::size_t dash_of_range(std::string_view item)
{
    return !item.empty() && is_digit(item[0]) ? item.find('-') : std::string_view::npos;
}

bool is_list(std::string_view ports)
{
    return ports.find(',') != std::string_view::npos ||
           dash_of_range(ports) != std::string_view::npos;
}

/// Ports in the order typed, each once.
class PortList {
public:
    void add(std::uint16_t low, std::uint16_t high)
    {
        for (std::size_t port = low; port <= high; ++port) {
            if (m_seen.test(port))
                continue;
            m_seen.set(port);
            m_ports.push_back(static_cast<std::uint16_t>(port));
        }
    }
    std::vector<std::uint16_t> take() { return std::move(m_ports); }

private:
    std::bitset<port_count> m_seen;
    std::vector<std::uint16_t> m_ports;
};

Result<std::vector<std::uint16_t>> parse_ports(std::string_view list, std::string_view word,
                                               Transport transport)
{
    PortList ports;
    while (true) {
        const auto comma = list.find(',');
        const auto item = list.substr(0, comma);
        const auto dash = dash_of_range(item);
        const auto low = TRY(parse_port(item.substr(0, dash), word, transport));
        auto high = low;
        if (dash != std::string_view::npos)
            high = TRY(parse_port(item.substr(dash + 1), word, transport));
        if (low == 0)
            return bad_value("target", word, "port 0 is only for servers");
        if (high < low)
            return bad_value("target", word, "a range of ports goes upwards");
        ports.add(low, high);
        if (comma == std::string_view::npos)
            return ports.take();
        list.remove_prefix(comma + 1);
    }
}

/// parse_target() of the first port's word; its error quotes what the user typed instead.
Result<Target> parse_first(std::span<const std::string> words, std::string_view typed)
{
    auto target = parse_target(words, Role::Client);
    if (target)
        return target;
    Error error = target.error();
    const auto said = quote(words.size() == 1 ? words[0] : words[0] + " " + words[1]);
    if (const auto at = error.detail.find(said); at != std::string::npos)
        error.detail.replace(at, said.size(), quote(typed));
    return Failure(std::move(error));
}

TargetGroup single(Target target)
{
    TargetGroup group{.target = std::move(target), .ports = {}};
    if (!is_unix(group.target.transport) && group.target.transport != Transport::Vsock)
        group.ports.push_back(group.target.port);
    return group;
}

/// The last 32 bits of an address in host order: what tells the addresses of a range apart.
std::uint32_t low_word(const Endpoint& endpoint)
{
    std::uint32_t word = 0;
    if (endpoint.family() == AF_INET) {
        word = reinterpret_cast<const sockaddr_in*>(endpoint.data())->sin_addr.s_addr;
    } else {
        const auto& address = reinterpret_cast<const sockaddr_in6*>(endpoint.data())->sin6_addr;
        std::memcpy(&word, &address.s6_addr[12], sizeof word);
    }
    return ntohl(word);
}

Endpoint with_low_word(const Endpoint& endpoint, std::uint32_t host_order)
{
    const std::uint32_t word = htonl(host_order);
    const auto port = static_cast<std::uint16_t>(endpoint.port());
    if (endpoint.family() == AF_INET)
        return Endpoint::inet({.s_addr = word}, port);
    auto address = reinterpret_cast<const sockaddr_in6*>(endpoint.data())->sin6_addr;
    std::memcpy(&address.s6_addr[12], &word, sizeof word);
    return Endpoint::inet6(address, port, endpoint.scope_id());
}

/// As parse_target() spells a literal address.
std::string text_of(const Target& literal)
{
    const auto scheme = literal.transport == Transport::Tcp
                            ? std::string()
                            : std::string(transport_name(literal.transport)) + ":";
    return scheme + literal.endpoint->text();
}

/// Takes the prefix out of `10.0.0.0/24`, `[fd00::/120]` or `[fd00::]/120`.
std::optional<std::string> take_prefix(std::string& host)
{
    const auto slash = host.rfind('/');
    if (slash == std::string::npos)
        return std::nullopt;
    const auto end = std::min(host.find(']', slash), host.size());
    auto prefix = host.substr(slash + 1, end - slash - 1);
    if (prefix.empty() || !std::ranges::all_of(prefix, is_digit))
        return std::nullopt;
    host.erase(slash, end - slash);
    return prefix;
}

/// Makes the group's one address all those that begin with the same bits.
Result<> widen(TargetGroup& group, std::string_view prefix, std::string_view typed)
{
    constexpr unsigned low_bits = 32;
    constexpr unsigned most_bits = 24;
    static_assert(std::size_t{1} << most_bits == most_hosts);
    Target& target = group.target;
    if (!target.endpoint)
        return bad_value("target", typed, "a prefix is for an address, not for a name");
    const unsigned all = target.endpoint->family() == AF_INET ? 32 : 128;
    const auto length = parse_number(prefix, "prefix", 0, all);
    if (!length)
        return bad_value("target", typed, "its prefix has 0 to " + std::to_string(all) + " bits");
    const auto free = all - static_cast<unsigned>(*length);
    if (free > most_bits)
        return bad_value("target", typed,
                         "too many addresses: a prefix has at least " +
                             std::to_string(all - most_bits) + " bits");
    group.hosts = std::size_t{1} << free;
    static_assert(most_bits < low_bits);
    const auto mask = static_cast<std::uint32_t>(~(group.hosts - 1));
    target.endpoint = with_low_word(*target.endpoint, low_word(*target.endpoint) & mask);
    target.text = text_of(target);
    return {};
}

/// `host` may begin with a scheme, `between` is what stood between it and its ports.
Result<TargetGroup> parse_group(std::string host, const std::string& between,
                                const std::string& ports)
{
    const auto typed = host + between + ports;
    std::string_view rest = host;
    const auto transport = take_scheme(rest).value_or(Transport::Tcp);
    const auto prefix = take_prefix(host);
    const auto words_of = [&](const std::string& port) {
        return between == " " ? std::vector{host, port} : std::vector{host + between + port};
    };
    if (!prefix && !is_list(ports))
        return single(TRY(parse_target(words_of(ports), Role::Client)));
    TargetGroup group;
    group.ports = TRY(parse_ports(ports, typed, transport));
    group.target = TRY(parse_first(words_of(std::to_string(group.ports[0])), typed));
    if (prefix)
        TRY(widen(group, *prefix, typed));
    return group;
}

Result<TargetGroup> parse_group(const std::string& word)
{
    std::string_view rest = word;
    const auto transport = take_scheme(rest).value_or(Transport::Tcp);
    if (is_unix(transport) || transport == Transport::Vsock)
        return single(TRY(parse_target(word, Role::Client)));
    const auto colon = rest.rfind(':');
    const auto ports = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
    const auto host_end = word.size() - ports.size();
    const auto between = colon == std::string_view::npos ? "" : ":";
    return parse_group(word.substr(0, host_end - (colon == std::string_view::npos ? 0 : 1)),
                       between, std::string(ports));
}

/// Whether a word can only be the HOST of `HOST PORT`: it holds no port of its own. `80` and
/// `22,80` do: they are ports of localhost.
bool lacks_port(std::string_view word)
{
    const auto transport = take_scheme(word).value_or(Transport::Tcp);
    if (is_unix(transport) || transport == Transport::Vsock)
        return false;
    if (word.starts_with('['))
        return word.ends_with(']');
    const auto colons = std::ranges::count(word, ':');
    const bool only_ports =
        std::ranges::all_of(word, [](char c) { return is_digit(c) || c == ',' || c == '-'; });
    return colons > 1 || (colons == 0 && !only_ports);
}

bool is_host_and_ports(std::span<const std::string> words)
{
    return words.size() == 2 && lacks_port(words[0]) && words[1].find(':') == std::string::npos;
}

} // namespace

Target TargetGroup::at(std::size_t host, std::size_t port) const
{
    Target one = target;
    if (port > 0) {
        one.port = ports[port];
        if (one.endpoint)
            one.endpoint->set_port(one.port);
        one.text.erase(one.text.rfind(':') + 1);
        one.text += std::to_string(one.port);
    }
    if (host > 0) {
        const auto offset = static_cast<std::uint32_t>(host);
        one.endpoint = with_low_word(*one.endpoint, low_word(*one.endpoint) + offset);
        one.text = text_of(one);
    }
    return one;
}

Result<std::vector<TargetGroup>> parse_target_list(std::span<const std::string> words)
{
    if (words.empty())
        return Failure(Error::usage("no target: expected HOST:PORTS, [V6]:PORTS or unix:PATH"));
    std::vector<TargetGroup> groups;
    if (is_host_and_ports(words)) {
        groups.push_back(TRY(parse_group(words[0], " ", words[1])));
        return groups;
    }
    for (const auto& word : words)
        groups.push_back(TRY(parse_group(word)));
    return groups;
}

Result<std::optional<TargetGroup>> parse_target_line(std::string_view line)
{
    constexpr std::string_view blanks = " \t\r\v\f";
    const auto begin = std::min(line.find_first_not_of(blanks), line.size());
    line = line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
    std::string_view rest = line;
    const auto transport = take_scheme(rest);
    if (transport && is_unix(*transport))
        return TRY(parse_group(std::string(line)));
    std::vector<std::string> words;
    while (!line.empty() && !line.starts_with('#')) {
        const auto end = std::min(line.find_first_of(blanks), line.size());
        words.emplace_back(line.substr(0, end));
        line.remove_prefix(std::min(line.find_first_not_of(blanks, end), line.size()));
    }
    if (words.empty())
        return std::nullopt;
    if (is_host_and_ports(words))
        return TRY(parse_group(words[0], " ", words[1]));
    if (words.size() > 1)
        return bad_value("word", words[1], "a line has one target, HOST:PORTS or HOST PORTS");
    return TRY(parse_group(words[0]));
}

} // namespace sockit
