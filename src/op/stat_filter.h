#pragma once

#include "base/result.h"
#include "diag/filter_evaluate.h"
#include "op/stat_plan.h"

#include <optional>

namespace sockit {

/// The filter of a plan, between StatRows and the sources: the kernel is asked for little, and what
/// it could not decide is decided here.
class StatFilter {
public:
    explicit StatFilter(const StatPlan& plan);

    /// Looks up names, the first time. Errors: those of find_names(); EPERM where the kernel does
    /// not tell us marks.
    Result<> prepare();

    /// Lets the kernel do what it can of the filter. False: no such socket can match.
    bool narrow(SocketQuery& query);
    /// Of a socket that the narrowed query found over netlink, or (`whole`) of any.
    Truth decide(const SocketInfo& info, bool whole);
    /// Whether sockets may be undecided before their processes are known.
    [[nodiscard]] bool needs_owners() const { return m_needs_owners; }

    /// Takes out of a row what was only asked for to decide.
    void strip(SocketInfo& info) const;

private:
    const StatPlan& m_plan;
    std::optional<Filter> m_filter;
    FilterEvaluator m_whole{{}};
    FilterEvaluator m_rest{{}};
    bool m_needs_owners = false;
    bool m_prepared = false;
    bool m_cgroup_is_ours = false; ///< asked for the filter's sake alone
};

} // namespace sockit
