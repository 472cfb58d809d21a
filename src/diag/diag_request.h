#pragma once

#include "diag/socket_query.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sockit {

/// The datagram that asks sock_diag(7) for all sockets of the query.
std::vector<std::byte> diag_request(const SocketQuery& query, std::uint32_t sequence);

/// The one that asks for the connection `query.exact` alone, which is no dump.
std::vector<std::byte> exact_request(const SocketQuery& query, std::uint32_t sequence);

/// The kernel's module that answers: "tcp_diag", …
std::string_view diag_name(const SocketQuery& query);

} // namespace sockit
