#include "report/saved_socket_row.h"

#include "report/socket_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sockit {

namespace {

using Kind = Fields::Kind;

std::optional<SocketState> state_of(std::string_view name)
{
    constexpr auto last = static_cast<std::uint8_t>(SocketState::BoundInactive);
    for (std::uint8_t number = 0; number <= last; ++number)
        if (state_name(static_cast<SocketState>(number)) == name)
            return static_cast<SocketState>(number);
    return std::nullopt;
}

} // namespace

template <auto Field>
bool SavedSocketRow::number_of(std::size_t token)
{
    return m_values.number(token, m_info.*Field);
}

SavedSocketRow::Reader SavedSocketRow::reader_of(std::string_view key)
{
    using Row = SavedSocketRow;
    static constexpr std::array<Member, 32> members{{
        {"netid", &Row::netid},
        {"family", &Row::family},
        {"state", &Row::state},
        {"recv_q", &Row::number_of<&SocketInfo::recv_q>},
        {"send_q", &Row::number_of<&SocketInfo::send_q>},
        {"local", &Row::local},
        {"peer", &Row::peer},
        {"protocol", &Row::number_of<&SocketInfo::protocol>},
        {"interface", &Row::interface},
        {"uid", &Row::number_of<&SocketInfo::uid>},
        {"inode", &Row::number_of<&SocketInfo::inode>},
        {"cookie", &Row::cookie},
        {"timer", &Row::timer},
        {"accept_queue", &Row::accept_queue},
        {"peer_inode", &Row::number_of<&SocketInfo::peer_inode>},
        {"processes", &Row::processes},
        {"processes_incomplete", &Row::processes_incomplete},
        {"peer_processes", &Row::peer_processes},
        {"v6only", &Row::v6only},
        {"shutdown", &Row::shutdown},
        {"cgroup", &Row::cgroup},
        {"tcp_info", &Row::tcp_info},
        {"mptcp_info", &Row::tcp_info},
        {"ulp", &Row::upper_protocol},
        {"memory", &Row::memory},
        {"netns", &Row::netns},
        {"options", &Row::inet_options},
        {"drops", &Row::number_of<&SocketInfo::drops>},
        {"mark", &Row::number_of<&SocketInfo::mark>},
        {"tos", &Row::number_of<&SocketInfo::tos>},
        {"traffic_class", &Row::number_of<&SocketInfo::traffic_class>},
        {"class_id", &Row::number_of<&SocketInfo::class_id>},
    }};
    for (const auto& member : members)
        if (member.key == key)
            return member.read;
    return nullptr;
}

bool SavedSocketRow::read()
{
    m_info = SocketInfo{};
    m_info.family = AF_UNSPEC;
    const bool all_read =
        m_values.each(0, m_fields.tokens().size(), [&](std::string_view key, std::size_t token) {
            const auto reader = reader_of(plain_key(key));
            const bool null = m_values.kind(token) == Kind::Null;
            if (key == "processes")
                m_info.processes_asked = true;
            return reader == nullptr || null || (this->*reader)(token);
        });
    return all_read && !m_info.netid.empty() && m_info.family != AF_UNSPEC && m_has_state &&
           m_has_local;
}

bool SavedSocketRow::netid(std::size_t token)
{
    std::string name;
    if (!m_values.text(token, name))
        return false;
    m_info.netid = m_keep(name);
    return true;
}

bool SavedSocketRow::family(std::size_t token)
{
    constexpr std::array<std::pair<std::string_view, int>, 6> families{{
        {"inet", AF_INET},
        {"inet6", AF_INET6},
        {"unix", AF_UNIX},
        {"packet", AF_PACKET},
        {"netlink", AF_NETLINK},
        {"vsock", AF_VSOCK},
    }};
    std::string name;
    if (!m_values.text(token, name))
        return false;
    for (const auto& [known, number] : families)
        if (known == name)
            m_info.family = number;
    return m_info.family != AF_UNSPEC;
}

bool SavedSocketRow::state(std::size_t token)
{
    std::string name;
    const auto known = m_values.text(token, name) ? state_of(name) : std::nullopt;
    m_info.state = known.value_or(SocketState::Unknown);
    m_has_state = known.has_value();
    return m_has_state;
}

bool SavedSocketRow::local(std::size_t token)
{
    m_has_local = m_values.endpoint(token, m_info.local);
    return m_has_local;
}

bool SavedSocketRow::peer(std::size_t token)
{
    return m_values.endpoint(token, m_info.peer.emplace());
}

bool SavedSocketRow::cookie(std::size_t token)
{
    std::string digits;
    if (!m_values.text(token, digits))
        return false;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, m_info.cookie.emplace(), 16);
    return error == std::errc() && stop == end;
}

bool SavedSocketRow::timer(std::size_t token)
{
    auto& timer = m_info.timer.emplace();
    return m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        std::string name;
        if (key == "name" && m_values.text(at, name)) {
            timer.name = m_keep(name);
            return !timer.name.empty();
        }
        if (key == "expires_ns")
            return m_values.number(at, timer.expires_ns);
        return key == "retransmits" ? m_values.number(at, timer.retransmits) : key != "name";
    });
}

bool SavedSocketRow::accept_queue(std::size_t token)
{
    return m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "length")
            return m_values.number(at, m_info.accept_length);
        return key != "limit" || m_values.number(at, m_info.accept_limit);
    });
}

bool SavedSocketRow::processes(std::size_t token)
{
    return m_values.owners(token, m_info.processes);
}

bool SavedSocketRow::processes_incomplete(std::size_t /*token*/)
{
    m_info.processes_incomplete = true;
    return true;
}

bool SavedSocketRow::peer_processes(std::size_t token)
{
    return m_values.owners(token, m_info.peer_processes);
}

bool SavedSocketRow::shutdown(std::size_t token)
{
    constexpr std::array<std::string_view, 4> names{"none", "receive", "send", "both"};
    std::string name;
    if (!m_values.text(token, name))
        return false;
    const auto found = std::ranges::find(names, name);
    if (found != names.end())
        m_info.shutdown = static_cast<std::uint8_t>(found - names.begin());
    return m_info.shutdown.has_value();
}

bool SavedSocketRow::cgroup(std::size_t token)
{
    return m_values.text(token, m_info.cgroup.emplace());
}

bool SavedSocketRow::interface(std::size_t token)
{
    return m_values.text(token, m_info.interface_name);
}

bool SavedSocketRow::v6only(std::size_t token) { return m_values.boolean(token, m_info.v6only); }

bool SavedSocketRow::tcp_info(std::size_t token)
{
    return m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "congestion") {
            std::string name;
            const bool read = m_values.kind(at) == Kind::Null || m_values.text(at, name);
            m_info.congestion = m_keep(name);
            return read;
        }
        if (m_values.kind(at) == Kind::BeginObject) {
            m_info.congestion_block = m_keep(key);
            return m_info.congestion_block.empty() ||
                   m_values.measures(at, m_keep, m_info.congestion_info);
        }
        TcpInfoField field{m_keep(key), std::nullopt};
        if (!m_values.number(at, field.value))
            return false;
        if (!field.name.empty())
            m_info.tcp_info.push_back(field);
        return true;
    });
}

bool SavedSocketRow::memory(std::size_t token)
{
    constexpr std::array<std::pair<std::string_view, std::uint32_t SocketMemory::*>, 9> members{{
        {"r", &SocketMemory::r},
        {"rb", &SocketMemory::rb},
        {"t", &SocketMemory::t},
        {"tb", &SocketMemory::tb},
        {"f", &SocketMemory::f},
        {"w", &SocketMemory::w},
        {"o", &SocketMemory::o},
        {"bl", &SocketMemory::bl},
        {"d", &SocketMemory::d},
    }};
    auto& memory = m_info.memory.emplace();
    return m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        for (const auto& [name, member] : members)
            if (name == key)
                return m_values.number(at, memory.*member);
        return true;
    });
}

bool SavedSocketRow::netns(std::size_t token)
{
    NetnsTag tag;
    const bool read = m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "inode")
            return m_values.number(at, tag.inode);
        if (key == "pid")
            return m_values.number(at, tag.pid);
        const bool null = m_values.kind(at) == Kind::Null;
        return null || plain_key(key) != "name" || m_values.text(at, tag.name);
    });
    m_info.netns = std::make_shared<const NetnsTag>(std::move(tag));
    return read;
}

bool SavedSocketRow::inet_options(std::size_t token)
{
    unsigned bits = 0;
    const bool read = m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        std::optional<bool> on;
        const auto name = std::ranges::find(inet_option_names, key);
        if (name != inet_option_names.end() && m_values.boolean(at, on) && on.value_or(false))
            bits |= 1U << static_cast<unsigned>(name - inet_option_names.begin());
        return true;
    });
    m_info.inet_options = static_cast<std::uint16_t>(bits);
    return read;
}

bool SavedSocketRow::upper_protocol(std::size_t token)
{
    return m_values.each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "name")
            return m_values.text(at, m_info.upper_protocol);
        TcpInfoField field{m_keep(key), std::nullopt};
        if (!m_values.number(at, field.value))
            return false;
        if (!field.name.empty())
            m_info.upper_protocol_info.push_back(field);
        return true;
    });
}

} // namespace sockit
