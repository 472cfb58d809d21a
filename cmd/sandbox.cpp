#include "cmd/sandbox.h"

#include "base/parse.h"
#include "cmd/plan_common.h"

namespace sockit {

namespace {

using Paths = std::vector<std::optional<std::string>>;

void add(std::vector<std::string>& all, const Paths& more)
{
    for (const auto& path : more)
        if (path)
            all.push_back(*path);
}

Result<std::optional<SandboxPlan>> plan_sandbox(const std::optional<std::string>& word,
                                                const SandboxNeeds& needs, const Paths& readable)
{
    if (!word || *word == "off")
        return std::optional<SandboxPlan>();
    if (*word != "auto" && *word != "require")
        return bad_value("--sandbox", *word, "expected auto, require or off");
    if (needs.runs_command)
        return Failure(Error::usage("--sandbox lets no command be run"));
    SandboxPlan plan;
    plan.required = *word == "require";
    add(plan.readable, readable);
    add(plan.writable, needs.writable);
    return std::optional(std::move(plan));
}

} // namespace

Result<std::optional<SandboxPlan>>
plan_client_sandbox(const NetworkArgs& network, const TlsClientArgs& tls, const SandboxNeeds& needs)
{
    auto plan = TRY(plan_sandbox(network.sandbox, needs, {tls.ca, tls.cert, tls.key}));
    if (plan && network.source)
        plan->bind_ports.push_back(
            static_cast<std::uint16_t>(TRY(plan_source(*network.source)).port()));
    return plan;
}

Result<std::optional<SandboxPlan>>
plan_server_sandbox(const NetworkArgs& network, const ServerArgs& server, const TlsServerArgs& tls,
                    const Target& target, const SandboxNeeds& needs)
{
    auto plan = TRY(plan_sandbox(network.sandbox, needs, {tls.cert, tls.key, tls.client_ca}));
    if (!plan)
        return plan;
    plan->connects = false;
    add(plan->writable, {server.port_file});
    if (target.endpoint && target.endpoint->is_unix_path()) // removed at the end
        plan->writable.emplace_back(target.endpoint->unix_name());
    return plan;
}

} // namespace sockit
