#include "op/stat_kill.h"

#include "base/escape.h"
#include "diag/packed_sockets.h"
#include "diag/sock_destroy.h"
#include "op/stat_rows.h"
#include "op/stat_show.h"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace sockit {

namespace {

/// Every other socket would meet it as well.
bool concerns_all(const Error& error)
{
    return error.domain == Domain::Unsupported || error.code == EPERM || error.code == EACCES;
}

class Killing {
public:
    Killing(const StatPlan& plan, const Emit& emit)
        : m_emit(emit), m_rows(plan, emit), m_show(plan, emit)
    {}

    Result<> run()
    {
        auto done = run_to_summary();
        if (!done)
            m_emit(Failed{done.error()});
        m_summary.unreadable = m_rows.unreadable();
        m_summary.killed = m_killed;
        m_emit(m_summary);
        if (!done)
            return done;
        if (m_killed.failed == 0)
            return {};
        if (m_same_failure)
            return Failure(*m_same_failure);
        return Failure(
            Error::unmet("sock_destroy", "",
                         std::to_string(m_killed.failed) + " sockets could not be destroyed"));
    }

private:
    Result<> run_to_summary()
    {
        TRY(hold());
        m_emit(StatStart{m_rows.via(), std::chrono::system_clock::now()});
        auto destroyer = TRY(SocketDestroyer::open());
        // What hides behind another at the same addresses is found once that one is gone.
        std::vector<PackedSockets::Place> hidden;
        bool progress = true;
        while (progress && !m_left.empty()) {
            const auto before = m_killed.destroyed;
            hidden.clear();
            for (const auto place : m_left) {
                m_held.get(place, m_show.socket().info);
                if (!TRY(destroy(destroyer)))
                    hidden.push_back(place);
            }
            m_left.swap(hidden);
            progress = m_killed.destroyed != before;
        }
        return look_again();
    }

    /// All of them before the first is destroyed: a dump skips sockets when others leave the list
    /// it walks.
    Result<> hold()
    {
        return m_rows.read(m_show.socket().info, SocketDestroyer::may_destroy,
                           [&](const SocketInfo& info) {
                               m_left.push_back(m_held.add(info));
                               return true;
                           });
    }

    /// The socket in hand; false when it is not found. An error concerns all that are left.
    Result<bool> destroy(SocketDestroyer& destroyer)
    {
        const auto& info = m_show.socket().info;
        if (m_output_gone)
            return true;
        const auto destroyed = destroyer.destroy(info);
        if (destroyed) {
            ++m_killed.destroyed;
            count_socket(m_summary.counts, info);
            m_output_gone = !m_show.show();
            return true;
        }
        if (concerns_all(destroyed.error()))
            return Failure(destroyed.error());
        if (destroyed.error().code == ENOENT)
            return false;
        fail(destroyed.error());
        return true;
    }

    /// Those not found have ended by themselves, unless they are still listed.
    Result<> look_again()
    {
        if (m_left.empty())
            return {};
        std::vector<std::uint64_t> lost;
        for (const auto place : m_left) {
            m_held.get(place, m_show.socket().info);
            lost.push_back(m_show.socket().info.cookie.value_or(0));
        }
        std::ranges::sort(lost);
        const auto is_lost = [&](const SocketInfo& info) {
            return info.cookie && std::ranges::binary_search(lost, *info.cookie);
        };
        return m_rows.read(m_show.socket().info, is_lost, [&](const SocketInfo& info) {
            fail(Error::from_errno(Phase::None, "sock_destroy", info.local.text(), ENOENT));
            return true;
        });
    }

    void fail(const Error& error)
    {
        if (m_killed.failed++ == 0)
            m_same_failure = error;
        else if (m_same_failure && m_same_failure->code != error.code)
            m_same_failure.reset();
        m_emit(Warning{"", error});
    }

    const Emit& m_emit;
    StatRows m_rows;
    StatShow m_show;
    PackedSockets m_held;
    std::vector<PackedSockets::Place> m_left; ///< of those, what is still to be destroyed
    StatKilled m_killed;
    StatSummary m_summary;
    std::optional<Error> m_same_failure;
    bool m_output_gone = false;
};

} // namespace

Result<> kill_sockets(const StatPlan& plan, const Emit& emit) { return Killing(plan, emit).run(); }

} // namespace sockit
