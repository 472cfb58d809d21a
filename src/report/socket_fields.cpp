#include "report/socket_fields.h"

#include "report/socket_endpoint.h"
#include "report/socket_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sockit {

namespace {

std::string_view family_name(int family)
{
    switch (family) {
    case AF_INET: return "inet";
    case AF_INET6: return "inet6";
    case AF_PACKET: return "packet";
    case AF_NETLINK: return "netlink";
    case AF_VSOCK: return "vsock";
    default: return "unix";
    }
}

void add_name(Fields& fields, std::string_view key, std::string_view name)
{
    if (name.empty())
        fields.add(key, nullptr);
    else
        fields.add(key, name);
}

void add_cookie(Fields& fields, const std::optional<std::uint64_t>& cookie)
{
    if (!cookie) {
        fields.add("cookie", nullptr);
        return;
    }
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *cookie, 16).ptr;
    fields.add("cookie", std::string_view(digits.data(), end));
}

void add_netns(Fields& fields, const NetnsTag& netns)
{
    fields.begin_object("netns");
    fields.add("inode", netns.inode);
    add_name(fields, "name", netns.name);
    if (netns.pid != 0)
        fields.add("pid", netns.pid);
    else
        fields.add("pid", nullptr);
    fields.end_object();
}

void add_timer(Fields& fields, const std::optional<SocketTimer>& timer)
{
    if (!timer) {
        fields.add("timer", nullptr);
        return;
    }
    fields.begin_object("timer");
    fields.add("name", timer->name);
    fields.add("expires_ns", timer->expires_ns);
    fields.add("retransmits", timer->retransmits);
    fields.end_object();
}

void add_accept_queue(Fields& fields, const SocketInfo& info)
{
    fields.begin_object("accept_queue");
    fields.add("length", info.accept_length);
    fields.add("limit", info.accept_limit);
    fields.add("full", is_accept_queue_full(info));
    fields.end_object();
}

void add_details(Fields& fields, const StatSocket& event, std::int32_t pid)
{
    const auto found = std::ranges::find(event.processes, pid, &StatProcess::pid);
    if (found == event.processes.end())
        return;
    fields.add("cmdline", found->command);
    fields.add("started", found->started);
}

void add_owners(Fields& fields, std::string_view key, const StatSocket& event,
                const std::optional<std::vector<SocketOwner>>& owners)
{
    if (!owners) {
        fields.add(key, nullptr);
        return;
    }
    fields.begin_array(key);
    for (const auto& owner : *owners) {
        fields.begin_object();
        fields.add("pid", owner.pid);
        fields.add("fd", owner.fd);
        fields.add("comm", owner.comm);
        if (owner.tid)
            fields.add("tid", *owner.tid);
        if (event.view.commands)
            add_details(fields, event, owner.pid);
        fields.end_object();
    }
    fields.end_array();
}

void add_processes(Fields& fields, const StatSocket& event)
{
    const auto& info = event.info;
    add_owners(fields, "processes", event, info.processes);
    if (info.processes_incomplete)
        fields.add("processes_incomplete", "permission");
    else
        fields.add("processes_incomplete", nullptr);
    if (info.peer_inode.value_or(0) != 0)
        add_owners(fields, "peer_processes", event, info.peer_processes);
}

void add_extended(Fields& fields, const SocketInfo& info)
{
    constexpr std::array<std::string_view, 4> directions{"none", "receive", "send", "both"};
    if (info.family == AF_INET6)
        fields.add("v6only", info.v6only);
    if (info.shutdown)
        fields.add("shutdown", directions[*info.shutdown & 3U]);
    else
        fields.add("shutdown", nullptr);
    if (info.family == AF_INET || info.family == AF_INET6)
        fields.add("mark", info.mark);
}

void add_tcp_info(Fields& fields, const SocketInfo& info)
{
    if (info.tcp_info.empty()) {
        fields.add("tcp_info", nullptr);
        return;
    }
    fields.begin_object("tcp_info");
    fields.add_measures(info.tcp_info);
    if (info.congestion.empty())
        fields.add("congestion", nullptr);
    else
        fields.add("congestion", info.congestion);
    if (!info.congestion_block.empty()) {
        fields.begin_object(info.congestion_block);
        fields.add_measures(info.congestion_info);
        fields.end_object();
    }
    fields.end_object();
}

void add_upper_protocol(Fields& fields, const SocketInfo& info)
{
    fields.begin_object("ulp");
    fields.add("name", info.upper_protocol);
    fields.add_measures(info.upper_protocol_info);
    fields.end_object();
}

void add_inet_options(Fields& fields, const std::optional<std::uint16_t>& options)
{
    if (!options) {
        fields.add("options", nullptr);
        return;
    }
    fields.begin_object("options");
    for (std::size_t bit = 0; bit < inet_option_names.size(); ++bit)
        fields.add(inet_option_names[bit], (*options >> bit & 1U) != 0);
    fields.end_object();
}

void add_type_of_service(Fields& fields, const SocketInfo& info)
{
    fields.add("tos", info.tos);
    if (info.family == AF_INET6)
        fields.add("traffic_class", info.traffic_class);
    fields.add("class_id", info.class_id);
}

void add_mptcp_info(Fields& fields, const SocketInfo& info)
{
    if (info.tcp_info.empty()) {
        fields.add("mptcp_info", nullptr);
        return;
    }
    fields.begin_object("mptcp_info");
    fields.add_measures(info.tcp_info);
    fields.end_object();
}

void add_memory(Fields& fields, const std::optional<SocketMemory>& memory)
{
    if (!memory) {
        fields.add("memory", nullptr);
        return;
    }
    fields.begin_object("memory");
    fields.add("r", memory->r);
    fields.add("rb", memory->rb);
    fields.add("t", memory->t);
    fields.add("tb", memory->tb);
    fields.add("f", memory->f);
    fields.add("w", memory->w);
    fields.add("o", memory->o);
    fields.add("bl", memory->bl);
    fields.add("d", memory->d);
    fields.end_object();
}

} // namespace

void add_socket(Fields& fields, const StatSocket& event)
{
    const auto& info = event.info;
    const auto& view = event.view;
    fields.add("netid", info.netid);
    fields.add("family", family_name(info.family));
    fields.add("state", state_name(info.state));
    fields.add("recv_q", info.recv_q);
    fields.add("send_q", info.send_q);
    add_socket_endpoint(fields, "local", info, info.local);
    if (info.peer)
        add_socket_endpoint(fields, "peer", info, *info.peer);
    else
        fields.add("peer", nullptr);
    if (view.names) {
        add_name(fields, "local_name", event.local_name);
        add_name(fields, "peer_name", event.peer_name);
    }
    if (info.protocol)
        fields.add("protocol", *info.protocol);
    if (const auto interface = interface_text(info); !interface.empty())
        fields.add("interface", interface);
    if (info.netns)
        add_netns(fields, *info.netns);
    fields.add("uid", info.uid);
    if (view.users)
        add_name(fields, "user", event.user);
    if (info.inode.value_or(0) != 0)
        fields.add("inode", *info.inode);
    else
        fields.add("inode", nullptr);
    add_cookie(fields, info.cookie);
    add_timer(fields, info.timer);
    if (info.state == SocketState::Listen)
        add_accept_queue(fields, info);
    if (info.family == AF_UNIX)
        fields.add("peer_inode", info.peer_inode);
    if (view.processes)
        add_processes(fields, event);
    if (view.extended)
        add_extended(fields, info);
    if ((view.extended || view.cgroup) && (info.family == AF_INET || info.family == AF_INET6))
        fields.add("cgroup", info.cgroup);
    if (view.tcp_info && info.netid == "tcp")
        add_tcp_info(fields, info);
    if (view.tcp_info && info.netid == "mptcp")
        add_mptcp_info(fields, info);
    if (view.tcp_info && !info.upper_protocol.empty())
        add_upper_protocol(fields, info);
    const bool inet = info.family == AF_INET || info.family == AF_INET6;
    if (view.inet_options && inet)
        add_inet_options(fields, info.inet_options);
    if (view.type_of_service && inet)
        add_type_of_service(fields, info);
    if (info.drops)
        fields.add("drops", *info.drops);
    if (view.memory)
        add_memory(fields, info.memory);
}

} // namespace sockit
