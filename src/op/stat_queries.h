#pragma once

#include "diag/socket_query.h"
#include "op/stat_plan.h"

#include <vector>

namespace sockit {

/// What to ask the kernel for, in the order of the listing (which is ss's).
std::vector<SocketQuery> stat_queries(const StatPlan& plan);

/// Whether the query asks for such a socket.
bool answers(const SocketQuery& query, const SocketInfo& info);

/// Whether clients may come to it: a listener, or a datagram socket with a name and no peer.
bool awaits_clients(const SocketInfo& info);

} // namespace sockit
