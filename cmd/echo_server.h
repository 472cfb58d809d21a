#pragma once

#include "cmd/echo_faults.h"
#include "cmd/options.h"
#include "cmd/session.h"
#include "cmd/tls_options.h"
#include "op/echo_server.h"

#include <string>
#include <vector>

namespace sockit {

struct EchoServerArgs {
    std::vector<std::string> words;
    OutputArgs output;
    NetworkArgs network;
    ServerArgs server;
    TlsServerArgs tls;
    std::optional<std::string> mode;
    std::optional<std::string> compat;
    std::optional<std::string> threads;
    EchoFaultArgs faults;
};

/// Usage errors, and Unsupported for transports without connections.
Result<EchoServerPlan> plan_echo_server(const EchoServerArgs& args, const OutputPlan& output);

} // namespace sockit
