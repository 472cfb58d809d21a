#include "report/saved_socket_row.h"

#include "base/escape.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <net/if.h>

namespace sockit {

namespace {

using Kind = Fields::Kind;

constexpr std::string_view base64_suffix = "_base64";

/// Without what says how the value is written.
std::string_view plain_key(std::string_view key)
{
    return key.ends_with(base64_suffix) ? key.substr(0, key.size() - base64_suffix.size()) : key;
}

std::optional<SocketState> state_of(std::string_view name)
{
    constexpr auto last = static_cast<std::uint8_t>(SocketState::BoundInactive);
    for (std::uint8_t number = 0; number <= last; ++number)
        if (state_name(static_cast<SocketState>(number)) == name)
            return static_cast<SocketState>(number);
    return std::nullopt;
}

bool begins(Kind kind) { return kind == Kind::BeginObject || kind == Kind::BeginArray; }

bool ends(Kind kind) { return kind == Kind::EndObject || kind == Kind::EndArray; }

std::uint32_t scope_id(const std::string& scope)
{
    std::uint32_t id = 0;
    const auto* end = scope.data() + scope.size();
    if (std::from_chars(scope.data(), end, id).ptr == end)
        return id;
    return ::if_nametoindex(scope.c_str());
}

} // namespace

template <auto Field>
bool SavedSocketRow::number_of(std::size_t token)
{
    return number(token, m_info.*Field);
}

SavedSocketRow::Reader SavedSocketRow::reader_of(std::string_view key)
{
    using Row = SavedSocketRow;
    static constexpr std::array<Member, 28> members{{
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
        {"memory", &Row::memory},
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
        each(0, m_fields.tokens().size(), [&](std::string_view key, std::size_t token) {
            const auto reader = reader_of(plain_key(key));
            const bool null = m_fields.tokens()[token].kind == Kind::Null;
            if (key == "processes")
                m_info.processes_asked = true;
            return reader == nullptr || null || (this->*reader)(token);
        });
    return all_read && !m_info.netid.empty() && m_info.family != AF_UNSPEC && m_has_state &&
           m_has_local;
}

bool SavedSocketRow::each(std::size_t begin, std::size_t end,
                          const std::function<bool(std::string_view, std::size_t)>& visit) const
{
    for (auto at = begin; at < end; at = after(at))
        if (!visit(m_fields.key(m_fields.tokens()[at]), at))
            return false;
    return true;
}

bool SavedSocketRow::each_of(std::size_t object,
                             const std::function<bool(std::string_view, std::size_t)>& visit) const
{
    return begins(m_fields.tokens()[object].kind) && each(object + 1, after(object) - 1, visit);
}

/// The first token behind a value and all that is in it.
std::size_t SavedSocketRow::after(std::size_t token) const
{
    const auto& tokens = m_fields.tokens();
    std::size_t depth = 0;
    for (; token < tokens.size(); ++token) {
        if (begins(tokens[token].kind))
            ++depth;
        else if (ends(tokens[token].kind))
            --depth;
        if (depth == 0)
            return token + 1;
    }
    return token;
}

bool SavedSocketRow::text(std::size_t token, std::string& out) const
{
    const auto& value = m_fields.tokens()[token];
    if (value.kind != Kind::Text)
        return false;
    if (!m_fields.key(value).ends_with(base64_suffix)) {
        out = m_fields.text(value);
        return true;
    }
    auto bytes = unbase64(m_fields.text(value));
    if (bytes)
        out = std::move(*bytes);
    return bytes.has_value();
}

template <class Number>
bool SavedSocketRow::number(std::size_t token, Number& out) const
{
    const auto& value = m_fields.tokens()[token];
    if (value.kind != Kind::Unsigned || !std::in_range<Number>(value.natural))
        return false;
    out = static_cast<Number>(value.natural);
    return true;
}

template <class Number>
bool SavedSocketRow::number(std::size_t token, std::optional<Number>& out) const
{
    if (m_fields.tokens()[token].kind == Kind::Null)
        return true;
    return number(token, out.emplace());
}

bool SavedSocketRow::boolean(std::size_t token, std::optional<bool>& out) const
{
    const auto& value = m_fields.tokens()[token];
    if (value.kind == Kind::Boolean)
        out = value.boolean;
    return value.kind == Kind::Boolean || value.kind == Kind::Null;
}

bool SavedSocketRow::endpoint(std::size_t token, Endpoint& out) const
{
    std::string family;
    std::string address;
    std::string scope;
    std::optional<std::string> path;
    std::optional<std::string> abstract;
    std::uint32_t port = 0;
    std::uint32_t cid = 0;
    const bool read = each_of(token, [&](std::string_view key, std::size_t at) {
        const auto name = plain_key(key);
        if (name == "family")
            return text(at, family);
        if (name == "address")
            return text(at, address);
        if (name == "scope")
            return text(at, scope);
        if (name == "path")
            return text(at, path.emplace());
        if (name == "abstract")
            return text(at, abstract.emplace());
        if (name == "port")
            return number(at, port);
        return name != "cid" || number(at, cid);
    });
    if (!read)
        return false;
    Result<Endpoint> made = Failure(Error());
    if (family == "unix")
        made = path       ? Endpoint::unix_path(*path)
               : abstract ? Endpoint::unix_abstract(*abstract)
                          : Endpoint::unix_unnamed();
    else if (family == "vsock")
        made = Endpoint::vsock(cid, port);
    else if (family == "netlink")
        made = Endpoint::netlink(port);
    else if (family == "packet") // what it takes is told beside it
        made = Endpoint::packet(0, 0);
    else if (std::in_range<std::uint16_t>(port) && (family == "inet" || family == "inet6"))
        made = Endpoint::from_literal(address, static_cast<std::uint16_t>(port));
    if (!made || (made->is_inet() && (made->family() == AF_INET6) != (family == "inet6")))
        return false;
    if (!scope.empty() && made->family() == AF_INET6) {
        const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(made->data());
        made = Endpoint::inet6(v6.sin6_addr, static_cast<std::uint16_t>(port), scope_id(scope));
    }
    out = *made;
    return true;
}

bool SavedSocketRow::owners(std::size_t token, std::optional<std::vector<SocketOwner>>& out) const
{
    if (m_fields.tokens()[token].kind != Kind::BeginArray)
        return false;
    out.emplace();
    return each_of(token, [&](std::string_view /*key*/, std::size_t element) {
        auto& owner = out->emplace_back();
        return each_of(element, [&](std::string_view key, std::size_t at) {
            if (key == "pid")
                return number(at, owner.pid);
            if (key == "fd")
                return number(at, owner.fd);
            if (key == "tid")
                return number(at, owner.tid);
            return plain_key(key) != "comm" || text(at, owner.comm);
        });
    });
}

bool SavedSocketRow::measures(std::size_t token, std::vector<TcpInfoField>& out) const
{
    return each_of(token, [&](std::string_view key, std::size_t at) {
        TcpInfoField field{m_keep(key), std::nullopt};
        if (!number(at, field.value))
            return false;
        if (!field.name.empty())
            out.push_back(field);
        return true;
    });
}

bool SavedSocketRow::netid(std::size_t token)
{
    std::string name;
    if (!text(token, name))
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
    if (!text(token, name))
        return false;
    for (const auto& [known, number] : families)
        if (known == name)
            m_info.family = number;
    return m_info.family != AF_UNSPEC;
}

bool SavedSocketRow::state(std::size_t token)
{
    std::string name;
    const auto known = text(token, name) ? state_of(name) : std::nullopt;
    m_info.state = known.value_or(SocketState::Unknown);
    m_has_state = known.has_value();
    return m_has_state;
}

bool SavedSocketRow::local(std::size_t token)
{
    m_has_local = endpoint(token, m_info.local);
    return m_has_local;
}

bool SavedSocketRow::peer(std::size_t token) { return endpoint(token, m_info.peer.emplace()); }

bool SavedSocketRow::cookie(std::size_t token)
{
    std::string digits;
    if (!text(token, digits))
        return false;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, m_info.cookie.emplace(), 16);
    return error == std::errc() && stop == end;
}

bool SavedSocketRow::timer(std::size_t token)
{
    auto& timer = m_info.timer.emplace();
    return each_of(token, [&](std::string_view key, std::size_t at) {
        std::string name;
        if (key == "name" && text(at, name)) {
            timer.name = m_keep(name);
            return !timer.name.empty();
        }
        if (key == "expires_ns")
            return number(at, timer.expires_ns);
        return key == "retransmits" ? number(at, timer.retransmits) : key != "name";
    });
}

bool SavedSocketRow::accept_queue(std::size_t token)
{
    return each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "length")
            return number(at, m_info.accept_length);
        return key != "limit" || number(at, m_info.accept_limit);
    });
}

bool SavedSocketRow::processes(std::size_t token) { return owners(token, m_info.processes); }

bool SavedSocketRow::processes_incomplete(std::size_t /*token*/)
{
    m_info.processes_incomplete = true;
    return true;
}

bool SavedSocketRow::peer_processes(std::size_t token)
{
    return owners(token, m_info.peer_processes);
}

bool SavedSocketRow::shutdown(std::size_t token)
{
    constexpr std::array<std::string_view, 4> names{"none", "receive", "send", "both"};
    std::string name;
    if (!text(token, name))
        return false;
    for (std::uint8_t bits = 0; bits < names.size(); ++bits)
        if (names.at(bits) == name)
            m_info.shutdown = bits;
    return m_info.shutdown.has_value();
}

bool SavedSocketRow::cgroup(std::size_t token) { return text(token, m_info.cgroup.emplace()); }

bool SavedSocketRow::interface(std::size_t token) { return text(token, m_info.interface_name); }

bool SavedSocketRow::v6only(std::size_t token) { return boolean(token, m_info.v6only); }

bool SavedSocketRow::tcp_info(std::size_t token)
{
    return each_of(token, [&](std::string_view key, std::size_t at) {
        if (key == "congestion") {
            std::string name;
            const bool read = m_fields.tokens()[at].kind == Kind::Null || text(at, name);
            m_info.congestion = m_keep(name);
            return read;
        }
        if (m_fields.tokens()[at].kind == Kind::BeginObject) {
            m_info.congestion_block = m_keep(key);
            return m_info.congestion_block.empty() || measures(at, m_info.congestion_info);
        }
        TcpInfoField field{m_keep(key), std::nullopt};
        if (!number(at, field.value))
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
    return each_of(token, [&](std::string_view key, std::size_t at) {
        for (const auto& [name, member] : members)
            if (name == key)
                return number(at, memory.*member);
        return true;
    });
}

} // namespace sockit
