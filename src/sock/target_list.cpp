#include "sock/target_list.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <bitset>
#include <optional>

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

Result<TargetGroup> parse_group(const std::string& word)
{
    std::string_view rest = word;
    const auto transport = take_scheme(rest).value_or(Transport::Tcp);
    const auto colon = rest.rfind(':');
    const auto list = rest.substr(colon == std::string_view::npos ? 0 : colon + 1);
    if (is_unix(transport) || transport == Transport::Vsock || !is_list(list))
        return single(TRY(parse_target(word, Role::Client)));
    TargetGroup group;
    group.ports = TRY(parse_ports(list, word, transport));
    const auto head = word.substr(0, word.size() - list.size());
    group.target = TRY(parse_first(std::vector{head + std::to_string(group.ports[0])}, word));
    return group;
}

Result<TargetGroup> parse_group(const std::string& host, const std::string& ports)
{
    if (!is_list(ports))
        return single(TRY(parse_target(std::vector{host, ports}, Role::Client)));
    std::string_view rest = host;
    const auto transport = take_scheme(rest).value_or(Transport::Tcp);
    TargetGroup group;
    group.ports = TRY(parse_ports(ports, host + " " + ports, transport));
    group.target =
        TRY(parse_first(std::vector{host, std::to_string(group.ports[0])}, host + " " + ports));
    return group;
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

} // namespace

Target TargetGroup::at(std::size_t index) const
{
    Target one = target;
    if (index == 0)
        return one;
    one.port = ports[index];
    if (one.endpoint)
        one.endpoint->set_port(one.port);
    one.text.erase(one.text.rfind(':') + 1);
    one.text += std::to_string(one.port);
    return one;
}

Result<std::vector<TargetGroup>> parse_target_list(std::span<const std::string> words)
{
    if (words.empty())
        return Failure(Error::usage("no target: expected HOST:PORTS, [V6]:PORTS or unix:PATH"));
    std::vector<TargetGroup> groups;
    if (words.size() == 2 && lacks_port(words[0]) && words[1].find(':') == std::string::npos) {
        groups.push_back(TRY(parse_group(words[0], words[1])));
        return groups;
    }
    for (const auto& word : words)
        groups.push_back(TRY(parse_group(word)));
    return groups;
}

} // namespace sockit
