#pragma once

#include "base/deadline.h"
#include "diag/filter.h"
#include "event/stat_columns.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

enum class StatSource : std::uint8_t {
    Auto, ///< netlink, and /proc for what this kernel does not list over it
    Netlink,
    Proc,
    Saved, ///< a file that was saved earlier
};

enum class StatSelection : std::uint8_t {
    Overview,  ///< counts of all, then those that wait for clients
    Connected, ///< as ss without -a or -l
    Listening,
    All,
    BoundInactive, ///< TCP sockets with a port that neither listen nor connect, alone
    None,          ///< no sockets: their totals alone
};

/// What rows are sorted by.
struct StatOrder {
    const StatColumn* column = nullptr;
    bool descending = false;

    bool operator==(const StatOrder&) const = default;
};

enum class StatAct : std::uint8_t {
    List,
    Kill,   ///< destroy what matches
    Events, ///< tell of sockets when they are destroyed
    Diff,   ///< compare two files
    Watch,  ///< look again and again
};

struct StatPlan {
    StatAct act = StatAct::List;
    Duration interval = std::chrono::seconds(1); ///< between two looks
    bool live = false;                           ///< a person looks on: a table instead of records
    std::optional<Duration> deadline{};          ///< for the whole run
    std::optional<std::uint64_t> count{};        ///< stop after so many events, or looks
    bool tcp = true;
    bool udp = true;
    bool local = true; ///< unix sockets
    bool raw = false;
    bool mptcp = false;
    bool packet = false;
    bool netlink = false;
    bool vsock = false;
    // Of these types alone, a bit each (1 << SOCK_*); 0: all.
    std::uint32_t local_types = 0;
    std::uint32_t packet_types = 0;
    std::uint32_t vsock_types = 0;
    bool v4 = true;
    bool v6 = true;
    StatSelection selection = StatSelection::Overview;
    StatSource source = StatSource::Auto;
    std::optional<Filter> filter;
    StatView view;                     ///< what is asked for
    std::optional<StatView> shown{};   ///< what is shown of it, if not all
    std::optional<std::string> save{}; ///< the file to which all that is asked for goes as well
    std::optional<std::string> from{}; ///< the file to read; of two, the earlier
    std::optional<std::string> compared_with{}; ///< the later
    bool bound_inactive = false;                ///< those of StatSelection::BoundInactive too
    bool all_namespaces = false;                ///< and not only the one we are in
    bool services = false;                      ///< look up the names of ports
    bool totals = false;                        ///< the kernel's own counts, first
    std::vector<const StatColumn*> count_by;    ///< how many say the same there, instead of sockets
    std::vector<StatOrder> sort;
    Duration names_limit{}; ///< so long at most to find the names of addresses, in all
    bool check = false;     ///< it is a failure when nothing matches
    std::string proc_root = "/proc";

    bool operator==(const StatPlan&) const = default;
};

} // namespace sockit
