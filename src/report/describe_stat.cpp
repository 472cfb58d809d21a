#include "base/escape.h"
#include "report/column_text.h"
#include "report/describe.h"
#include "report/socket_fields.h"
#include "report/socket_text.h"

#include <map>

namespace sockit {

namespace {

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
    if (info.netns)
        record.cell("Netns").text =
            info.netns->name.empty() ? std::to_string(info.netns->inode) : escape(info.netns->name);
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
    if (view.cgroup || view.extended)
        append_cgroup(rest.text, info);
    if (view.type_of_service)
        append_type_of_service(rest.text, info);
    auto& more = view.one_line ? rest.text : record.below;
    if (view.inet_options && info.inet_options)
        append_inet_options(more, *info.inet_options);
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
