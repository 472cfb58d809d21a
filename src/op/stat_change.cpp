#include "op/stat_change.h"

namespace sockit {

StatChangeTeller::StatChangeTeller(const StatPlan& plan, const Emit& emit)
    : m_emit(emit), m_show(plan, emit), m_view(plan.view)
{}

bool StatChangeTeller::tell(const Snapshot& before, const Snapshot& after,
                            const std::vector<Snapshot::Difference>& differences)
{
    count(differences);
    m_change.time = std::chrono::system_clock::now();
    for (const auto& difference : differences) {
        m_change.change = difference.change;
        m_change.was.reset();
        switch (difference.change) {
        case SocketChange::Opened: fill(after, *difference.after, m_change.socket); break;
        case SocketChange::Closed: fill(before, *difference.before, m_change.socket); break;
        case SocketChange::Replaced:
            fill(after, *difference.after, m_change.socket);
            fill(before, *difference.before, m_change.was.emplace());
            break;
        }
        if (!m_emit(m_change))
            return false;
    }
    return true;
}

void StatChangeTeller::count(const std::vector<Snapshot::Difference>& differences)
{
    for (const auto& difference : differences) {
        switch (difference.change) {
        case SocketChange::Opened: ++m_changes.opened; break;
        case SocketChange::Closed: ++m_changes.closed; break;
        case SocketChange::Replaced: ++m_changes.replaced; break;
        }
    }
}

void StatChangeTeller::fill(const Snapshot& from, std::size_t index, StatSocket& socket)
{
    from.get(index, socket.info);
    socket.view = m_view;
    m_show.complete(socket);
}

} // namespace sockit
