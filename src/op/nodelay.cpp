#include "op/nodelay.h"

#include <algorithm>

#include <netinet/tcp.h>

namespace sockit {

void set_nodelay(const Socket& socket, const SocketPlan& plan)
{
    const bool inet = socket.family() == AF_INET || socket.family() == AF_INET6;
    const bool planned = std::ranges::any_of(plan.sockopts, [](const SockoptSetting& setting) {
        return setting.row.level.number == IPPROTO_TCP && setting.row.number == TCP_NODELAY;
    });
    if (inet && !planned)
        static_cast<void>(socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"));
}

} // namespace sockit
