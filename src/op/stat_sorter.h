#pragma once

#include "diag/packed_sockets.h"
#include "event/stat_columns.h"
#include "op/stat_plan.h"

#include <functional>
#include <vector>

namespace sockit {

/// Holds sockets and gives them back in order. Those of which a column says nothing come last
/// either way; those that are alike stay in the order in which they came.
class StatSorter {
public:
    explicit StatSorter(const std::vector<StatOrder>& orders) : m_orders(orders) {}

    void add(const StatSocket& socket);
    /// Visits them in `socket.info`; what belongs to it has to be filled in again. False ends it.
    void visit(StatSocket& socket, const std::function<bool()>& visitor);

private:
    struct Held {
        std::vector<StatValue> values; ///< one an order
        PackedSockets::Place place;
    };

    [[nodiscard]] bool comes_before(const Held& a, const Held& b) const;

    const std::vector<StatOrder>& m_orders;
    PackedSockets m_sockets;
    std::vector<Held> m_held;
};

} // namespace sockit
