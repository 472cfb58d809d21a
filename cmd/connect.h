#pragma once

#include "cmd/options.h"
#include "cmd/relay_options.h"
#include "cmd/tls_options.h"
#include "op/connect.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

struct ConnectArgs {
    OutputArgs output;
    NetworkArgs network;
    TlsClientArgs tls;
    RelayArgs relay;
    std::optional<std::string> retry;
    std::optional<std::string> retry_interval;
    std::optional<std::string> proxy;
    std::optional<std::string> proxy_protocol;
    std::vector<std::string> words;
    std::optional<std::vector<std::string>> child_words;

    bool operator==(const ConnectArgs&) const = default;
};

Result<ConnectPlan> plan_connect(const ConnectArgs& args);

} // namespace sockit
