#include "cmd/sandbox.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

NetworkArgs asking(std::optional<std::string> word)
{
    NetworkArgs args;
    args.sandbox = std::move(word);
    return args;
}

using Planned = Result<std::optional<SandboxPlan>>;

TEST(PlanSandbox, OffUnlessAskedFor)
{
    const SandboxNeeds needs{.runs_command = true, .writable = {}};
    EXPECT_EQ(plan_client_sandbox(asking({}), {}, needs), Planned(std::nullopt));
    EXPECT_EQ(plan_client_sandbox(asking("off"), {}, needs), Planned(std::nullopt));
    EXPECT_FALSE(plan_client_sandbox(asking("auto"), {}, needs));
    EXPECT_FALSE(plan_client_sandbox(asking("require"), {}, needs));
    EXPECT_FALSE(plan_client_sandbox(asking(""), {}, {}));
    EXPECT_FALSE(plan_client_sandbox(asking("on"), {}, {}));
}

TEST(PlanSandbox, AClientReadsItsCertificatesAndBindsItsSource)
{
    auto args = asking("auto");
    args.source = "127.0.0.1:5000";
    TlsClientArgs tls;
    tls.ca = "ca.pem";
    tls.cert = "me.pem";
    EXPECT_EQ(plan_client_sandbox(args, tls, {.writable = {std::nullopt, "out"}}),
              Planned(SandboxPlan{.required = false,
                                  .readable = {"ca.pem", "me.pem"},
                                  .writable = {"out"},
                                  .connects = true,
                                  .bind_ports = {5000}}));
}

TEST(PlanSandbox, AServerConnectsToNobody)
{
    ServerArgs server;
    server.port_file = "port";
    TlsServerArgs tls;
    tls.cert = "server.pem";
    const auto target = parse_target("unix:/run/app.sock", Role::Server);
    EXPECT_EQ(plan_server_sandbox(asking("require"), server, tls, *target, {.writable = {"out"}}),
              Planned(SandboxPlan{.required = true,
                                  .readable = {"server.pem"},
                                  .writable = {"out", "port", "/run/app.sock"},
                                  .connects = false,
                                  .bind_ports = {}}));
}

} // namespace

} // namespace sockit::THIS_FILE
