#include "op/stat.h"

#include "diag/socket_totals.h"
#include "op/stat_groups.h"
#include "op/stat_queries.h"
#include "op/stat_rows.h"
#include "op/stat_show.h"
#include "op/stat_sorter.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sockit {

namespace {

/// One run of the command.
class Listing {
public:
    Listing(const StatPlan& plan, const Emit& emit, const StatFiles& files)
        : m_plan(plan), m_emit(emit), m_emit_of_rows([this](const Event& event) {
              start();
              return m_emit(event);
          }),
          m_save(files.save), m_rows(plan, m_emit_of_rows, files.read), m_show(plan, emit),
          m_groups(plan.count_by), m_sorter(plan.sort)
    {
        m_saved.view = plan.view;
    }

    Result<std::uint64_t> run()
    {
        auto read = read_all();
        if (read) {
            start();
            finish();
        } else {
            m_emit(Failed{read.error()});
        }
        const StatSummary summary{.counts = std::move(m_counts), .unreadable = m_rows.unreadable()};
        m_emit(summary);
        if (read && m_save)
            m_save(summary);
        if (!read)
            return Failure(std::move(read).error());
        return m_matched;
    }

private:
    Result<> read_all()
    {
        if (m_plan.totals)
            m_totals.totals = TRY(read_socket_totals(m_plan.proc_root));
        if (m_plan.selection == StatSelection::None) {
            count(m_totals.totals);
            return {};
        }
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
                m_more = take();
            return m_more || m_save;
        };
        return m_rows.read(m_show.socket().info, choose, visit);
    }

    void start()
    {
        if (std::exchange(m_started, true))
            return;
        const bool nothing_read = m_plan.selection == StatSelection::None;
        const StatStart start{nothing_read ? "proc" : m_rows.via(), m_rows.time()};
        m_emit(start);
        if (m_save)
            m_save(start);
        if (m_plan.totals)
            m_emit(m_totals);
        if (m_plan.selection == StatSelection::Overview)
            m_emit(StatOverview{m_counts});
    }

    /// The socket in hand; false when the output can take no more.
    bool take()
    {
        ++m_matched;
        auto& socket = m_show.socket();
        if (!m_plan.count_by.empty()) {
            m_show.complete(socket);
            m_groups.add(socket);
        } else if (!m_plan.sort.empty() || m_plan.view.names) {
            m_show.details().want_names(socket.info);
            m_show.complete(socket);
            m_sorter.add(socket);
        } else {
            return m_show.show();
        }
        return true;
    }

    bool save(const SocketInfo& info)
    {
        if (!m_save)
            return true;
        m_saved.info = info;
        return m_save(m_saved);
    }

    /// What could not be said before everything was read.
    void finish()
    {
        m_groups.emit_all(m_emit);
        if (const auto late = m_show.details().look_up_names(); late > 0)
            m_emit(Warning{"the names of " + std::to_string(late) + " addresses did not come in " +
                               "time",
                           std::nullopt});
        m_sorter.visit(m_show.socket(), [&] { return m_show.show(); });
    }

    /// Which states they are in is not known.
    void count(const SocketTotals& totals)
    {
        const auto add = [&](std::string_view netid, const TotalByVersion& total) {
            const auto sockets = total.v4.value_or(0) + total.v6.value_or(0);
            if (sockets > 0)
                m_counts.push_back({netid, SocketState::Unknown, sockets});
        };
        add("tcp", totals.tcp);
        add("udp", totals.udp);
        add("raw", totals.raw);
        if (const auto waiting = totals.tcp_time_wait.value_or(0); waiting > 0)
            m_counts.push_back({"tcp", SocketState::TimeWait, waiting});
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    const Emit m_emit_of_rows; ///< whatever they tell, the start comes first
    const Emit& m_save;
    StatSocket m_saved; ///< as it is saved, filled anew for every row
    StatRows m_rows;
    StatShow m_show;
    StatGroups m_groups;
    StatSorter m_sorter;
    StatTotals m_totals;
    std::vector<StatCount> m_counts;
    std::uint64_t m_matched = 0;
    bool m_started = false;
    bool m_more = true; ///< the output can take more
};

} // namespace

Result<std::uint64_t> stat_sockets(const StatPlan& plan, const Emit& emit, const StatFiles& files)
{
    return Listing(plan, emit, files).run();
}

} // namespace sockit
