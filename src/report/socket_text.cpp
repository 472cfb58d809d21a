#include "report/socket_text.h"

#include "base/escape.h"
#include "report/socket_endpoint.h"

#include <array>
#include <charconv>
#include <utility>

namespace sockit {

namespace {

void append_number(std::string& out, std::uint64_t value, int base = 10)
{
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
    out.append(digits.data(), end);
}

/// Puts one space between the parts of a cell.
void separate(std::string& out)
{
    if (!out.empty())
        out += ' ';
}

void append_unix(std::string& out, const Endpoint& endpoint, std::uint64_t inode)
{
    const auto name = endpoint.unix_name();
    if (name.empty()) {
        out += '*';
    } else {
        if (endpoint.is_unix_abstract())
            out += '@';
        out += escape(name);
    }
    out += ' ';
    append_number(out, inode);
}

/// `1min54sec`, `59sec`, `9.204sec`, `204ms`, `0ms`.
void append_span(std::string& out, std::int64_t nanoseconds)
{
    constexpr std::int64_t million = 1'000'000;
    const auto milliseconds =
        static_cast<std::uint64_t>(nanoseconds > 0 ? nanoseconds / million : 0);
    const auto seconds = milliseconds / 1000;
    const auto minutes = seconds / 60;
    if (seconds == 0) {
        append_number(out, milliseconds);
        out += "ms";
        return;
    }
    if (minutes > 0) {
        append_number(out, minutes);
        out += "min";
    }
    if (seconds % 60 == 0 && minutes > 0)
        return;
    append_number(out, seconds % 60);
    constexpr std::uint64_t precise_below = 10; // seconds
    if (seconds < precise_below && milliseconds % 1000 != 0) {
        const auto fraction = std::to_string(1000 + milliseconds % 1000);
        out += '.';
        out += std::string_view(fraction).substr(1);
    }
    out += "sec";
}

/// `name:value`, times in milliseconds.
void append_measure(std::string& out, const TcpInfoField& field)
{
    constexpr std::string_view time_suffix = "_ns";
    if (field.name.ends_with(time_suffix)) {
        out += field.name.substr(0, field.name.size() - time_suffix.size());
        out += ':';
        append_milliseconds(out, field.value.value_or(0));
    } else {
        out += field.name;
        out += ':';
        append_number(out, field.value.value_or(0));
    }
}

/// `bbr:(bw:7,min_rtt:0.009ms)`; the name alone where nothing is known of it.
void append_block(std::string& out, std::string_view name,
                  const std::vector<TcpInfoField>& measures)
{
    if (name.empty())
        return;
    separate(out);
    out += escape(name);
    if (measures.empty())
        return;
    out += ":(";
    bool first = true;
    for (const auto& measure : measures) {
        if (!std::exchange(first, false))
            out += ',';
        append_measure(out, measure);
    }
    out += ')';
}

std::string_view shutdown_arrows(std::uint8_t shutdown)
{
    constexpr std::array<std::string_view, 4> arrows{"<->", "-->", "<--", "---"};
    return arrows[shutdown & 3U];
}

/// A process's, in quotes.
void append_name(std::string& out, std::string_view name)
{
    out += '"';
    for (const char c : escape(name)) {
        if (c == '"') // else `x"),("root` would look like two owners
            out += '\\';
        out += c;
    }
    out += '"';
}

} // namespace

void append_milliseconds(std::string& out, std::uint64_t nanoseconds)
{
    const auto microseconds = nanoseconds / 1000;
    append_number(out, microseconds / 1000);
    if (const auto rest = microseconds % 1000; rest != 0) {
        auto fraction = std::to_string(1000 + rest);
        fraction[0] = '.';
        fraction.erase(fraction.find_last_not_of('0') + 1);
        out += fraction;
    }
    out += "ms";
}

void append_local(std::string& out, const SocketInfo& info, std::string_view service,
                  std::string_view name)
{
    if (info.family == AF_UNIX) {
        append_unix(out, info.local, info.inode.value_or(0));
        return;
    }
    append_socket_endpoint(out, info, info.local, service, name);
}

void append_peer(std::string& out, const SocketInfo& info, std::string_view service,
                 std::string_view name)
{
    if (info.family == AF_UNIX) {
        append_unix(out, Endpoint(), info.peer_inode.value_or(0));
    } else if (info.peer) {
        append_socket_endpoint(out, info, *info.peer, service, name);
    } else if (info.family == AF_INET) {
        out += "0.0.0.0:*";
    } else if (info.family == AF_PACKET || info.family == AF_NETLINK) {
        out += '*';
    } else if (info.family == AF_VSOCK) {
        out += "*:*";
    } else {
        out += info.v6only == false && info.local.is_wildcard() ? "*:*" : "[::]:*";
    }
}

void append_processes(std::string& out, const SocketInfo& info)
{
    if (info.processes && info.processes->empty())
        return;
    separate(out);
    if (!info.processes) {
        out += "users:(?)";
        return;
    }
    out += "users:(";
    bool first = true;
    for (const auto& owner : *info.processes) {
        out += first ? "(" : ",(";
        first = false;
        append_name(out, owner.comm);
        out += ",pid=";
        append_number(out, static_cast<std::uint64_t>(owner.pid));
        if (owner.tid) {
            out += ",tid=";
            append_number(out, static_cast<std::uint64_t>(*owner.tid));
        }
        out += ",fd=";
        append_number(out, static_cast<std::uint64_t>(owner.fd));
        out += ')';
    }
    out += ')';
}

void append_timer(std::string& out, const SocketTimer& timer)
{
    separate(out);
    out += "timer:(";
    out += timer.name;
    out += ',';
    append_span(out, timer.expires_ns);
    out += ',';
    append_number(out, timer.retransmits);
    out += ')';
}

void append_extended(std::string& out, const SocketInfo& info)
{
    const auto number = [&](std::string_view name, std::uint64_t value, int base = 10) {
        separate(out);
        out += name;
        append_number(out, value, base);
    };
    if (info.uid)
        number("uid:", *info.uid);
    if (info.inode.value_or(0) != 0)
        number("ino:", *info.inode);
    if (info.cookie)
        number("sk:", *info.cookie, 16);
    if (info.v6only)
        number("v6only:", *info.v6only ? 1 : 0);
    if (info.mark.value_or(0) != 0)
        number("fwmark:0x", *info.mark, 16);
    if (info.shutdown) {
        separate(out);
        out += shutdown_arrows(*info.shutdown);
    }
}

void append_cgroup(std::string& out, const SocketInfo& info)
{
    if (!info.cgroup)
        return;
    separate(out);
    out += "cgroup:";
    out += escape(*info.cgroup);
}

void append_type_of_service(std::string& out, const SocketInfo& info)
{
    const auto number = [&](std::string_view name, const auto& value, int base) {
        if (!value)
            return;
        separate(out);
        out += name;
        append_number(out, *value, base);
    };
    number("tos:0x", info.tos, 16);
    number("tclass:0x", info.traffic_class, 16);
    number("class_id:0x", info.class_id, 16);
}

void append_inet_options(std::string& out, std::uint16_t options)
{
    separate(out);
    out += "inet-sockopt:(";
    std::string_view before;
    for (std::size_t bit = 0; bit < inet_option_names.size(); ++bit) {
        if ((options >> bit & 1U) == 0)
            continue;
        out += before;
        out += inet_option_names[bit];
        before = ",";
    }
    out += ')';
}

void append_memory(std::string& out, const SocketMemory& memory)
{
    separate(out);
    std::string_view before = "skmem:(";
    const auto number = [&](std::string_view name, std::uint32_t value) {
        out += before;
        out += name;
        append_number(out, value);
        before = ",";
    };
    number("r", memory.r);
    number("rb", memory.rb);
    number("t", memory.t);
    number("tb", memory.tb);
    number("f", memory.f);
    number("w", memory.w);
    number("o", memory.o);
    number("bl", memory.bl);
    number("d", memory.d);
    out += ')';
}

void append_tcp_info(std::string& out, const SocketInfo& info)
{
    if (!info.congestion.empty()) {
        separate(out);
        out += escape(info.congestion);
    }
    for (const auto& field : info.tcp_info) {
        if (field.value.value_or(0) == 0 || field.name == "state") // which has a column
            continue;
        separate(out);
        append_measure(out, field);
    }
    append_block(out, info.congestion_block, info.congestion_info);
    append_block(out, info.upper_protocol, info.upper_protocol_info);
}

} // namespace sockit
