#include "report/describe.h"
#include "report/format.h"
#include "report/socket_fields.h"
#include "report/width.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

namespace sockit {

namespace {

/// A socket on one line of its own: events come one by one, and no table can wait for them. Cells
/// are as wide as most of their kind.
std::string socket_line(const StatSocket& socket, bool color)
{
    Record scratch(Record::Want::Text, color);
    describe(socket, scratch);
    std::string line;
    for (const auto& cell : scratch.row()) {
        constexpr std::size_t customary = 6;
        const bool address = cell.header.find("Address") != std::string_view::npos;
        const auto width = std::max(cell.header.size() + (address ? 2 : 0), customary);
        const auto taken = display_width(cell.text);
        line += cell.text;
        line.append(taken < width ? width - taken + 1 : 1, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (!scratch.below.empty())
        line += "\n    " + scratch.below;
    return line;
}

/// The record of a socket as a member of another.
void add_record_of(Fields& fields, std::string_view key, const StatSocket& socket)
{
    fields.begin_object(key);
    fields.add("type", "socket");
    add_socket(fields, socket);
    fields.end_object();
}

std::string_view change_name(SocketChange change)
{
    constexpr std::array<std::string_view, 3> names{"opened", "closed", "replaced"};
    return names.at(static_cast<std::size_t>(change));
}

Color change_color(SocketChange change)
{
    constexpr std::array colors{Color::Green, Color::Red, Color::Yellow};
    return colors.at(static_cast<std::size_t>(change));
}

/// The columns of a listing behind those that the record has already.
void append_cells(const StatSocket& socket, Record& record)
{
    Record scratch(Record::Want::Text, record.color());
    describe(socket, scratch);
    for (const auto& from : scratch.row()) {
        auto& cell = record.cell(from.header, from.right);
        cell.text = from.text;
        cell.color = from.color;
    }
    record.below = scratch.below;
}

/// "1.2 KiB"; nothing where nothing moved.
std::string rate_text(const std::optional<double>& per_second)
{
    return per_second && *per_second >= 1 ? format_bytes(static_cast<std::uint64_t>(*per_second))
                                          : std::string();
}

} // namespace

void describe(const StatDestroyed& event, Record& record)
{
    record.start("event", Level::Result);
    if (!record.wants_fields()) {
        record.line = "destroyed " + socket_line(event.socket, record.color());
        return;
    }
    record.fields.add("event", "destroyed");
    record.fields.add("time", event.time);
    add_record_of(record.fields, "socket", event.socket);
}

void describe(const StatChange& event, Record& record)
{
    record.start("change", Level::Result);
    if (!record.wants_fields()) {
        auto& change = record.cell("Change");
        change.text = change_name(event.change);
        change.color = change_color(event.change);
        append_cells(event.socket, record);
        return;
    }
    record.fields.add("change", change_name(event.change));
    record.fields.add("time", event.time);
    add_record_of(record.fields, "socket", event.socket);
    if (event.was)
        add_record_of(record.fields, "was", *event.was);
}

void describe(const StatRate& event, Record& record)
{
    record.start("rate", Level::Result);
    if (record.wants_fields()) {
        add_record_of(record.fields, "socket", event.socket);
        record.fields.add("received_per_s", event.received_per_s);
        record.fields.add("sent_per_s", event.sent_per_s);
        return;
    }
    constexpr std::array<std::string_view, 3> marks{"+", "-", "~"};
    auto& mark = record.cell("");
    mark.text = event.change ? marks.at(static_cast<std::size_t>(*event.change)) : " ";
    if (event.change)
        mark.color = change_color(*event.change);
    if (event.socket.view.tcp_info) {
        record.cell("Recv/s", true).text = rate_text(event.received_per_s);
        record.cell("Send/s", true).text = rate_text(event.sent_per_s);
    }
    append_cells(event.socket, record);
}

void describe(const StatFrame& event, Record& record)
{
    record.start("frame", Level::Result);
    std::map<std::string_view, std::uint64_t> by_state;
    std::uint64_t sockets = 0;
    for (const auto& count : event.counts) {
        by_state[state_name(count.state)] += count.sockets;
        sockets += count.sockets;
    }
    const std::time_t clock = std::chrono::system_clock::to_time_t(event.time);
    std::tm local{};
    ::localtime_r(&clock, &local);
    std::array<char, 16> time{};
    const auto length = std::strftime(time.data(), time.size(), "%T", &local);
    record.line = std::string(time.data(), length) + "  " + std::to_string(sockets) +
                  " sockets  +" + std::to_string(event.changes.opened) + " -" +
                  std::to_string(event.changes.closed) + " ~" +
                  std::to_string(event.changes.replaced) + " ";
    for (const auto& [state, total] : by_state)
        record.line += " " + std::string(state) + " " + std::to_string(total);
    record.line += "  every " + format_duration(event.interval) + ", q quits";
}

} // namespace sockit
