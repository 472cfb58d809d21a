#include "op/stat_filter.h"

#include "diag/filter_names.h"
#include "diag/filter_program.h"
#include "diag/sock_diag.h"

#include <cerrno>
#include <utility>

namespace sockit {

namespace {

/// A dump of no state at all: the kernel looks at the program, and at who sends it.
Result<> check_marks_are_told()
{
    const Filter filter{.states = {}, .steps = {MarkTest{}}};
    SocketQuery query{.protocol = SocketProtocol::Tcp, .family = AF_INET, .states = 0};
    query.bytecode = compile_filter(filter, query).code;
    SocketInfo none;
    const auto dumped =
        SockDiag().dump(query, none, [](const SocketInfo& /*info*/) { return true; });
    if (dumped)
        return {};
    auto error = dumped.error();
    if (error.code == EPERM)
        error.detail = "the kernel tells fwmark to CAP_NET_ADMIN only";
    return Failure(std::move(error));
}

/// What /proc/net does not have no filter can go by.
Result<> check_proc_tells(const Filter& filter)
{
    const std::string_view unknown = has_test<MarkTest>(filter)     ? "fwmark"
                                     : has_test<DeviceTest>(filter) ? "dev"
                                     : has_test<CgroupTest>(filter) ? "cgroup"
                                                                    : "";
    if (unknown.empty())
        return {};
    auto error = Error::unsupported("filter", "");
    error.detail = "/proc does not tell what " + std::string(unknown) + " asks for";
    return Failure(std::move(error));
}

} // namespace

StatFilter::StatFilter(const StatPlan& plan) : m_plan(plan), m_filter(plan.filter)
{
    m_needs_owners = m_filter && sockit::needs_owners(*m_filter);
}

Result<> StatFilter::prepare()
{
    if (!m_filter || std::exchange(m_prepared, true))
        return {};
    const bool saved = m_plan.source == StatSource::Saved;
    if (m_plan.source == StatSource::Proc)
        TRY(check_proc_tells(*m_filter));
    const bool here = !saved && (m_plan.source != StatSource::Proc || m_plan.proc_root == "/proc");
    TRY(here ? find_names(*m_filter) : find_hosts(*m_filter));
    if (m_plan.source != StatSource::Proc && !saved && has_test<MarkTest>(*m_filter))
        TRY(check_marks_are_told());
    m_whole = FilterEvaluator(m_filter->steps);
    return {};
}

bool StatFilter::asks_alike(const SocketQuery& a, const SocketQuery& b) const
{
    return !m_filter || (compile_filter(*m_filter, a) == compile_filter(*m_filter, b) &&
                         !only_connection(*m_filter, a.family));
}

bool StatFilter::narrow(SocketQuery& query)
{
    if (!m_filter)
        return true;
    if (m_filter->states)
        query.states = *m_filter->states;
    auto one_family = query;
    if (query.family == AF_UNSPEC)
        one_family.family = AF_INET; // which asks_alike() the other
    auto program = compile_filter(*m_filter, one_family);
    query.bytecode = std::move(program.code);
    m_cgroup_is_ours = !query.cgroup && has_test<CgroupTest>(*m_filter);
    query.cgroup = query.cgroup || m_cgroup_is_ours;
    if (query.protocol == SocketProtocol::Tcp && query.family != AF_UNSPEC)
        query.exact = only_connection(*m_filter, query.family);
    // A connection that is looked up is not shown to the program.
    m_rest = FilterEvaluator(query.exact ? m_filter->steps : std::move(program.rest));
    return !program.never;
}

Truth StatFilter::decide(const SocketInfo& info, bool whole)
{
    auto& evaluator = whole ? m_whole : m_rest;
    return evaluator.empty() ? Truth::True : evaluator(info);
}

void StatFilter::strip(SocketInfo& info) const
{
    if (m_cgroup_is_ours)
        info.cgroup.reset();
    if (!m_plan.view.processes) {
        info.processes.reset();
        info.peer_processes.reset();
        info.processes_asked = false;
        info.processes_incomplete = false;
    }
}

} // namespace sockit
