#include "op/stat.h"

#include "op/stat_queries.h"
#include "op/stat_rows.h"
#include "op/stat_show.h"

#include <utility>

namespace sockit {

namespace {

/// One run of the command.
class Listing {
public:
    Listing(const StatPlan& plan, const Emit& emit)
        : m_plan(plan), m_emit(emit), m_rows(plan, emit), m_show(plan, emit)
    {}

    Result<> run()
    {
        const bool overview = m_plan.selection == StatSelection::Overview;
        const auto choose = [&](const SocketInfo& info) {
            count_socket(m_counts, info);
            return !overview || awaits_clients(info);
        };
        const auto visit = [&](const SocketInfo& /*info*/) {
            start();
            return m_show.show();
        };
        auto read = m_rows.read(m_show.socket().info, choose, visit);
        if (read)
            start();
        else
            m_emit(Failed{read.error()});
        m_emit(StatSummary{std::move(m_counts), m_rows.unreadable()});
        return read;
    }

private:
    void start()
    {
        if (std::exchange(m_started, true))
            return;
        m_emit(StatStart{m_rows.via(), std::chrono::system_clock::now()});
        if (m_plan.selection == StatSelection::Overview)
            m_emit(StatOverview{m_counts});
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    StatRows m_rows;
    StatShow m_show;
    std::vector<StatCount> m_counts;
    bool m_started = false;
};

} // namespace

Result<> stat_sockets(const StatPlan& plan, const Emit& emit) { return Listing(plan, emit).run(); }

} // namespace sockit
