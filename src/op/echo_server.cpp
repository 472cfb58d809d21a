#include "op/echo_server.h"

#include "op/echo_stream_server.h"

namespace sockit {

Result<std::optional<int>> echo_server(const EchoServerPlan& plan, const Emit& emit)
{
    return serve_streams(plan, emit);
}

} // namespace sockit
