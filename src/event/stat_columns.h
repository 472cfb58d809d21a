#pragma once

#include "event/stat.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sockit {

// What can be said of a socket, one column each: for tables, for sorting, for counting.

/// What a column says of one socket; std::monostate: nothing, or not known. Text is raw bytes.
using StatValue = std::variant<std::monostate, std::uint64_t, std::string>;

/// What the number in a value counts.
enum class StatUnit : std::uint8_t {
    None,
    Hexadecimal,
    Nanoseconds,
    Age,  ///< nanoseconds that make hours and days
    Time, ///< nanoseconds since 1970
};

/// What has to be read for a column.
enum class StatNeed : std::uint8_t {
    Nothing,
    Processes,
    Commands, ///< of the processes
    Users,
    Extended,
    TcpInfo,
    Memory,
};

struct StatColumn {
    std::string_view name; ///< as typed: "recv-q"
    std::string_view header;
    std::string_view key; ///< in JSON: "recv_q"
    std::string_view help;
    StatNeed need = StatNeed::Nothing;
    StatUnit unit = StatUnit::None;
    bool right = false;     ///< aligned to the right
    bool per_owner = false; ///< says something of each process that has the socket
    std::size_t least = 0;  ///< may be narrowed to so many characters; 0: never
    bool keeps_end = false; ///< then its end tells more than its middle
    /// Of the socket, or of this owner of it where there is one for each.
    StatValue (*value)(const StatColumn&, const StatSocket&, const SocketOwner*) = nullptr;
};

/// All there are, those of tcp_info and of the memory by the kernel's and ss's names at the end.
std::span<const StatColumn> stat_columns();

/// By its name, its JSON key or a customary other name, in any case; nullptr if there is none.
const StatColumn* find_stat_column(std::string_view name);

/// Adds what the column needs to what is read.
void add_need(const StatColumn& column, StatView& view);

/// What rows are ordered by: a value that compares as people expect (addresses by their numbers).
StatValue stat_sort_value(const StatColumn& column, const StatSocket& socket);

/// How many sockets say the same in some columns.
struct StatGroup {
    std::vector<const StatColumn*> columns;
    std::vector<StatValue> values; ///< one a column
    std::uint64_t sockets = 0;

    bool operator==(const StatGroup&) const = default;
};

} // namespace sockit
