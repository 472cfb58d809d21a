#include "event/stat_columns.h"
#include "sock/tcp_info.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

using Column = const StatColumn&;
using Row = const StatSocket&;
using Owner = const SocketOwner*;

template <class T>
StatValue number(const std::optional<T>& value)
{
    return value ? StatValue(std::uint64_t{*value}) : StatValue();
}

StatValue number_unless_zero(std::uint64_t value)
{
    return value != 0 ? StatValue(value) : StatValue();
}

StatValue text(std::string_view value)
{
    return value.empty() ? StatValue() : StatValue(std::string(value));
}

StatValue flag(const std::optional<bool>& value)
{
    return value ? StatValue(std::string(*value ? "yes" : "no")) : StatValue();
}

StatValue address(const Endpoint& endpoint)
{
    if (endpoint.is_inet())
        return endpoint.address();
    if (endpoint.family() != AF_UNIX)
        return text(endpoint.text());
    return text((endpoint.is_unix_abstract() ? "@" : "") + std::string(endpoint.unix_name()));
}

StatValue port(const Endpoint& endpoint)
{
    return endpoint.is_inet() ? number_unless_zero(endpoint.port()) : StatValue();
}

const StatProcess* process_of(Row row, Owner owner)
{
    if (owner == nullptr)
        return nullptr;
    const auto found = std::ranges::find(row.processes, owner->pid, &StatProcess::pid);
    return found != row.processes.end() ? &*found : nullptr;
}

std::uint64_t nanoseconds(std::chrono::system_clock::duration span)
{
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(span).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

StatValue started(Row row, Owner owner)
{
    const auto* process = process_of(row, owner);
    return process != nullptr && process->started
               ? StatValue(nanoseconds(process->started->time_since_epoch()))
               : StatValue();
}

StatValue age(Row row, Owner owner)
{
    const auto* process = process_of(row, owner);
    return process != nullptr && process->started
               ? StatValue(nanoseconds(row.time - *process->started))
               : StatValue();
}

StatValue tcp_info_member(Column column, Row row, Owner)
{
    const auto found = std::ranges::find(row.info.tcp_info, column.key, &TcpInfoField::name);
    return found != row.info.tcp_info.end() ? number(found->value) : StatValue();
}

template <std::uint32_t SocketMemory::* Member>
StatValue memory_member(Column, Row row, Owner)
{
    return row.info.memory ? StatValue(std::uint64_t{(*row.info.memory).*Member}) : StatValue();
}

StatValue shutdown_of(Column, Row row, Owner)
{
    constexpr std::array<std::string_view, 4> directions{"none", "receive", "send", "both"};
    return row.info.shutdown ? text(directions[*row.info.shutdown & 3U]) : StatValue();
}

std::string_view family_of(Row row)
{
    switch (row.info.family) {
    case AF_INET: return "inet";
    case AF_INET6: return "inet6";
    case AF_UNIX: return "unix";
    case AF_PACKET: return "link";
    case AF_NETLINK: return "netlink";
    case AF_VSOCK: return "vsock";
    default: return {};
    }
}

constexpr auto comm_of = [](Column, Row, Owner owner) {
    return owner != nullptr ? text(owner->comm) : StatValue();
};

// Names, headers, keys and what they say, in the order of the help.
constexpr std::array fixed_columns{
    StatColumn{.name = "netid",
               .header = "Netid",
               .key = "netid",
               .help = "tcp, udp, u_str …",
               .value = [](Column, Row row, Owner) { return text(row.info.netid); }},
    StatColumn{.name = "family",
               .header = "Family",
               .key = "family",
               .help = "inet, inet6, unix …",
               .value = [](Column, Row row, Owner) { return text(family_of(row)); }},
    StatColumn{.name = "state",
               .header = "State",
               .key = "state",
               .help = "ESTAB, LISTEN …",
               .value = [](Column, Row row, Owner) { return text(state_name(row.info.state)); }},
    StatColumn{.name = "recv-q",
               .header = "Recv-Q",
               .key = "recv_q",
               .help = "what waits to be read, or accepted",
               .value = [](Column, Row row, Owner) { return number(row.info.recv_q); }},
    StatColumn{.name = "send-q",
               .header = "Send-Q",
               .key = "send_q",
               .help = "what waits to be acknowledged; of listeners the backlog",
               .value = [](Column, Row row, Owner) { return number(row.info.send_q); }},
    StatColumn{.name = "local",
               .header = "Local Address:Port",
               .key = "local",
               .help = "the socket's own address (counts: without its port)",
               .least = 15,
               .keeps_end = true,
               .value = [](Column, Row row, Owner) { return address(row.info.local); }},
    StatColumn{.name = "local-port",
               .header = "LPort",
               .key = "local_port",
               .help = "its port",
               .right = true,
               .value = [](Column, Row row, Owner) { return port(row.info.local); }},
    StatColumn{
        .name = "peer",
        .header = "Peer Address:Port",
        .key = "peer",
        .help = "the other end (counts: without its port)",
        .least = 15,
        .keeps_end = true,
        .value = [](Column, Row row,
                    Owner) { return row.info.peer ? address(*row.info.peer) : StatValue(); }},
    StatColumn{.name = "peer-port",
               .header = "PPort",
               .key = "peer_port",
               .help = "its port",
               .right = true,
               .value = [](Column, Row row,
                           Owner) { return row.info.peer ? port(*row.info.peer) : StatValue(); }},
    StatColumn{.name = "interface",
               .header = "Interface",
               .key = "interface",
               .help = "the device it is bound to",
               .least = 6,
               .value = [](Column, Row row, Owner) { return text(row.info.interface_name); }},
    StatColumn{.name = "process",
               .header = "Process",
               .key = "process",
               .help = "users:((NAME,pid,fd)) as in ss (counts: the names)",
               .need = StatNeed::Processes,
               .per_owner = true,
               .least = 10,
               .value = comm_of},
    StatColumn{.name = "owner",
               .header = "Owner",
               .key = "owner",
               .help = "its processes in short: NAME/PID",
               .need = StatNeed::Processes,
               .per_owner = true,
               .least = 10,
               .value =
                   [](Column, Row, Owner owner) {
                       return owner != nullptr
                                  ? text(owner->comm + "/" + std::to_string(owner->pid))
                                  : StatValue();
                   }},
    StatColumn{.name = "comm",
               .header = "Command",
               .key = "comm",
               .help = "the names of its processes",
               .need = StatNeed::Processes,
               .per_owner = true,
               .least = 6,
               .value = comm_of},
    StatColumn{.name = "pid",
               .header = "PID",
               .key = "pid",
               .help = "their numbers",
               .need = StatNeed::Processes,
               .right = true,
               .per_owner = true,
               .value =
                   [](Column, Row, Owner owner) {
                       return owner != nullptr ? StatValue(static_cast<std::uint64_t>(owner->pid))
                                               : StatValue();
                   }},
    StatColumn{.name = "tid",
               .header = "TID",
               .key = "tid",
               .help = "the threads whose descriptor it is",
               .need = StatNeed::Processes,
               .right = true,
               .per_owner = true,
               .value =
                   [](Column, Row, Owner owner) {
                       return owner != nullptr && owner->tid
                                  ? StatValue(static_cast<std::uint64_t>(*owner->tid))
                                  : StatValue();
                   }},
    StatColumn{.name = "fd",
               .header = "FD",
               .key = "fd",
               .help = "the descriptors",
               .need = StatNeed::Processes,
               .right = true,
               .per_owner = true,
               .value =
                   [](Column, Row, Owner owner) {
                       return owner != nullptr ? StatValue(static_cast<std::uint64_t>(owner->fd))
                                               : StatValue();
                   }},
    StatColumn{.name = "cmdline",
               .header = "Command line",
               .key = "cmdline",
               .help = "what the processes were started as",
               .need = StatNeed::Commands,
               .per_owner = true,
               .least = 10,
               .value =
                   [](Column, Row row, Owner owner) {
                       const auto* process = process_of(row, owner);
                       return process != nullptr ? text(process->command) : StatValue();
                   }},
    StatColumn{.name = "started",
               .header = "Started",
               .key = "started",
               .help = "when the processes were",
               .need = StatNeed::Commands,
               .unit = StatUnit::Time,
               .per_owner = true,
               .value = [](Column, Row row, Owner owner) { return started(row, owner); }},
    StatColumn{.name = "age",
               .header = "Age",
               .key = "age_ns",
               .help = "for how long they have run",
               .need = StatNeed::Commands,
               .unit = StatUnit::Age,
               .right = true,
               .per_owner = true,
               .value = [](Column, Row row, Owner owner) { return age(row, owner); }},
    StatColumn{.name = "uid",
               .header = "UID",
               .key = "uid",
               .help = "the user whose socket it is",
               .right = true,
               .value = [](Column, Row row, Owner) { return number(row.info.uid); }},
    StatColumn{.name = "user",
               .header = "User",
               .key = "user",
               .help = "the user by name",
               .need = StatNeed::Users,
               .least = 6,
               .value =
                   [](Column, Row row, Owner) {
                       return row.user.empty() && row.info.uid ? text(std::to_string(*row.info.uid))
                                                               : text(row.user);
                   }},
    StatColumn{.name = "inode",
               .header = "Inode",
               .key = "inode",
               .help = "as ls -l /proc/PID/fd shows it",
               .right = true,
               .value = [](Column, Row row,
                           Owner) { return number_unless_zero(row.info.inode.value_or(0)); }},
    StatColumn{.name = "cookie",
               .header = "Cookie",
               .key = "cookie",
               .help = "the kernel's name for the socket",
               .unit = StatUnit::Hexadecimal,
               .right = true,
               .value = [](Column, Row row, Owner) { return number(row.info.cookie); }},
    StatColumn{
        .name = "timer",
        .header = "Timer",
        .key = "timer",
        .help = "the pending timer (counts: its name)",
        .least = 10,
        .value = [](Column, Row row,
                    Owner) { return row.info.timer ? text(row.info.timer->name) : StatValue(); }},
    StatColumn{.name = "queue",
               .header = "Queue",
               .key = "queue",
               .help = "what waits: of listeners connections and how many may, else bytes",
               .right = true,
               .value =
                   [](Column, Row row, Owner) {
                       return number(row.info.accept_length ? row.info.accept_length
                                                            : row.info.recv_q);
                   }},
    StatColumn{
        .name = "cgroup",
        .header = "Cgroup",
        .key = "cgroup",
        .help = "its control group",
        .need = StatNeed::Extended,
        .least = 10,
        .keeps_end = true,
        .value = [](Column, Row row,
                    Owner) { return row.info.cgroup ? text(*row.info.cgroup) : StatValue(); }},
    StatColumn{.name = "shutdown",
               .header = "Shutdown",
               .key = "shutdown",
               .help = "none, receive, send or both",
               .need = StatNeed::Extended,
               .value = shutdown_of},
    StatColumn{.name = "v6only",
               .header = "V6only",
               .key = "v6only",
               .help = "whether it takes IPv6 alone",
               .need = StatNeed::Extended,
               .value = [](Column, Row row, Owner) { return flag(row.info.v6only); }},
    StatColumn{.name = "netns",
               .header = "Netns",
               .key = "netns",
               .help = "its network namespace, where several are listed",
               .least = 6,
               .value =
                   [](Column, Row row, Owner) {
                       return !row.info.netns ? StatValue()
                              : row.info.netns->name.empty()
                                  ? text(std::to_string(row.info.netns->inode))
                                  : text(row.info.netns->name);
                   }},
    StatColumn{.name = "peer-inode",
               .header = "Peer inode",
               .key = "peer_inode",
               .help = "unix: the other end",
               .right = true,
               .value = [](Column, Row row,
                           Owner) { return number_unless_zero(row.info.peer_inode.value_or(0)); }},
    StatColumn{.name = "congestion",
               .header = "Congestion",
               .key = "congestion",
               .help = "the congestion control",
               .need = StatNeed::TcpInfo,
               .value = [](Column, Row row, Owner) { return text(row.info.congestion); }},
};

template <std::uint32_t SocketMemory::* Member>
constexpr StatColumn memory_column(std::string_view name)
{
    return {.name = name,
            .header = name,
            .key = name,
            .help = {},
            .need = StatNeed::Memory,
            .right = true,
            .value = memory_member<Member>};
}

std::vector<StatColumn> all_columns()
{
    std::vector<StatColumn> columns(fixed_columns.begin(), fixed_columns.end());
    constexpr std::string_view time_suffix = "_ns";
    for (const auto& row : tcp_info_rows()) {
        const bool time = row.name.ends_with(time_suffix);
        const auto name =
            time ? row.name.substr(0, row.name.size() - time_suffix.size()) : row.name;
        if (name == "state") // has a column
            continue;
        columns.push_back({.name = name,
                           .header = name,
                           .key = row.name,
                           .help = {},
                           .need = StatNeed::TcpInfo,
                           .unit = time ? StatUnit::Nanoseconds : StatUnit::None,
                           .right = true,
                           .value = tcp_info_member});
    }
    for (const auto& column :
         {memory_column<&SocketMemory::r>("r"), memory_column<&SocketMemory::rb>("rb"),
          memory_column<&SocketMemory::t>("t"), memory_column<&SocketMemory::tb>("tb"),
          memory_column<&SocketMemory::f>("f"), memory_column<&SocketMemory::w>("w"),
          memory_column<&SocketMemory::o>("o"), memory_column<&SocketMemory::bl>("bl"),
          memory_column<&SocketMemory::d>("d")})
        columns.push_back(column);
    return columns;
}

} // namespace

std::span<const StatColumn> stat_columns()
{
    static const std::vector<StatColumn> columns = all_columns();
    return columns;
}

} // namespace sockit
