#pragma once

#include "base/result.h"
#include "diag/socket_query.h"
#include "event/event.h"

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
    bool services = false; ///< look up the names of ports
    std::string proc_root = "/proc";

    bool operator==(const StatPlan&) const = default;
};

/// What to ask the kernel for, in the order of the listing (which is ss's).
std::vector<SocketQuery> stat_queries(const StatPlan& plan);

/// Lists sockets: StatStart, a StatOverview if planned, a StatSocket each, a StatSummary; Warnings
/// for full accept queues and for what could not be read. Only listings with processes and the
/// overview are held in memory, all others are passed on as they are read. An error: nothing, or
/// not all, could be read; it was emitted as Failed, too, before the summary.
Result<> stat_sockets(const StatPlan& plan, const Emit& emit);

} // namespace sockit
