#include "op/stat_rows.h"

#include "base/escape.h"
#include "diag/namespaces.h"
#include "diag/owner.h"
#include "op/in_netns.h"
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
    m_unreadable_messages = 0;
    m_unreadable_lines = 0;
    m_anything_read = false;
    m_stopped = false;
    TRY(m_filter.prepare());
    const bool is_saved = m_plan.source == StatSource::Saved;
    const bool late = m_filter.needs_owners() && !is_saved;
    // The overview counts before it shows.
    const bool holds =
        late || (m_plan.view.processes && !is_saved) || m_plan.selection == StatSelection::Overview;
    const SocketVisitor take = [&](const SocketInfo& row) {
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
    TRY(is_saved                ? read_saved(info, take)
        : m_plan.all_namespaces ? read_namespaces(info, take)
                                : read_queries(info, take));
    if (m_first_failure && !m_anything_read) {
        warn_of_unreadable();
        return Failure(std::move(*m_first_failure));
    }
    visit_held(info, choose, visit);
    warn_of_unreadable();
    return {};
}

Result<> StatRows::read_queries(SocketInfo& info, const SocketVisitor& visit)
{
    auto queries = stat_queries(m_plan);
    if (m_plan.source != StatSource::Proc)
        join_families(queries);
    for (auto& query : queries)
        if (m_filter.narrow(query))
            TRY(dump(query, info, visit));
    return {};
}

/// The kernel has TCP of both families in one table: one walk is enough.
void StatRows::join_families(std::vector<SocketQuery>& queries) const
{
    const auto first = std::ranges::find(queries, SocketProtocol::Tcp, &SocketQuery::protocol);
    if (queries.end() - first < 2)
        return;
    const auto second = first + 1;
    if (second->protocol != SocketProtocol::Tcp || !m_filter.asks_alike(*first, *second))
        return;
    first->family = AF_UNSPEC;
    queries.erase(second);
}

Result<> StatRows::read_namespaces(SocketInfo& info, const SocketVisitor& visit)
{
    auto found = TRY(find_namespaces());
    std::uint64_t closed = 0;
    for (auto& space : found.spaces) {
        if (m_stopped)
            break;
        const auto tag = std::make_shared<const NetnsTag>(space.tag);
        const auto read = [&] {
            return read_queries(info, [&](const SocketInfo& row) {
                info.netns = tag;
                return visit(row);
            });
        };
        m_source.moved(space.own ? m_plan.proc_root : "/proc/thread-self");
        if (space.own)
            TRY(read());
        else if (TRY(in_netns(space, read)) == NetnsVisit::NotPermitted)
            ++closed;
    }
    tell_of_namespaces(closed, found.hidden);
    return {};
}

void StatRows::tell_of_namespaces(std::uint64_t closed, std::uint64_t hidden) const
{
    std::string what;
    if (closed > 0)
        what = std::to_string(closed) +
               (closed == 1 ? " network namespace" : " network namespaces") + " may not be entered";
    if (hidden > 0)
        what += (what.empty() ? "the network namespaces of " : ", those of ") +
                std::to_string(hidden) + (hidden == 1 ? " process" : " processes") +
                " may not be seen";
    if (!what.empty())
        m_emit(Warning{what + ": it takes CAP_SYS_ADMIN and CAP_SYS_PTRACE", std::nullopt});
}

void StatRows::warn_of_unreadable() const
{
    std::string what;
    if (m_unreadable_messages > 0)
        what = std::to_string(m_unreadable_messages) + " messages of sock_diag";
    if (m_unreadable_lines > 0)
        what += (what.empty() ? "" : " and ") + std::to_string(m_unreadable_lines) + " lines of " +
                (m_plan.from ? escape(*m_plan.from) : escape(m_plan.proc_root) + "/net");
    if (!what.empty())
        m_emit(Warning{what + " could not be read and were skipped", std::nullopt});
}

/// A list that is not there (IPv6 switched off, no such sockets in this kernel) is empty; other
/// failures end the run.
Result<> StatRows::dump(const SocketQuery& query, SocketInfo& info, const SocketVisitor& visit)
{
    if (m_stopped)
        return {};
    const auto unreadable = m_source.dump(query, info, visit);
    if (unreadable) {
        (via() == "proc" ? m_unreadable_lines : m_unreadable_messages) += *unreadable;
        m_anything_read = m_anything_read || m_source.read_any(*unreadable);
        if (!m_anything_read && !m_first_failure)
            m_first_failure =
                Error::from_errno(Phase::Receive, "read", m_plan.proc_root + "/net", EBADMSG);
        return {};
    }
    const auto& error = unreadable.error();
    const bool unsupported = error.domain == Domain::Unsupported;
    if (!unsupported && (error.code != ENOENT || via() != "proc"))
        return Failure(error);
    if (!m_first_failure || (m_first_failure->domain == Domain::Unsupported && !unsupported))
        m_first_failure = error;
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
    m_unreadable_lines = m_saved_facts.unreadable;
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
