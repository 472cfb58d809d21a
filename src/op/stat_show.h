#pragma once

#include "event/event.h"
#include "op/stat_details.h"
#include "op/stat_plan.h"

#include <vector>

namespace sockit {

/// Counts it among those of its kind and state.
void count_socket(std::vector<StatCount>& counts, const SocketInfo& info);

/// Shows sockets as a plan wants them shown: with the names of their ports and what else is known
/// of them, and with a warning where an accept queue is full.
class StatShow {
public:
    StatShow(const StatPlan& plan, const Emit& emit);

    /// Of the socket in hand: filled by whoever reads, and reused for each.
    [[nodiscard]] StatSocket& socket() { return m_socket; }
    /// What is asked for and shown.
    [[nodiscard]] StatDetails& details() { return m_details; }
    /// Fills in what belongs to the `info` of any socket.
    void complete(StatSocket& socket) { m_details.complete(socket); }
    /// Completes the socket in hand and passes it on; false when the output can take no more.
    bool show();

private:
    const Emit& m_emit;
    StatSocket m_socket;
    StatDetails m_details;
};

} // namespace sockit
