#include "op/stat_watch.h"

#include "op/op_loop.h"
#include "op/stat_change.h"
#include "op/stat_rows.h"
#include "op/watch_keys.h"

#include <algorithm>
#include <csignal>
#include <set>

namespace sockit {

namespace {

constexpr std::uint64_t keys_token = 0;
constexpr std::uint64_t resized_token = 1;
constexpr std::uint64_t watch_output_token = 2;

/// Bytes that a connection has moved so far.
struct ByteCounters {
    std::optional<std::uint64_t> received;
    std::optional<std::uint64_t> sent;
};

ByteCounters counters_of(const SocketInfo& info)
{
    ByteCounters counters;
    for (const auto& field : info.tcp_info) {
        if (field.name == "bytes_received")
            counters.received = field.value;
        else if (field.name == "bytes_acked")
            counters.sent = field.value;
    }
    return counters;
}

std::optional<double> rate_of(const std::optional<std::uint64_t>& before,
                              const std::optional<std::uint64_t>& after, Duration span)
{
    if (!before || !after || *after < *before || span <= Duration::zero())
        return std::nullopt;
    return static_cast<double>(*after - *before) / std::chrono::duration<double>(span).count();
}

/// The sockets of one look.
struct Look {
    Snapshot sockets;
    std::vector<ByteCounters> counters; ///< as the sockets; empty without tcp_info
    Clock::time_point time;

    void clear()
    {
        sockets.clear();
        counters.clear();
    }
};

class Watching {
public:
    Watching(const StatPlan& plan, const Emit& emit, const LiveTable* live)
        : m_plan(plan), m_emit(emit), m_live(live), m_rows(plan, m_emit_once), m_show(plan, emit),
          m_teller(plan, emit)
    {
        m_summary.over_time = true;
    }

    Result<StatEnd> run(FdRef output)
    {
        auto loop = TRY(OpLoop::open(m_plan.deadline));
        const auto resized = TRY(Signals::open({SIGWINCH}));
        TRY(loop.poller().add(output, watch_output_token, {}));
        if (m_live != nullptr) {
            TRY(loop.poller().add(resized.ref(), resized_token, {.read = true}));
            if (m_live->keys.valid())
                TRY(loop.poller().add(m_live->keys, keys_token, {.read = true}));
        }
        TRY(look());
        if (m_live == nullptr)
            m_emit(StatStart{m_rows.via(), m_rows.time()});
        show();
        auto next_look = Deadline::after(m_plan.interval);
        while (!m_done && !loop.stopped()) {
            for (const auto& one : TRY(loop.wait(next_look)))
                serve(one, loop.poller(), resized);
            if (m_done || loop.stopped() || !next_look.passed())
                continue;
            TRY(look_again());
            next_look = Deadline::after(m_plan.interval);
        }
        m_summary.changes = m_teller.changes();
        m_summary.unreadable = m_rows.unreadable();
        m_summary.stopped_by = loop.stopped_by();
        if (m_live == nullptr)
            m_emit(m_summary);
        return StatEnd{loop.signal()};
    }

private:
    void serve(const Ready& ready, Poller& poller, const Signals& resized)
    {
        switch (ready.token) {
        case watch_output_token: m_done = true; return; // its reader is gone
        case resized_token:
            while (resized.take()) {
            }
            break;
        case keys_token: {
            const auto keys = read_watch_keys(m_live->keys);
            if (keys.end)
                poller.remove(m_live->keys);
            m_done = m_done || keys.quit;
            const auto rows = static_cast<std::int64_t>(m_live->rows());
            m_first_row += keys.lines + keys.pages * rows;
            break;
        }
        default: return;
        }
        show();
    }

    Result<> look()
    {
        m_now.clear();
        m_summary.counts.clear();
        SocketInfo info;
        TRY(m_rows.read(
            info, [](const SocketInfo&) { return true; },
            [&](const SocketInfo& row) {
                count_socket(m_summary.counts, row);
                m_now.sockets.add(row);
                if (m_plan.view.tcp_info)
                    m_now.counters.push_back(counters_of(row));
                return true;
            }));
        m_now.time = Clock::now();
        return {};
    }

    Result<> look_again()
    {
        std::swap(m_before, m_now);
        TRY(look());
        m_moved.clear();
        m_differences = Snapshot::compare(
            m_before.sockets, m_now.sockets,
            [&](std::size_t before, std::size_t after) { compare_counters(before, after); });
        if (m_live == nullptr) {
            m_done = !m_teller.tell(m_before.sockets, m_now.sockets, m_differences);
            for (std::size_t i = 0; i < m_moved.size() && !m_done; ++i)
                m_done = !tell_rate(m_moved[i]);
        } else {
            m_teller.count(m_differences);
            show();
        }
        if (m_plan.count && ++m_looks >= *m_plan.count)
            m_done = true;
        return {};
    }

    struct Moved {
        std::size_t index = 0;
        double received = 0; ///< bytes per second
        double sent = 0;
    };

    void compare_counters(std::size_t before, std::size_t after)
    {
        if (m_now.counters.empty() || m_before.counters.empty())
            return;
        const auto& old_ones = m_before.counters[before];
        const auto& new_ones = m_now.counters[after];
        const auto span = m_now.time - m_before.time;
        const Moved moved{.index = after,
                          .received =
                              rate_of(old_ones.received, new_ones.received, span).value_or(0),
                          .sent = rate_of(old_ones.sent, new_ones.sent, span).value_or(0)};
        if (moved.received > 0 || moved.sent > 0)
            m_moved.push_back(moved);
    }

    bool tell_rate(const Moved& moved)
    {
        fill(m_now.sockets, moved.index);
        m_row.change.reset();
        m_row.received_per_s = moved.received;
        m_row.sent_per_s = moved.sent;
        return m_emit(m_row);
    }

    void fill(const Snapshot& from, std::size_t index)
    {
        from.get(index, m_row.socket.info);
        m_row.socket.view = m_plan.view;
        m_row.received_per_s.reset();
        m_row.sent_per_s.reset();
        m_show.complete(m_row.socket);
    }

    /// What changed, then what moves most, then all others in the order of the listing.
    void show()
    {
        if (m_live == nullptr || m_done)
            return;
        std::ranges::sort(m_moved, [](const Moved& a, const Moved& b) {
            const auto order = b.received + b.sent <=> a.received + a.sent;
            return order != 0 ? order < 0 : a.index < b.index;
        });
        std::set<std::size_t> shown;
        const auto total = static_cast<std::int64_t>(m_now.sockets.size());
        m_first_row =
            std::clamp<std::int64_t>(m_first_row, 0, std::max<std::int64_t>(total - 1, 0));
        auto skip = m_first_row;
        auto room = static_cast<std::int64_t>(m_live->rows());
        const auto fits = [&] {
            if (skip > 0) {
                --skip;
                return false;
            }
            return room-- > 0;
        };
        for (const auto& difference : m_differences) {
            if (difference.after)
                shown.insert(*difference.after);
            if (!fits())
                continue;
            fill(difference.after ? m_now.sockets : m_before.sockets,
                 difference.after ? *difference.after : *difference.before);
            m_row.change = difference.change;
            m_emit(m_row);
        }
        for (const auto& moved : m_moved) {
            shown.insert(moved.index);
            if (fits())
                tell_rate(moved);
        }
        m_row.change.reset();
        for (std::size_t i = 0; i < m_now.sockets.size() && room > 0; ++i) {
            if (shown.contains(i) || !fits())
                continue;
            fill(m_now.sockets, i);
            m_emit(m_row);
        }
        m_done = !m_emit(StatFrame{.counts = m_summary.counts,
                                   .changes = m_teller.changes(),
                                   .interval = m_plan.interval,
                                   .time = std::chrono::system_clock::now()});
    }

    /// What is the same at every look is told once.
    const Emit m_emit_once = [this](const Event& event) {
        const auto* warning = event.get_if<Warning>();
        const auto* note = event.get_if<Note>();
        if (warning != nullptr && !m_told.insert(warning->message).second)
            return true;
        return (note != nullptr && !m_told.insert(note->message).second) || m_emit(event);
    };

    const StatPlan& m_plan;
    const Emit& m_emit;
    const LiveTable* m_live;
    std::set<std::string> m_told;
    StatRows m_rows;
    StatShow m_show;
    StatChangeTeller m_teller;
    StatRate m_row; ///< filled anew for each
    StatSummary m_summary;
    Look m_before;
    Look m_now;
    std::vector<Snapshot::Difference> m_differences;
    std::vector<Moved> m_moved;
    std::int64_t m_first_row = 0;
    std::uint64_t m_looks = 0;
    bool m_done = false;
};

} // namespace

Result<StatEnd> watch_sockets(const StatPlan& plan, const Emit& emit, FdRef output,
                              const LiveTable* live)
{
    return Watching(plan, emit, live).run(output);
}

} // namespace sockit
