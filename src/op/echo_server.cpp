#include "op/echo_server.h"

#include "op/echo_datagram.h"
#include "op/echo_stream_server.h"

namespace sockit {

Result<std::optional<int>> echo_server(const EchoServerPlan& plan, const Emit& emit)
{
    const auto& listener = plan.listener; // what a service manager passes is for streams
    if (!listener.passed && socket_type(listener.target.transport) == SOCK_DGRAM)
        return answer_datagrams(plan, emit);
    return serve_streams(plan, emit);
}

} // namespace sockit
