#include "diag/proc_net_line.h"

#include "diag/common_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstring>
#include <limits>
#include <string>

namespace sockit {

namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

constexpr std::uint64_t retransmission_timer = 1;

/// Takes a row apart from the left. After the first column that is not as expected, nothing
/// matches any more; ok() tells.
class Columns {
public:
    explicit Columns(std::string_view line) : m_rest(line) {}

    [[nodiscard]] bool ok() const { return m_ok; }
    [[nodiscard]] std::string_view rest() const { return m_rest; }

    void spaces()
    {
        const auto end = std::min(m_rest.find_first_not_of(' '), m_rest.size());
        m_ok = m_ok && end > 0;
        m_rest.remove_prefix(end);
    }

    void optional_spaces()
    {
        m_rest.remove_prefix(std::min(m_rest.find_first_not_of(' '), m_rest.size()));
    }

    void character(char wanted)
    {
        m_ok = m_ok && m_rest.starts_with(wanted);
        m_rest.remove_prefix(m_ok ? 1 : m_rest.size());
    }

    /// Digits as many as there are, but `digits` where that is not 0.
    std::uint64_t number(int base, std::size_t digits = 0)
    {
        std::uint64_t value = 0;
        const auto* first = m_rest.data();
        const auto* last = first + (digits != 0 ? std::min(digits, m_rest.size()) : m_rest.size());
        const auto [end, failure] = std::from_chars(first, last, value, base);
        const auto length = static_cast<std::size_t>(end - first);
        m_ok = m_ok && failure == std::errc() && (digits == 0 || length == digits);
        m_rest.remove_prefix(m_ok ? length : m_rest.size());
        return m_ok ? value : 0;
    }

    /// A decimal number that fits, with the spaces before it.
    template <std::unsigned_integral T>
    T next()
    {
        spaces();
        const auto value = number(10);
        m_ok = m_ok && value <= std::numeric_limits<T>::max();
        return static_cast<T>(value);
    }

private:
    std::string_view m_rest;
    bool m_ok = true;
};

constexpr std::size_t word_digits = 8;

/// The kernel prints each 32-bit word of the address as a number in its own byte order.
Endpoint endpoint(Columns& columns, int family)
{
    std::array<std::uint32_t, 4> words{};
    const std::size_t count = family == AF_INET ? 1 : words.size();
    for (std::size_t i = 0; i < count; ++i)
        words[i] = static_cast<std::uint32_t>(columns.number(16, word_digits));
    columns.character(':');
    const auto port = static_cast<std::uint16_t>(columns.number(16, 4));
    if (family == AF_INET)
        return Endpoint::inet(in_addr{words[0]}, port);
    in6_addr v6{};
    std::memcpy(&v6, words.data(), sizeof v6);
    return Endpoint::inet6(v6, port);
}

/// The columns `ref pointer drops`; older kernels end before the last.
std::optional<std::uint64_t> datagram_drops(Columns& columns)
{
    columns.number(10);
    columns.spaces();
    columns.number(16);
    columns.spaces();
    const auto drops = columns.number(10);
    return columns.ok() ? std::optional(drops) : std::nullopt;
}

bool is_state(std::uint64_t number)
{
    return number >= static_cast<std::uint64_t>(SocketState::Established) &&
           number <= static_cast<std::uint64_t>(SocketState::Closing);
}

} // namespace

bool is_column_names(std::string_view line)
{
    return line.find("local_address") != std::string_view::npos || line.starts_with("Num ") ||
           line.starts_with("sk ");
}

bool parse_inet_line(std::string_view line, const SocketQuery& query, long ticks_per_second,
                     SocketInfo& info)
{
    if (line.find('\0') != std::string_view::npos)
        return false;
    Columns columns(line);
    columns.optional_spaces();
    columns.number(10); // sl
    columns.character(':');
    columns.spaces();
    reset(info);
    info.local = endpoint(columns, query.family);
    columns.spaces();
    info.peer = connected_peer(endpoint(columns, query.family));
    columns.spaces();
    const auto state = columns.number(16, 2);
    columns.spaces();
    const auto transmit_queue = columns.number(16, word_digits);
    columns.character(':');
    const auto receive_queue = columns.number(16, word_digits);
    columns.spaces();
    const auto timer = columns.number(16, 2);
    columns.character(':');
    const auto when = columns.number(16, word_digits);
    columns.spaces();
    const auto retransmits = columns.number(16, word_digits);
    columns.spaces();
    const auto uid = columns.number(10);
    columns.spaces();
    const auto probes = columns.number(10);
    columns.spaces();
    const auto inode = columns.number(10);
    // Without the next column the inode may be cut.
    columns.spaces();
    if (!columns.ok() || columns.rest().empty() || !is_state(state) ||
        uid > std::numeric_limits<std::uint32_t>::max())
        return false;

    const bool tcp = query.protocol == SocketProtocol::Tcp;
    info.netid = inet_netid(query.protocol);
    info.family = query.family;
    info.state = static_cast<SocketState>(state);
    info.recv_q = receive_queue;
    if (tcp && info.state == SocketState::Listen)
        info.accept_length = receive_queue;
    else
        info.send_q = transmit_queue;
    if (inode != 0 || uid != 0)
        info.uid = static_cast<std::uint32_t>(uid);
    info.inode = inode;
    if (tcp && timer != 0)
        info.timer = SocketTimer{
            timer_name(timer),
            static_cast<std::int64_t>(when) * (nanoseconds_per_second / ticks_per_second),
            static_cast<std::uint32_t>(timer == retransmission_timer ? retransmits : probes)};
    if (query.protocol == SocketProtocol::Raw) // which has it in place of a port
        info.protocol = info.local.port();
    if (!tcp)
        info.drops = datagram_drops(columns);
    return true;
}

bool parse_unix_line(std::string_view line, SocketInfo& info)
{
    constexpr std::uint64_t accepting = 0x10000; // __SO_ACCEPTCON, include/linux/net.h
    constexpr std::uint64_t highest_state = 4;   // SS_DISCONNECTING
    constexpr std::size_t longest_name = sizeof(sockaddr_un::sun_path);
    if (line.find('\0') != std::string_view::npos)
        return false;
    Columns columns(line);
    columns.number(16); // address of the socket, or zeros
    columns.character(':');
    columns.spaces();
    columns.number(16, word_digits); // references
    columns.spaces();
    columns.number(16, word_digits); // protocol
    columns.spaces();
    const auto flags = columns.number(16, word_digits);
    columns.spaces();
    const auto type = columns.number(16, 4);
    columns.spaces();
    const auto state = columns.number(16, 2);
    columns.spaces();
    const auto inode = columns.number(10);
    if (!columns.ok() || state > highest_state || unix_netid(type).empty())
        return false;

    reset(info);
    info.netid = unix_netid(type);
    info.family = AF_UNIX;
    // SS_CONNECTING (2) and SS_CONNECTED (3) of include/uapi/linux/net.h.
    const bool connected = state == 2 || state == 3;
    info.state = (flags & accepting) != 0 ? SocketState::Listen
                 : connected              ? SocketState::Established
                                          : SocketState::Close;
    info.inode = inode;
    info.local = Endpoint::unix_unnamed();
    if (columns.rest().empty())
        return true;
    columns.character(' ');
    const auto name = columns.rest();
    if (!columns.ok() || name.empty() || name.size() > longest_name)
        return false;
    std::string sun_path(name);
    if (sun_path.starts_with('@'))
        sun_path[0] = '\0';
    info.local = unix_endpoint(sun_path);
    return true;
}

bool parse_packet_line(std::string_view line, SocketInfo& info)
{
    Columns columns(line);
    columns.number(16);            // address of the socket, or a hash of it
    columns.next<std::uint32_t>(); // references
    const auto type = columns.next<std::uint32_t>();
    columns.spaces();
    const auto protocol = columns.number(16, 4);
    const auto interface = columns.next<std::uint32_t>();
    columns.next<std::uint32_t>(); // running
    const auto received = columns.next<std::uint32_t>();
    const auto uid = columns.next<std::uint32_t>();
    const auto inode = columns.next<std::uint64_t>();
    columns.optional_spaces();
    if (!columns.ok() || !columns.rest().empty() || packet_netid(type).empty())
        return false;
    reset(info);
    info.netid = packet_netid(type);
    info.family = AF_PACKET;
    info.state = SocketState::Close;
    info.recv_q = received;
    info.local = Endpoint::packet(static_cast<std::uint16_t>(protocol), interface);
    info.protocol = static_cast<std::uint32_t>(protocol);
    info.interface = interface;
    info.uid = uid;
    info.inode = inode;
    return true;
}

bool parse_netlink_line(std::string_view line, SocketInfo& info)
{
    Columns columns(line);
    columns.number(16); // address of the socket, or a hash of it
    const auto protocol = columns.next<std::uint8_t>();
    const auto port = columns.next<std::uint32_t>();
    columns.spaces();
    columns.number(16, word_digits); // the first 32 groups
    const auto received = columns.next<std::uint32_t>();
    const auto sent = columns.next<std::uint32_t>();
    columns.next<std::uint32_t>(); // whether a dump is under way
    columns.next<std::uint32_t>(); // references
    const auto drops = columns.next<std::uint32_t>();
    const auto inode = columns.next<std::uint64_t>();
    columns.optional_spaces();
    if (!columns.ok() || !columns.rest().empty())
        return false;
    reset(info);
    info.netid = "nl";
    info.family = AF_NETLINK;
    info.state = SocketState::Close;
    info.recv_q = received;
    info.send_q = sent;
    info.local = Endpoint::netlink(port);
    info.protocol = protocol;
    info.drops = drops;
    info.inode = inode;
    return true;
}

} // namespace sockit
