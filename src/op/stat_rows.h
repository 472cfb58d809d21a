#pragma once

#include "base/result.h"
#include "diag/inode_set.h"
#include "diag/packed_sockets.h"
#include "diag/socket_query.h"
#include "event/event.h"
#include "event/saved.h"
#include "op/stat_filter.h"
#include "op/stat_plan.h"
#include "op/stat_source.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace sockit {

/// The sockets of a plan in the order of the listing, one at a time and complete, with processes
/// where the plan wants them. The one way to sockets for everything that stat does with them.
class StatRows {
public:
    /// `emit` takes Warnings and Notes: processes that are not known, rows that could not be read.
    /// `saved` reads the plan's file, where that is the source.
    StatRows(const StatPlan& plan, const Emit& emit, SavedReader saved = {});

    /// Whether a socket that was read, and matches the filter, shall be visited at all; called
    /// before its processes are looked for, unless the filter needs them.
    using Choice = std::function<bool(const SocketInfo&)>;

    /// Reads the sockets anew and visits those chosen in `info`, which is reused for each. What
    /// needs no processes is visited as it is read. An error: nothing, or not all, could be read;
    /// some may have been visited.
    Result<> read(SocketInfo& info, const Choice& choose, const SocketVisitor& visit);

    /// "netlink", "proc" or "file": where the current row, or the last one, comes from.
    [[nodiscard]] std::string_view via() const;
    /// When it was so: now, unless it was saved.
    [[nodiscard]] std::chrono::system_clock::time_point time() const;
    /// Rows or messages of the last read() that were none.
    [[nodiscard]] std::uint64_t unreadable() const
    {
        return m_unreadable_messages + m_unreadable_lines;
    }

private:
    Result<> read_queries(SocketInfo& info, const SocketVisitor& visit);
    Result<> read_namespaces(SocketInfo& info, const SocketVisitor& visit);
    void tell_of_namespaces(std::uint64_t closed, std::uint64_t hidden) const;
    void join_families(std::vector<SocketQuery>& queries) const;
    Result<> dump(const SocketQuery& query, SocketInfo& info, const SocketVisitor& visit);
    void warn_of_unreadable() const;
    Result<> read_saved(SocketInfo& info, const SocketVisitor& visit);
    void hold(const SocketInfo& row);
    void visit_held(SocketInfo& info, const Choice& choose, const SocketVisitor& visit);

    const StatPlan& m_plan;
    const Emit& m_emit;
    SavedReader m_saved;
    SavedFacts m_saved_facts;
    SocketSource m_source;
    StatFilter m_filter;
    PackedSockets m_held; ///< rows that wait for their processes
    InodeSet m_inodes;    ///< of those, and of their peers
    std::optional<Error> m_first_failure;
    std::uint64_t m_unreadable_messages = 0;
    std::uint64_t m_unreadable_lines = 0;
    bool m_anything_read = false;
    bool m_stopped = false;
};

} // namespace sockit
