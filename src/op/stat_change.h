#pragma once

#include "op/stat_show.h"
#include "op/stat_snapshot.h"

namespace sockit {

/// Tells what is different between two snapshots, a StatChange each.
class StatChangeTeller {
public:
    StatChangeTeller(const StatPlan& plan, const Emit& emit);

    /// False when the output can take no more.
    bool tell(const Snapshot& before, const Snapshot& after,
              const std::vector<Snapshot::Difference>& differences);
    /// Counts them without a word.
    void count(const std::vector<Snapshot::Difference>& differences);
    [[nodiscard]] const StatChanges& changes() const { return m_changes; }

private:
    void fill(const Snapshot& from, std::size_t index, StatSocket& socket);

    const Emit& m_emit;
    StatShow m_show;
    StatView m_view;
    StatChange m_change; ///< filled anew for each
    StatChanges m_changes;
};

} // namespace sockit
