#include "op/stat_rows.h"

#include "base/escape.h"
#include "diag/owner.h"
#include "op/stat_queries.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sockit {

StatRows::StatRows(const StatPlan& plan, const Emit& emit, SavedReader saved)
    : m_plan(plan), m_emit(emit), m_saved(std::move(saved)), m_source(plan.source, plan.proc_root),
      m_filter(plan)
{}

std::string_view StatRows::via() const
{
    return m_plan.source == StatSource::Saved ? "file" : m_source.via();
}

std::chrono::system_clock::time_point StatRows::time() const
{
    return m_saved_facts.time.value_or(std::chrono::system_clock::now());
}

Result<> StatRows::read(SocketInfo& info, const Choice& choose, const SocketVisitor& visit)
{
    m_held.clear();
    m_first_failure.reset();
    m_unreadable = 0;
    m_anything_read = false;
    m_stopped = false;
    TRY(m_filter.prepare());
    const bool is_saved = m_plan.source == StatSource::Saved;
    const bool late = m_filter.needs_owners() && !is_saved;
    // The overview counts before it shows.
    const bool holds =
        late || (m_plan.view.processes && !is_saved) || m_plan.selection == StatSelection::Overview;
    const auto take = [&](const SocketInfo& row) {
        const auto matches = m_filter.decide(row, via() != "netlink");
        if (matches == Truth::False || (!late && (matches != Truth::True || !choose(row))))
            return true;
        if (holds) {
            hold(row);
            return true;
        }
        m_filter.strip(info);
        m_stopped = !visit(row);
        return !m_stopped;
    };
    if (is_saved)
        TRY(read_saved(info, take));
    for (auto& query : is_saved ? std::vector<SocketQuery>() : stat_queries(m_plan))
        if (m_filter.narrow(query))
            TRY(dump(query, info, take));
    if (m_first_failure && !m_anything_read)
        return Failure(std::move(*m_first_failure));
    visit_held(info, choose, visit);
    if (m_unreadable > 0)
        m_emit(Warning{std::to_string(m_unreadable) +
                           (via() == "file"   ? " lines of " + escape(*m_plan.from)
                            : via() == "proc" ? " lines of " + escape(m_plan.proc_root) + "/net"
                                              : std::string(" messages of sock_diag")) +
                           " could not be read and were skipped",
                       std::nullopt});
    return {};
}

/// A list that is not there (IPv6 switched off) is empty; other failures end the run.
Result<> StatRows::dump(const SocketQuery& query, SocketInfo& info, const SocketVisitor& visit)
{
    if (m_stopped)
        return {};
    const auto unreadable = m_source.dump(query, info, visit);
    if (unreadable) {
        m_unreadable += *unreadable;
        m_anything_read = true;
        return {};
    }
    if (unreadable.error().code != ENOENT || via() != "proc")
        return Failure(unreadable.error());
    if (!m_first_failure)
        m_first_failure = unreadable.error();
    return {};
}

/// In the order in which they were saved, which is that of a listing.
Result<> StatRows::read_saved(SocketInfo& info, const SocketVisitor& visit)
{
    auto queries = stat_queries(m_plan);
    std::erase_if(queries, [&](SocketQuery& query) { return !m_filter.narrow(query); });
    const auto take = [&](const SocketInfo& row) {
        const auto answers_it = [&](const SocketQuery& query) { return answers(query, row); };
        return std::ranges::none_of(queries, answers_it) || visit(row);
    };
    TRY(m_saved(*m_plan.from, info, take, m_saved_facts));
    m_unreadable = m_saved_facts.unreadable;
    if (!m_saved_facts.complete && !m_stopped)
        m_emit(Warning{escape(*m_plan.from) + " has no summary: it was cut short", std::nullopt});
    return {};
}

void StatRows::hold(const SocketInfo& row)
{
    m_held.add(row);
    m_inodes.insert(row.inode.value_or(0));
    m_inodes.insert(row.peer_inode.value_or(0));
}

void StatRows::visit_held(SocketInfo& info, const Choice& choose, const SocketVisitor& visit)
{
    if (m_held.size() == 0)
        return;
    // Of saved sockets, the processes were saved as well.
    const bool is_saved = m_plan.source == StatSource::Saved;
    const bool late = m_filter.needs_owners() && !is_saved;
    const bool wants_owners = late || (m_plan.view.processes && !is_saved);
    Result<OwnerMap> owners;
    if (wants_owners) {
        owners = find_owners(m_inodes, m_plan.proc_root, m_plan.view.threads);
        if (!owners)
            m_emit(Warning{"processes are not known", owners.error()});
    }
    m_inodes = {};
    std::uint64_t undecided = 0;
    m_held.for_each(info, [&](const SocketInfo& row) {
        if (wants_owners)
            info.processes_asked = true;
        if (wants_owners && owners)
            owners->assign_to(info);
        if (late) {
            const auto matches = m_filter.decide(row, true);
            undecided += matches == Truth::Unknown ? 1 : 0;
            if (matches != Truth::True || !choose(row))
                return true;
        }
        m_filter.strip(info);
        return visit(info);
    });
    if (undecided > 0)
        m_emit(Warning{"whose they are is not known, and so not whether they match: " +
                           std::to_string(undecided) + " sockets",
                       std::nullopt});
    if (owners && owners->unreadable() > 0)
        m_emit(Note{"processes whose descriptors may not be seen: " +
                    std::to_string(owners->unreadable())});
    m_held.clear();
}

} // namespace sockit
