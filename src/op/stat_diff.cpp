#include "op/stat_diff.h"

#include "op/stat_change.h"
#include "op/stat_rows.h"

namespace sockit {

namespace {

class FileComparison {
public:
    FileComparison(const StatPlan& plan, const Emit& emit, const SavedReader& saved)
        : m_plan(plan), m_emit(emit), m_saved(saved), m_teller(plan, emit)
    {}

    Result<bool> run()
    {
        auto compared = compare();
        if (!compared)
            m_emit(Failed{compared.error()});
        m_summary.changes = m_teller.changes();
        m_emit(m_summary);
        return compared;
    }

private:
    Result<bool> compare()
    {
        TRY(read(*m_plan.from, m_before));
        m_summary.counts.clear();
        TRY(read(*m_plan.compared_with, m_after));
        m_emit(StatStart{"file", std::chrono::system_clock::now()});
        const auto differences = Snapshot::compare(m_before, m_after);
        m_teller.tell(m_before, m_after, differences);
        return !differences.empty();
    }

    Result<> read(const std::string& path, Snapshot& snapshot)
    {
        StatPlan plan = m_plan;
        plan.from = path;
        StatRows rows(plan, m_emit, m_saved);
        SocketInfo info;
        TRY(rows.read(
            info, [](const SocketInfo&) { return true; },
            [&](const SocketInfo& row) {
                count_socket(m_summary.counts, row);
                snapshot.add(row);
                return true;
            }));
        m_summary.unreadable += rows.unreadable();
        return {};
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    const SavedReader& m_saved;
    StatChangeTeller m_teller;
    Snapshot m_before;
    Snapshot m_after;
    StatSummary m_summary;
};

} // namespace

Result<bool> diff_sockets(const StatPlan& plan, const Emit& emit, const SavedReader& saved)
{
    return FileComparison(plan, emit, saved).run();
}

} // namespace sockit
