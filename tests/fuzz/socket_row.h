#pragma once

#include "base/escape.h"
#include "diag/packed_sockets.h"
#include "event/event.h"
#include "fuzz.h"
#include "report/describe.h"
#include "report/json.h"
#include "report/record.h"
#include "report/saved_sockets.h"
#include "report/socket_fields.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sockit::fuzz {

/// Everything that is known of a socket.
inline StatSocket shown(const SocketInfo& info)
{
    StatSocket socket;
    socket.info = info;
    socket.view = {.processes = true,
                   .extended = true,
                   .tcp_info = true,
                   .memory = true,
                   .timer = true,
                   .cgroup = true,
                   .type_of_service = true,
                   .inet_options = true};
    return socket;
}

/// The socket as `stat --save` writes it.
inline std::string saved_line(const SocketInfo& info)
{
    const auto socket = shown(info);
    Fields fields;
    add_socket(fields, socket);
    std::string line = "{";
    append_members(line, fields);
    return line + "}";
}

/// The table shows one line without controls, whatever the socket's names are.
inline void must_show_harmless(const SocketInfo& info)
{
    const auto harmless = [](std::string_view text) {
        return is_utf8(text) && std::ranges::none_of(text, [](char c) {
                   return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
               });
    };
    Record record(Record::Want::Text, false);
    describe(shown(info), record);
    for (const auto& cell : record.row())
        must(harmless(cell.text));
    auto below = record.below;
    std::ranges::replace(below, '\n', ' ');
    must(harmless(below));
}

/// A counter of 2^64 - 1, which no kernel has counted: packed it is not known.
inline bool has_endless_counter(const SocketInfo& info)
{
    const auto endless = [](const TcpInfoField& field) {
        return field.value == std::numeric_limits<std::uint64_t>::max();
    };
    return std::ranges::any_of(info.tcp_info, endless) ||
           std::ranges::any_of(info.congestion_info, endless) ||
           std::ranges::any_of(info.upper_protocol_info, endless);
}

/// Whoever found it, the socket can be kept packed, be shown, be saved and be read again.
inline void look_at_socket(const SocketInfo& info)
{
    PackedSockets packed;
    const auto place = packed.add(info);
    SocketInfo unpacked;
    packed.get(place, unpacked);
    must(unpacked == info || has_endless_counter(info));

    must_show_harmless(info);

    const auto line = saved_line(info);
    must(is_utf8(line) && !line.contains('\n'));
    Fields fields;
    must(parse_members(line, fields));
    SavedSockets reader;
    SocketInfo again;
    must(reader.read_socket(fields, again));
    must(saved_line(again) == line);
}

} // namespace sockit::fuzz
