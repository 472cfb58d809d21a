#include "op/sockopts.h"
#include "op/sockopts_read.h"
#include "op/sockopts_run.h"

#include <map>
#include <utility>

namespace sockit {

namespace {

using Values = std::map<std::pair<int, int>, SockoptValue>; ///< by level and number

/// One side of a diff.
struct Side {
    std::vector<SockoptsSocket> sockets;
    Values values;
};

Result<Side> look_at_side(const SockoptsTarget& target, SockoptsRun& run)
{
    Side side;
    const auto visit = [&](const SockoptsSubject& subject) -> SockoptsRest {
        const auto kind = subject.kind ? std::optional(subject.kind->kind) : std::nullopt;
        return
            [&, options = read_raw(subject.socket, rows_of(kind))](const SockoptsSocket& socket) {
                side.sockets.push_back(socket);
                for (const auto& [row, bytes] : options)
                    if (bytes && *bytes && !row.varies)
                        side.values.emplace(std::pair(row.level.number, row.number),
                                            decode_sockopt(row, **bytes));
                return true;
            };
    };
    TRY(for_each_subject(target, run, visit));
    return side;
}

/// A comparison needs one socket a side.
void check_single(const Side& side, const SockoptsTarget& target, SockoptsRun& run)
{
    if (side.sockets.size() == 1)
        return;
    const auto& text = target_text(target);
    auto error = side.sockets.empty()
                     ? Error::usage("no socket matches " + text)
                     : Error::usage(text + " matches " + std::to_string(side.sockets.size()) +
                                    " sockets: name one, by fd= or cookie=");
    run.failure({.error = std::move(error), .whole_socket = true});
}

std::optional<SockoptValue> value_of(const Values& values, const SockoptRow& row)
{
    const auto found = values.find({row.level.number, row.number});
    return found == values.end() ? std::nullopt : std::optional(found->second);
}

} // namespace

Result<SockoptsEnd> diff_sockopts(const SockoptsDiffPlan& plan, const Emit& emit)
{
    SockoptsRun run(SockoptsAct::Diff, target_text(plan.left) + " " + target_text(plan.right),
                    emit);
    const auto left = TRY(look_at_side(plan.left, run));
    const auto right = TRY(look_at_side(plan.right, run));
    check_single(left, plan.left, run);
    check_single(right, plan.right, run);
    if (left.sockets.size() != 1 || right.sockets.size() != 1)
        return run.end();
    run.socket(left.sockets.front());
    run.socket(right.sockets.front());
    for (const auto& row : sockopt_table()) {
        OptionDiffers event{row, value_of(left.values, row), value_of(right.values, row)};
        if (!event.left && !event.right)
            continue;
        ++run.summary().options;
        if (event.left == event.right)
            continue;
        ++run.summary().differing;
        if (!run.difference(event))
            break;
    }
    return run.end();
}

} // namespace sockit
