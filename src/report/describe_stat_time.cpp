#include "report/describe.h"
#include "report/socket_fields.h"
#include "report/width.h"

#include <algorithm>
#include <array>

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
    constexpr std::array<std::string_view, 3> names{"opened", "closed", "replaced"};
    constexpr std::array colors{Color::Green, Color::Red, Color::Yellow};
    const auto which = static_cast<std::size_t>(event.change);
    record.start("change", Level::Result);
    if (!record.wants_fields()) {
        auto& change = record.cell("Change");
        change.text = names.at(which);
        change.color = colors.at(which);
        Record socket(Record::Want::Text, record.color());
        describe(event.socket, socket);
        for (const auto& cell : socket.row())
            record.cell(cell.header, cell.right).text = cell.text;
        record.below = socket.below;
        return;
    }
    record.fields.add("change", names.at(which));
    record.fields.add("time", event.time);
    add_record_of(record.fields, "socket", event.socket);
    if (event.was)
        add_record_of(record.fields, "was", *event.was);
}

} // namespace sockit
