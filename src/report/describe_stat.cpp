#include "base/escape.h"
#include "report/column_text.h"
#include "report/describe.h"
#include "report/socket_fields.h"
#include "report/socket_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <net/if.h>

namespace sockit {

namespace {

std::string_view family_name(int family)
{
    switch (family) {
    case AF_INET: return "inet";
    case AF_INET6: return "inet6";
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

void add_interface(Fields& fields, std::uint32_t index)
{
    if (index == 0)
        return;
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(index, name.data()) != nullptr)
        fields.add("interface", name.data());
    else
        fields.add("interface", std::to_string(index));
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
    if (info.family != AF_UNIX)
        fields.add("cgroup", info.cgroup);
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

void append_queue(std::string& out, const std::optional<std::uint64_t>& bytes)
{
    out += bytes ? std::to_string(*bytes) : "-";
}

/// To these the columns are narrowed before the row is cut.
constexpr std::size_t least_address = 15;
constexpr std::size_t least_process = 10;

void fill_row(const StatSocket& event, Record& record)
{
    const auto& info = event.info;
    const auto& view = event.view;
    if (!view.columns.empty()) {
        for (const auto* column : view.columns)
            fill_cell(record, *column, event);
        return;
    }
    record.cell("Netid").text = info.netid;
    record.cell("State").text = state_name(info.state);
    auto& waiting = record.cell("Recv-Q");
    append_queue(waiting.text, info.recv_q);
    append_queue(record.cell("Send-Q").text, info.send_q);
    auto& local = record.cell("Local Address:Port");
    local.least = least_address;
    local.keeps_end = true;
    append_local(local.text, info, event.local_service, event.local_name);
    auto& peer = record.cell("Peer Address:Port");
    peer.least = least_address;
    peer.keeps_end = true;
    append_peer(peer.text, info, event.peer_service, event.peer_name);
    auto& rest = record.cell("Process");
    rest.least = least_process;
    if (is_accept_queue_full(info) == true) {
        rest.text = "accept-queue-full";
        rest.color = Color::Red;
    }
    if (view.processes)
        append_processes(rest.text, info);
    if (view.timer && info.timer)
        append_timer(rest.text, *info.timer);
    if (view.extended)
        append_extended(rest.text, info);
    auto& more = view.one_line ? rest.text : record.below;
    if (view.memory && info.memory)
        append_memory(more, *info.memory);
    if (view.tcp_info)
        append_tcp_info(more, info);
}

using Totals = std::map<std::string_view, std::uint64_t>;

void add_totals(Fields& fields, const std::vector<StatCount>& counts)
{
    Totals by_state;
    Totals by_netid;
    std::uint64_t sockets = 0;
    for (const auto& count : counts) {
        if (count.state != SocketState::Unknown)
            by_state[state_name(count.state)] += count.sockets;
        by_netid[count.netid] += count.sockets;
        sockets += count.sockets;
    }
    const auto add = [&](std::string_view key, const Totals& totals) {
        fields.begin_object(key);
        for (const auto& [name, total] : totals)
            fields.add(name, total);
        fields.end_object();
    };
    fields.add("sockets", sockets);
    add("by_state", by_state);
    add("by_netid", by_netid);
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
    fields.add("local", info.local);
    fields.add("peer", info.peer);
    if (view.names) {
        add_name(fields, "local_name", event.local_name);
        add_name(fields, "peer_name", event.peer_name);
    }
    add_interface(fields, info.interface);
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
    if (view.tcp_info && info.netid == "tcp")
        add_tcp_info(fields, info);
    if (view.memory)
        add_memory(fields, info.memory);
}

void describe(const StatStart& event, Record& record)
{
    record.start("start", Level::Hidden);
    record.fields.add("via", event.via);
    record.fields.add("time", event.time);
}

void describe(const StatOverview& event, Record& record)
{
    record.start("overview", Level::Result);
    if (record.wants_fields()) {
        add_totals(record.fields, event.counts);
        return;
    }
    std::map<std::string_view, Totals> by_netid;
    for (const auto& count : event.counts)
        by_netid[count.netid][state_name(count.state)] += count.sockets;
    for (const auto& [netid, totals] : by_netid) {
        std::uint64_t sum = 0;
        std::string states;
        for (const auto& [state, total] : totals) {
            states +=
                (states.empty() ? "" : ", ") + std::to_string(total) + " " + std::string(state);
            sum += total;
        }
        record.line += std::string(netid) + std::string(8 - netid.size(), ' ') +
                       std::to_string(sum) + " (" + states + ")\n";
    }
}

void describe(const StatSocket& event, Record& record)
{
    record.start("socket", Level::Result);
    if (record.wants_fields())
        add_socket(record.fields, event);
    else
        fill_row(event, record);
}

void describe(const StatSummary& event, Record& record)
{
    record.start("summary", Level::Hidden);
    add_totals(record.fields, event.counts);
    record.fields.add("unreadable", event.unreadable);
    if (event.changes) {
        record.fields.add("opened", event.changes->opened);
        record.fields.add("closed", event.changes->closed);
        record.fields.add("replaced", event.changes->replaced);
    }
    if (event.killed) {
        record.fields.add("destroyed", event.killed->destroyed);
        record.fields.add("not_destroyed", event.killed->failed);
    }
    if (event.overflows)
        record.fields.add("overflows", *event.overflows);
    if (event.over_time)
        record.fields.add("stopped_by", event.stopped_by);
}

} // namespace sockit
