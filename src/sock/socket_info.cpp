#include "sock/socket_info.h"

#include <array>

namespace sockit {

std::string_view state_name(SocketState state)
{
    static constexpr std::array<std::string_view, 14> names{
        "UNKNOWN", "ESTAB",      "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
        "UNCONN",  "CLOSE-WAIT", "LAST-ACK", "LISTEN",   "CLOSING",    "SYN-RECV",   "UNCONN",
    };
    const auto index = static_cast<std::size_t>(state);
    return index < names.size() ? names[index] : names[0];
}

std::optional<bool> is_accept_queue_full(const SocketInfo& info)
{
    if (!info.accept_length || !info.accept_limit)
        return std::nullopt;
    return *info.accept_length > *info.accept_limit;
}

} // namespace sockit
