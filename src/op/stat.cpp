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
    Listing(const StatPlan& plan, const Emit& emit, const StatFiles& files)
        : m_plan(plan), m_emit(emit), m_save(files.save), m_rows(plan, emit, files.read),
          m_show(plan, emit)
    {
        m_saved.view = plan.view;
    }

    Result<> run()
    {
        const bool overview = m_plan.selection == StatSelection::Overview;
        const auto choose = [&](const SocketInfo& info) {
            count_socket(m_counts, info);
            return !overview || m_save || awaits_clients(info);
        };
        const auto visit = [&](const SocketInfo& info) {
            start();
            if (!save(info))
                return false;
            // A file that is saved shall be whole, whoever still reads what is shown.
            if (m_more && (!overview || awaits_clients(info)))
                m_more = m_show.show();
            return m_more || m_save;
        };
        auto read = m_rows.read(m_show.socket().info, choose, visit);
        if (read)
            start();
        else
            m_emit(Failed{read.error()});
        const StatSummary summary{.counts = std::move(m_counts), .unreadable = m_rows.unreadable()};
        m_emit(summary);
        if (read && m_save)
            m_save(summary);
        return read;
    }

private:
    void start()
    {
        if (std::exchange(m_started, true))
            return;
        const StatStart start{m_rows.via(), m_rows.time()};
        m_emit(start);
        if (m_save)
            m_save(start);
        if (m_plan.selection == StatSelection::Overview)
            m_emit(StatOverview{m_counts});
    }

    bool save(const SocketInfo& info)
    {
        if (!m_save)
            return true;
        m_saved.info = info;
        return m_save(m_saved);
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    const Emit& m_save;
    StatSocket m_saved; ///< as it is saved, filled anew for every row
    StatRows m_rows;
    StatShow m_show;
    std::vector<StatCount> m_counts;
    bool m_started = false;
    bool m_more = true; ///< the output can take more
};

} // namespace

Result<> stat_sockets(const StatPlan& plan, const Emit& emit, const StatFiles& files)
{
    return Listing(plan, emit, files).run();
}

} // namespace sockit
