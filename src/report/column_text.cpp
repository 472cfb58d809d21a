#include "report/column_text.h"

#include "base/escape.h"
#include "report/socket_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace sockit {

namespace {

std::chrono::system_clock::time_point instant(std::uint64_t nanoseconds)
{
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(nanoseconds)));
}

/// `12s`, `3m07s`, `5h02m`, `12d07h`: the two biggest units.
std::string age_text(std::uint64_t nanoseconds)
{
    const auto seconds = nanoseconds / 1'000'000'000;
    constexpr std::uint64_t minute = 60;
    constexpr std::uint64_t hour = 60 * minute;
    constexpr std::uint64_t day = 24 * hour;
    if (seconds < minute)
        return fmt::format("{}s", seconds);
    if (seconds < hour)
        return fmt::format("{}m{:02}s", seconds / minute, seconds % minute);
    if (seconds < day)
        return fmt::format("{}h{:02}m", seconds / hour, seconds % hour / minute);
    return fmt::format("{}d{:02}h", seconds / day, seconds % day / hour);
}

void append_number_in(StatUnit unit, std::string& out, std::uint64_t number)
{
    switch (unit) {
    case StatUnit::None: out += std::to_string(number); return;
    case StatUnit::Hexadecimal: fmt::format_to(std::back_inserter(out), "{:x}", number); return;
    case StatUnit::Nanoseconds: append_milliseconds(out, number); return;
    case StatUnit::Age: out += age_text(number); return;
    case StatUnit::Time:
        fmt::format_to(std::back_inserter(out), "{:%F %T}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(instant(number))));
        return;
    }
}

void append_queue_of(std::string& out, const SocketInfo& info)
{
    const auto number = [&](const std::optional<std::uint64_t>& value) {
        out += value ? std::to_string(*value) : "-";
    };
    if (info.state != SocketState::Listen)
        return number(info.recv_q);
    number(info.accept_length);
    out += '/';
    number(info.accept_limit);
    if (is_accept_queue_full(info) == true)
        out += " full";
}

/// What each owner says, once where neighbours say the same.
void append_of_owners(std::string& out, const StatColumn& column, const StatSocket& socket)
{
    const auto& owners = socket.info.processes;
    if (!owners || owners->empty()) {
        out += owners ? "-" : "?";
        return;
    }
    StatValue last;
    bool first = true;
    for (const auto& owner : *owners) {
        auto value = column.value(column, socket, &owner);
        if (!first && value == last)
            continue;
        if (!first)
            out += ',';
        first = false;
        append_value(out, column, value);
        last = std::move(value);
    }
}

void append_column(std::string& out, const StatColumn& column, const StatSocket& socket)
{
    const auto& info = socket.info;
    if (column.name == "local")
        append_local(out, info, socket.local_service, socket.local_name);
    else if (column.name == "peer")
        append_peer(out, info, socket.peer_service, socket.peer_name);
    else if (column.name == "process")
        append_processes(out, info);
    else if (column.name == "timer" && info.timer)
        append_timer(out, *info.timer);
    else if (column.name == "queue")
        append_queue_of(out, info);
    else if (column.per_owner)
        append_of_owners(out, column, socket);
    else
        append_value(out, column, column.value(column, socket, nullptr));
}

} // namespace

void fill_cell(Record& record, const StatColumn& column, const StatSocket& socket)
{
    auto& cell = record.cell(column.header, column.right);
    cell.least = column.least;
    cell.keeps_end = column.keeps_end;
    append_column(cell.text, column, socket);
    if ((column.name == "queue" || column.name == "recv-q") &&
        is_accept_queue_full(socket.info) == true)
        cell.color = Color::Red;
}

void append_value(std::string& out, const StatColumn& column, const StatValue& value)
{
    if (const auto* number = std::get_if<std::uint64_t>(&value))
        append_number_in(column.unit, out, *number);
    else if (const auto* text = std::get_if<std::string>(&value))
        out += escape(*text);
    else
        out += '-';
}

void add_value(Fields& fields, const StatColumn& column, const StatValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value))
        return fields.add(column.key, *text);
    const auto* number = std::get_if<std::uint64_t>(&value);
    if (number == nullptr)
        return fields.add(column.key, nullptr);
    if (column.unit == StatUnit::Time)
        return fields.add(column.key, instant(*number));
    if (column.unit == StatUnit::Hexadecimal)
        return fields.add(column.key, fmt::format("{:x}", *number));
    fields.add(column.key, *number);
}

} // namespace sockit
