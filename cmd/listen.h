#pragma once

#include "cmd/listen_modes.h"
#include "cmd/options.h"
#include "cmd/relay_options.h"
#include "cmd/tls_options.h"
#include "op/listen.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

struct ListenArgs {
    OutputArgs output;
    NetworkArgs network;
    ServerArgs server;
    TlsServerArgs tls;
    RelayArgs relay;
    ListenModeArgs modes;
    bool proxy_protocol = false;
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    bool keep_open = false;
    std::optional<std::string> accept_timeout;
    std::vector<std::string> words;
    std::optional<std::vector<std::string>> child_words;

    bool operator==(const ListenArgs&) const = default;
};

Result<ListenPlan> plan_listen(const ListenArgs& args);

} // namespace sockit
