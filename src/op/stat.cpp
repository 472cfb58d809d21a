#include "op/stat.h"

#include "base/escape.h"
#include "diag/socket_totals.h"
#include "op/stat_details.h"
#include "op/stat_groups.h"
#include "op/stat_queries.h"
#include "op/stat_rows.h"
#include "op/stat_sorter.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace sockit {

namespace {

/// One run of the command.
class Listing {
public:
    Listing(const StatPlan& plan, const Emit& emit)
        : m_plan(plan), m_emit(emit), m_rows(plan, emit), m_details(plan), m_groups(plan.count_by),
          m_sorter(plan.sort)
    {
        m_socket.view = plan.view;
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
        m_emit(StatSummary{std::move(m_counts), m_rows.unreadable()});
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
            count(info);
            return !overview || awaits_clients(info);
        };
        const auto visit = [&](const SocketInfo& /*info*/) {
            ++m_matched;
            m_details.complete(m_socket);
            if (!m_plan.count_by.empty()) {
                m_groups.add(m_socket);
                return true;
            }
            if (!m_plan.sort.empty()) {
                m_sorter.add(m_socket);
                return true;
            }
            start();
            return emit_socket();
        };
        return m_rows.read(m_socket.info, choose, visit);
    }

    void start()
    {
        if (std::exchange(m_started, true))
            return;
        const bool nothing_read = m_plan.selection == StatSelection::None;
        m_emit(StatStart{nothing_read ? "proc" : m_rows.via(), std::chrono::system_clock::now()});
        if (m_plan.totals)
            m_emit(m_totals);
        if (m_plan.selection == StatSelection::Overview)
            m_emit(StatOverview{m_counts});
    }

    /// What could not be said before everything was read.
    void finish()
    {
        m_groups.emit_all(m_emit);
        m_sorter.visit(m_socket, [&] {
            m_details.complete(m_socket);
            return emit_socket();
        });
    }

    void count(const SocketInfo& info)
    {
        for (auto& count : m_counts) {
            if (count.state == info.state && count.netid == info.netid) {
                ++count.sockets;
                return;
            }
        }
        m_counts.push_back({info.netid, info.state, 1});
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

    /// Passes on what is in m_socket.info.
    bool emit_socket()
    {
        const auto& info = m_socket.info;
        const bool more = m_emit(m_socket);
        if (more && is_accept_queue_full(info) == true)
            return m_emit(Warning{"the accept queue of " + escape(info.local.text()) +
                                      " is full: " + std::to_string(*info.accept_length) +
                                      " wait, limit " + std::to_string(*info.accept_limit),
                                  std::nullopt});
        return more;
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    StatRows m_rows;
    StatSocket m_socket; ///< filled anew for every row
    StatDetails m_details;
    StatGroups m_groups;
    StatSorter m_sorter;
    StatTotals m_totals;
    std::vector<StatCount> m_counts;
    std::uint64_t m_matched = 0;
    bool m_started = false;
};

} // namespace

Result<std::uint64_t> stat_sockets(const StatPlan& plan, const Emit& emit)
{
    return Listing(plan, emit).run();
}

} // namespace sockit
