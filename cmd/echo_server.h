#pragma once

#include "cmd/options.h"
#include "cmd/session.h"
#include "op/echo_server.h"

#include <string>
#include <vector>

namespace sockit {

struct EchoServerArgs {
    std::vector<std::string> words;
    OutputArgs output;
    NetworkArgs network;
    ServerArgs server;
};

/// Usage errors, and Unsupported for transports other than tcp and unix.
Result<EchoServerPlan> plan_echo_server(const EchoServerArgs& args, const OutputPlan& output);

} // namespace sockit
