#pragma once

#include "sock/socket_info.h"
#include "sock/socket_totals.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

struct StatColumn; // event/stat_columns.h

/// What was asked to be shown of each socket beyond what is always there.
struct StatView {
    bool processes = false;
    bool extended = false; ///< uid, inode, cookie, v6only, shutdown, cgroup
    bool tcp_info = false;
    bool memory = false;
    bool timer = false;    ///< for people; machines get it always
    bool threads = false;  ///< processes by thread
    bool commands = false; ///< what the processes were started as, and when
    bool users = false;    ///< users by name
    bool names = false;    ///< addresses by name
    bool one_line = false; ///< for people: everything on the socket's own line
    bool cgroup = false;
    bool type_of_service = false;
    bool inet_options = false; ///< flags set with setsockopt(2)
    /// For people: these instead of ss's.
    std::vector<const StatColumn*> columns;

    bool operator==(const StatView&) const = default;
};

/// The listing begins.
struct StatStart {
    std::string_view via; ///< where the sockets come from: "netlink" or "proc"
    std::chrono::system_clock::time_point time;

    bool operator==(const StatStart&) const = default;
};

/// How many sockets of one kind are in one state.
struct StatCount {
    std::string_view netid;
    SocketState state = SocketState::Unknown;
    std::uint64_t sockets = 0;

    bool operator==(const StatCount&) const = default;
};

/// What there is on the whole machine, before the sockets that wait for clients.
struct StatOverview {
    std::vector<StatCount> counts;

    bool operator==(const StatOverview&) const = default;
};

/// What is known of a process beyond its name.
struct StatProcess {
    std::int32_t pid = 0;
    /// The arguments with a space between, raw: escape before printing; empty for kernel threads.
    std::string command;
    std::optional<std::chrono::system_clock::time_point> started;

    bool operator==(const StatProcess&) const = default;
};

struct StatSocket {
    SocketInfo info;
    StatView view;
    std::string local_service; ///< the port's name; empty: show the number
    std::string peer_service;
    std::string local_name; ///< the address's; empty: none, or not asked for
    std::string peer_name;
    std::string user;                           ///< the uid's name; empty: none, or not asked for
    std::vector<StatProcess> processes;         ///< the owners once each, where asked for
    std::chrono::system_clock::time_point time; ///< when it was read; only with `processes`

    bool operator==(const StatSocket&) const = default;
};

/// The kernel's own counts, of more than is listed.
struct StatTotals {
    SocketTotals totals;

    bool operator==(const StatTotals&) const = default;
};

/// The kernel destroyed a socket.
struct StatDestroyed {
    StatSocket socket;
    std::chrono::system_clock::time_point time;

    bool operator==(const StatDestroyed&) const = default;
};

/// What became of the sockets that were to be destroyed.
struct StatKilled {
    std::uint64_t destroyed = 0;
    std::uint64_t failed = 0;

    bool operator==(const StatKilled&) const = default;
};

enum class SocketChange : std::uint8_t {
    Opened,
    Closed,
    Replaced, ///< another socket where one was: its addresses, not its cookie
};

/// A socket that is there now, or no more.
struct StatChange {
    SocketChange change = SocketChange::Opened;
    StatSocket socket;
    std::optional<StatSocket> was; ///< the one that was replaced
    std::chrono::system_clock::time_point time;

    bool operator==(const StatChange&) const = default;
};

/// How fast a connection moves bytes, or, at a terminal, any row of the table.
struct StatRate {
    StatSocket socket;
    std::optional<SocketChange> change;   ///< since the last look
    std::optional<double> received_per_s; ///< bytes
    std::optional<double> sent_per_s;     ///< acknowledged by the peer

    bool operator==(const StatRate&) const = default;
};

struct StatChanges {
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    std::uint64_t replaced = 0;

    bool operator==(const StatChanges&) const = default;
};

/// The rows of one look were all told: what a terminal shows is complete.
struct StatFrame {
    std::vector<StatCount> counts;
    StatChanges changes; ///< since the first look
    std::chrono::nanoseconds interval{};
    std::chrono::system_clock::time_point time;

    bool operator==(const StatFrame&) const = default;
};

struct StatSummary {
    std::vector<StatCount> counts;
    std::uint64_t unreadable = 0;             ///< rows or messages that were none
    std::optional<StatChanges> changes{};     ///< where they were looked for
    std::optional<StatKilled> killed{};       ///< where sockets were to be destroyed
    std::optional<std::uint64_t> overflows{}; ///< how often the kernel dropped events
    bool over_time = false;                   ///< the run has no end of its own
    std::optional<std::string> stopped_by{};  ///< "SIGINT", "deadline"; over_time only

    bool operator==(const StatSummary&) const = default;
};

} // namespace sockit
