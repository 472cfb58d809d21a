#include "op/stat_events.h"

#include "diag/destroy_events.h"
#include "op/op_loop.h"
#include "op/stat_filter.h"
#include "op/stat_show.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::uint64_t destroyed_token = 0;
constexpr std::uint64_t listener_gone_token = 1;

class Telling {
public:
    Telling(const StatPlan& plan, const Emit& emit)
        : m_plan(plan), m_emit(emit), m_filter(plan), m_show(plan, emit)
    {
        m_event.socket.view = plan.view;
        m_event.socket.view.processes = false; // whose it was is not known any more
        m_summary.over_time = true;
        m_summary.overflows = 0;
    }

    Result<StatEnd> run(FdRef output)
    {
        TRY(m_filter.prepare());
        auto loop = TRY(OpLoop::open(m_plan.deadline));
        auto events = TRY(DestroyEvents::open(
            {.tcp = m_plan.tcp, .udp = m_plan.udp, .v4 = m_plan.v4, .v6 = m_plan.v6}));
        TRY(loop.poller().add(events.ref(), destroyed_token, {.read = true}));
        TRY(loop.poller().add(output, listener_gone_token, {}));
        m_emit(StatStart{"netlink", std::chrono::system_clock::now()});
        while (!m_done && !loop.stopped()) {
            const auto ready = TRY(loop.wait({}));
            for (const auto& one : ready) {
                if (one.token == listener_gone_token)
                    m_done = true; // its reader is gone
                else if (one.token == destroyed_token)
                    TRY(take(events));
            }
        }
        m_summary.stopped_by = loop.stopped_by();
        m_emit(m_summary);
        return StatEnd{loop.signal()};
    }

private:
    Result<> take(DestroyEvents& events)
    {
        const auto taken =
            TRY(events.take(m_event.socket.info, [&](const SocketInfo&) { return tell(); }));
        m_summary.unreadable += taken.unreadable;
        if (taken.overflow) {
            ++*m_summary.overflows;
            m_emit(Warning{"more sockets were destroyed than the kernel could keep for us: some "
                           "are missing here",
                           std::nullopt});
        }
        return {};
    }

    bool tell()
    {
        if (m_filter.decide(m_event.socket.info, true) != Truth::True)
            return true;
        count_socket(m_summary.counts, m_event.socket.info);
        m_show.complete(m_event.socket);
        m_event.time = std::chrono::system_clock::now();
        m_done = !m_emit(m_event) || ++m_told == m_plan.count;
        return !m_done;
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    StatFilter m_filter;
    StatShow m_show;
    StatDestroyed m_event;
    StatSummary m_summary;
    std::uint64_t m_told = 0;
    bool m_done = false;
};

} // namespace

Result<StatEnd> tell_destroyed(const StatPlan& plan, const Emit& emit, FdRef output)
{
    return Telling(plan, emit).run(output);
}

} // namespace sockit
