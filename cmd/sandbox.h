#pragma once

#include "cmd/options.h"
#include "cmd/tls_options.h"
#include "sock/sandbox.h"
#include "sock/target.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What a command needs besides what every client or server does.
struct SandboxNeeds {
    bool runs_command = false;                        ///< which would find itself inside
    std::vector<std::optional<std::string>> writable; ///< as far as they are given
};

/// --sandbox of a command that connects. Usage errors: an unknown word; with a command.
Result<std::optional<SandboxPlan>> plan_client_sandbox(const NetworkArgs& network,
                                                       const TlsClientArgs& tls,
                                                       const SandboxNeeds& needs);

/// The same of one that is bound to `target` when it enters.
Result<std::optional<SandboxPlan>>
plan_server_sandbox(const NetworkArgs& network, const ServerArgs& server, const TlsServerArgs& tls,
                    const Target& target, const SandboxNeeds& needs);

} // namespace sockit
