#include "peer.h"
#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// The answer in JSON, valid by its schema, and the same as lines.
json answer(Words options, int status)
{
    options.insert(options.begin(), {"sockopts", "why-bind"});
    auto lines = options;
    lines.emplace_back("--jsonl");
    const auto told = run(lines);
    EXPECT_TRUE(exited(told, status));
    EXPECT_TRUE(valid_lines(told.out)) << told;
    options.emplace_back("--json");
    const auto outcome = run(options);
    EXPECT_TRUE(exited(outcome, status));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    auto document = parse_document(outcome.out);
    EXPECT_EQ(document["would_bind"], status == 0);
    EXPECT_EQ(document["error"].is_null(), status == 0);
    EXPECT_EQ(outcome.err.empty(), status == 0) << outcome;
    return document;
}

TEST(WhyBind, AFreePort)
{
    const auto document = answer({"127.0.0.1:7200"}, 0);
    EXPECT_EQ(document["target"],
              (json{{"family", "inet"}, {"address", "127.0.0.1"}, {"port", 7200}}));
    EXPECT_EQ(document["holders"], json::array());
    EXPECT_EQ(document["act"], "why-bind");
}

TEST(WhyBind, ALiveListenerIsNamed)
{
    Server server({"echo", "server", "127.0.0.1:0"});
    const auto document = answer({"tcp:" + server.endpoint()}, 6);
    ASSERT_EQ(document["holders"].size(), 1U);
    const auto& holder = document["holders"][0];
    EXPECT_EQ(holder["state"], "LISTEN");
    EXPECT_EQ(holder["pid"], server->pid());
    EXPECT_EQ(holder["comm"], "sockit");
    EXPECT_EQ(holder["uid"], ::geteuid());
    EXPECT_EQ(holder["reuseaddr"], true);
    EXPECT_EQ(holder["reuseport"], false);
    EXPECT_EQ(document["error"]["code"], "EADDRINUSE");
    const std::string rule = "sockit (pid " + std::to_string(server->pid()) + ") listens on " +
                             server.endpoint() + "; SO_REUSEADDR does not allow a second listener";
    EXPECT_EQ(document["rule"], rule);
    EXPECT_NE(document["cure"], json::array());

    const auto text = run({"sockopts", "why-bind", server.endpoint()});
    EXPECT_TRUE(exited(text, 6));
    EXPECT_NE(text.out.find("tcp " + server.endpoint() +
                            " cannot be bound: Address already in "
                            "use (EADDRINUSE)\n  rule: sockit (pid "),
              std::string::npos)
        << text;
    EXPECT_EQ(text.err,
              "sockit: bind " + server.endpoint() + ": Address already in use (EADDRINUSE)\n");

    // Servers say it themselves.
    for (const Words& words : {Words{"listen"}, Words{"echo", "server"}}) {
        auto with_address = words;
        with_address.push_back(server.endpoint());
        const auto second = run(with_address);
        EXPECT_TRUE(exited(second, 6));
        EXPECT_NE(second.err.find("hint: " + rule + "\n"), std::string::npos) << second;
    }
    // And nothing has been taken from the server by asking.
    const auto echoed = run({"echo", "client", server.endpoint(), "-n", "10"});
    EXPECT_TRUE(exited(echoed, 0));
}

TEST(WhyBind, ReuseportIsSharedByOneUser)
{
    Server server({"echo", "server", "127.0.0.1:0", "--reuseport"});
    answer({server.endpoint()}, 6);
    const auto shared = answer({server.endpoint(), "--sockopt", "SO_REUSEPORT=1"}, 0);
    EXPECT_EQ(shared["holders"][0]["blocks"], false);
    EXPECT_TRUE(exited(run({"echo", "client", server.endpoint(), "-n", "10"}), 0));

    const auto other =
        run_program({"setpriv", "--reuid=65534", "--clear-groups", sockit_binary(), "sockopts",
                     "why-bind", server.endpoint(), "--sockopt", "SO_REUSEPORT=1", "--json"});
    if (other.out.empty())
        GTEST_SKIP() << "there is no other user here: " << other.err;
    EXPECT_TRUE(exited(other, 6));
    EXPECT_TRUE(valid_document(other.out)) << other;
    const auto document = parse_document(other.out);
    EXPECT_TRUE(document["holders"][0]["reuseport"].is_null()) << other;
    EXPECT_NE(document["rule"].get<std::string>().find("sockets of one user only: user 0 there, "
                                                       "user 65534 here"),
              std::string::npos)
        << other;
}

TEST(WhyBind, ADualStackServerHoldsIpv4Too)
{
    Server server({"echo", "server", "7201"});
    const auto document = answer({"127.0.0.1:7201"}, 6);
    EXPECT_EQ(document["holders"][0]["v6only"], false);
    EXPECT_NE(document["rule"].get<std::string>().find("[::]:7201, which takes IPv4 too"),
              std::string::npos);
    answer({"7201"}, 6);
    answer({"udp:127.0.0.1:7201"}, 0);
}

TEST(WhyBind, TimeWaitIsCountedDown)
{
    Server server({"listen", "127.0.0.1:7202", "--send-only"});
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:7202", "--recv-only"}), 0));
    EXPECT_TRUE(exited(server->wait(), 0));
    const auto free = answer({"127.0.0.1:7202"}, 0);
    ASSERT_EQ(free["holders"].size(), 1U) << free;
    const auto& holder = free["holders"][0];
    EXPECT_EQ(holder["state"], "TIME-WAIT");
    EXPECT_EQ(holder["inferred"], true);
    EXPECT_EQ(holder["reuseaddr"], true);
    EXPECT_TRUE(holder["pid"].is_null());
    EXPECT_GT(holder["expires_ns"], 0);
    const auto taken = answer({"127.0.0.1:7202", "--sockopt", "SO_REUSEADDR=0"}, 6);
    EXPECT_NE(taken["rule"].get<std::string>().find("a connection in TIME-WAIT ("),
              std::string::npos);
}

TEST(WhyBind, APrivilegedPortIsExit5)
{
    const auto outcome =
        run_program({"setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all",
                     sockit_binary(), "sockopts", "why-bind", "127.0.0.1:80", "--json"});
    if (outcome.out.empty() || outcome.status == 0)
        GTEST_SKIP() << "CAP_NET_BIND_SERVICE cannot be dropped here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 5));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["error"]["code"], "EACCES");
    EXPECT_EQ(document["rule"], "port 80 needs CAP_NET_BIND_SERVICE: it is below "
                                "net.ipv4.ip_unprivileged_port_start = 1024");
}

TEST(WhyBind, AnAddressThatIsNotOurs)
{
    const auto document = answer({"192.0.2.1:7203"}, 6);
    EXPECT_EQ(document["error"]["code"], "EADDRNOTAVAIL");
    answer({"192.0.2.1:7203", "--sockopt", "IP_FREEBIND=1"}, 0);
    const auto missing = answer({"127.0.0.1:7203", "--interface", "nosuch0"}, 6);
    EXPECT_EQ(missing["error"]["code"], "ENODEV");
}

TEST(WhyBind, AReservedPortIsOnlyNoted)
{
    fresh_network();
    const std::string sysctl = "/proc/sys/net/ipv4/ip_local_reserved_ports";
    if (::access(sysctl.c_str(), W_OK) != 0)
        GTEST_SKIP() << sysctl << " cannot be written here";
    write_file(sysctl, "7204\n");
    const auto document = answer({"127.0.0.1:7204"}, 0);
    ASSERT_EQ(document["notes"].size(), 1U);
    EXPECT_NE(document["notes"][0].get<std::string>().find("net.ipv4.ip_local_reserved_ports"),
              std::string::npos);
}

TEST(WhyBind, WhatCannotBeAskedIsTold)
{
    const auto unsupported = run({"sockopts", "why-bind", "unix:/run/x", "--json"});
    EXPECT_TRUE(exited(unsupported, 7));
    EXPECT_TRUE(valid_document(unsupported.out)) << unsupported;
    EXPECT_TRUE(valid_lines(run({"sockopts", "why-bind", "unix:/run/x", "--jsonl"}).out));
    const auto usage = run({"sockopts", "why-bind", "127.1:80", "--json"});
    EXPECT_TRUE(exited(usage, 2));
    EXPECT_EQ(usage.out, "") << usage;
    EXPECT_TRUE(exited(run({"sockopts", "why-bind"}), 2));
}

} // namespace
} // namespace sockit::test::THIS_FILE
