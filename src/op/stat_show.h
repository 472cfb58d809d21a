#pragma once

#include "event/event.h"
#include "op/port_names.h"
#include "op/stat_plan.h"

#include <vector>

namespace sockit {

/// Counts it among those of its kind and state.
void count_socket(std::vector<StatCount>& counts, const SocketInfo& info);

/// Shows sockets as a plan wants them shown: with the names of their ports, and with a warning
/// where an accept queue is full.
class StatShow {
public:
    StatShow(const StatPlan& plan, const Emit& emit);

    /// Of the socket in hand: filled by whoever reads, and reused for each.
    [[nodiscard]] StatSocket& socket() { return m_socket; }
    /// Names the ports of any socket.
    void name_ports(StatSocket& socket);
    /// Passes the socket in hand on; false when the output can take no more.
    bool show();

private:
    const StatPlan& m_plan;
    const Emit& m_emit;
    StatSocket m_socket;
    PortNames m_names;
};

} // namespace sockit
