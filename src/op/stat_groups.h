#pragma once

#include "event/event.h"
#include "event/stat_columns.h"

#include <cstdint>
#include <map>
#include <vector>

namespace sockit {

/// Counts sockets that say the same in some columns. One that several processes have counts once
/// for each of the different things they say.
class StatGroups {
public:
    explicit StatGroups(const std::vector<const StatColumn*>& columns);

    void add(const StatSocket& socket);
    /// Emits a StatGroup each, the biggest first.
    void emit_all(const Emit& emit) const;

private:
    using Values = std::vector<StatValue>;

    [[nodiscard]] Values values_of(const StatSocket& socket, const SocketOwner* owner) const;

    const std::vector<const StatColumn*>& m_columns;
    bool m_per_owner;
    std::map<Values, std::uint64_t> m_sockets;
};

} // namespace sockit
