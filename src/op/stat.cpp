#include "op/stat.h"

#include "base/escape.h"
#include "op/port_names.h"
#include "op/stat_queries.h"
#include "op/stat_rows.h"

#include <optional>
#include <utility>

namespace sockit {

namespace {

/// One run of the command.
class Listing {
public:
    Listing(const StatPlan& plan, const Emit& emit) : m_plan(plan), m_emit(emit), m_rows(plan, emit)
    {
        m_socket.view = plan.view;
    }

    Result<> run()
    {
        const bool overview = m_plan.selection == StatSelection::Overview;
        const auto choose = [&](const SocketInfo& info) {
            count(info);
            return !overview || awaits_clients(info);
        };
        const auto visit = [&](const SocketInfo& /*info*/) {
            start();
            return emit_socket();
        };
        auto read = m_rows.read(m_socket.info, choose, visit);
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

    /// Passes on what is in m_socket.info.
    bool emit_socket()
    {
        const auto& info = m_socket.info;
        if (m_plan.services) {
            m_socket.local_service = m_names.name_of(info, info.local);
            m_socket.peer_service = info.peer ? m_names.name_of(info, *info.peer) : "";
        }
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
    PortNames m_names{m_plan.proc_root};
    std::vector<StatCount> m_counts;
    bool m_started = false;
};

} // namespace

Result<> stat_sockets(const StatPlan& plan, const Emit& emit) { return Listing(plan, emit).run(); }

} // namespace sockit
