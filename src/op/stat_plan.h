#pragma once

#include "event/stat_columns.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sockit {

enum class StatSource : std::uint8_t {
    Auto, ///< netlink, and /proc for what this kernel does not list over it
    Netlink,
    Proc,
};

enum class StatSelection : std::uint8_t {
    Overview,  ///< counts of all, then those that wait for clients
    Connected, ///< as ss without -a or -l
    Listening,
    All,
    None, ///< no sockets: their totals alone
};

/// What rows are sorted by.
struct StatOrder {
    const StatColumn* column = nullptr;
    bool descending = false;

    bool operator==(const StatOrder&) const = default;
};

struct StatPlan {
    bool tcp = true;
    bool udp = true;
    bool local = true; ///< unix sockets
    bool v4 = true;
    bool v6 = true;
    StatSelection selection = StatSelection::Overview;
    StatSource source = StatSource::Auto;
    StatView view;
    bool services = false;                   ///< look up the names of ports
    bool totals = false;                     ///< the kernel's own counts, first
    std::vector<const StatColumn*> count_by; ///< how many say the same there, instead of sockets
    std::vector<StatOrder> sort;
    std::string proc_root = "/proc";

    bool operator==(const StatPlan&) const = default;
};

} // namespace sockit
