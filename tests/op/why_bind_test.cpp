#include "emitted.h"
#include "op/bind_evidence.h"
#include "op/bind_refusal.h"
#include "op/bind_text.h"
#include "op/why_bind.h"
#include "support/network.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

struct Answer {
    std::vector<WhyBindHolder> holders;
    WhyBindVerdict verdict;
};

Answer ask(std::string_view word, const std::vector<std::string>& sockopts = {})
{
    ListenerPlan plan;
    plan.target = parse_target(word, Role::Server).value();
    for (const auto& setting : sockopts)
        plan.socket.sockopts.push_back(parse_sockopt_setting(setting).value());
    test::Emitted emitted;
    const auto end = why_bind(plan, emitted.emit());
    EXPECT_TRUE(end) << describe_error(end.error());
    const auto verdicts = emitted.of<WhyBindVerdict>();
    EXPECT_EQ(verdicts.size(), 1U);
    if (!end || verdicts.empty())
        return {};
    EXPECT_EQ(end->error, verdicts[0].error);
    EXPECT_EQ(verdicts[0].would_bind, !verdicts[0].error);
    EXPECT_EQ(verdicts[0].predicted, verdicts[0].would_bind) << verdicts[0].rule;
    return {.holders = emitted.of<WhyBindHolder>(), .verdict = verdicts[0]};
}

struct Options {
    bool reuseaddr = false;
    bool reuseport = false;
    bool v6only = false;
};

Socket bound(const std::string& address, std::uint16_t port, int type, Options options = {})
{
    const auto endpoint = Endpoint::from_literal(address, port).value();
    auto socket = Socket::open(endpoint.family(), type).value();
    EXPECT_TRUE(socket.set_option(SOL_SOCKET, SO_REUSEADDR, options.reuseaddr ? 1 : 0, ""));
    EXPECT_TRUE(socket.set_option(SOL_SOCKET, SO_REUSEPORT, options.reuseport ? 1 : 0, ""));
    if (endpoint.family() == AF_INET6) {
        EXPECT_TRUE(socket.set_option(IPPROTO_IPV6, IPV6_V6ONLY, options.v6only ? 1 : 0, ""));
    }
    EXPECT_TRUE(socket.bind(endpoint));
    return socket;
}

Socket listening(const std::string& address, std::uint16_t port, Options options = {})
{
    auto socket = bound(address, port, SOCK_STREAM, options);
    EXPECT_TRUE(socket.listen(8, socket.local().value()));
    return socket;
}

void wait_for(const Socket& socket, short what)
{
    pollfd waiting{.fd = socket.ref().value, .events = what, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
}

struct Connection {
    Socket client;
    Socket server;
};

Connection connect_to(const Socket& listener)
{
    Connection out;
    const auto endpoint = listener.local().value();
    out.client = Socket::open(endpoint.family(), SOCK_STREAM).value();
    EXPECT_TRUE(out.client.connect(endpoint));
    wait_for(listener, POLLIN);
    out.server = std::move(listener.accept().value()->socket);
    return out;
}

/// Leaves a connection of the listener's port behind in TIME-WAIT.
void leave_time_wait(const Socket& listener)
{
    auto [client, server] = connect_to(listener);
    server.close();
    wait_for(client, POLLIN | POLLRDHUP);
    client.close();
}

TEST(WhyBind, AFreePortCanBeBound)
{
    const auto [holders, verdict] = ask("127.0.0.1:7100");
    EXPECT_TRUE(verdict.would_bind);
    EXPECT_TRUE(verdict.tried);
    EXPECT_TRUE(holders.empty());
    EXPECT_EQ(verdict.rule, "nobody holds the port on this address");
    EXPECT_TRUE(ask("udp:127.0.0.1:7100").verdict.would_bind);
    EXPECT_TRUE(ask("127.0.0.1:0").verdict.would_bind);
}

TEST(WhyBind, AListenerIsNamedWithItsFlags)
{
    const auto listener = listening("0.0.0.0", 7101, {.reuseaddr = true});
    const auto [holders, verdict] = ask("127.0.0.1:7101");
    ASSERT_EQ(holders.size(), 1U);
    const auto& holder = holders[0].holder;
    EXPECT_TRUE(holders[0].blocks);
    EXPECT_EQ(holder.state, SocketState::Listen);
    EXPECT_EQ(holder.local.text(), "0.0.0.0:7101");
    ASSERT_EQ(holder.processes.size(), 1U);
    EXPECT_EQ(holder.processes[0].pid, ::getpid());
    EXPECT_EQ(holder.processes[0].fd, listener.ref().value);
    EXPECT_EQ(holder.uid, ::geteuid());
    EXPECT_EQ(holder.reuseaddr, true);
    EXPECT_EQ(holder.reuseport, false);
    EXPECT_FALSE(holder.inferred);
    EXPECT_EQ(verdict.error->code, EADDRINUSE);
    EXPECT_NE(verdict.rule.find("SO_REUSEADDR does not allow a second listener"),
              std::string::npos);
    EXPECT_FALSE(verdict.cure.empty());
}

TEST(WhyBind, ASocketThatOnlyHasANameIsSeen)
{
    const auto holder = bound("127.0.0.1", 7102, SOCK_STREAM);
    const auto [holders, verdict] = ask("127.0.0.1:7102");
    EXPECT_FALSE(verdict.would_bind);
    if (holders.empty())
        GTEST_SKIP() << "this kernel does not list sockets that are only bound";
    EXPECT_NE(verdict.rule.find("is bound to 127.0.0.1:7102 without listening"), std::string::npos);
}

TEST(WhyBind, WhatDuplicatesTellIsAsTheMatrixHasIt)
{
    const auto shares = [](Options first, const std::vector<std::string>& second) {
        const auto holder = bound("127.0.0.1", 7103, SOCK_STREAM, first);
        return ask("127.0.0.1:7103", second).verdict.would_bind;
    };
    EXPECT_TRUE(shares({.reuseaddr = true}, {}));
    EXPECT_FALSE(shares({.reuseaddr = true}, {"SO_REUSEADDR=0"}));
    EXPECT_FALSE(shares({.reuseport = true}, {}));
    EXPECT_TRUE(shares({.reuseport = true}, {"SO_REUSEPORT=1"}));
}

/// Every pair of addresses and a few of options: ask() compares what the rules say with what the
/// kernel did.
TEST(WhyBind, TheRulesAgreeWithThisKernel)
{
    test::fresh_network();
    const std::vector<std::string> addresses{
        "127.0.0.1", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "127.0.0.2"};
    std::uint16_t port = 10000;
    std::size_t refused = 0;
    for (const auto& first : addresses)
        for (const auto& second : addresses)
            for (const bool listens : {false, true})
                for (const Options options : {Options{.reuseaddr = true}, {.reuseport = true}}) {
                    ++port;
                    SCOPED_TRACE(testing::Message() << first << " " << second << " " << listens);
                    const auto holder = listens ? listening(first, port, options)
                                                : bound(first, port, SOCK_STREAM, options);
                    const auto target = Endpoint::from_literal(second, port).value().text();
                    const auto answer =
                        options.reuseport ? ask(target, {"SO_REUSEPORT=1"}) : ask(target);
                    refused += answer.verdict.would_bind ? 0 : 1;
                }
    EXPECT_GT(refused, 0U);
}

TEST(WhyBind, ADualStackListenerBlocksIpv4)
{
    const auto listener = listening("::", 7104);
    const auto [holders, verdict] = ask("127.0.0.1:7104");
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders[0].holder.v6only, false);
    EXPECT_FALSE(verdict.would_bind);
    EXPECT_NE(verdict.rule.find("[::]:7104, which takes IPv4 too"), std::string::npos);
    const auto alone = listening("::", 7105, {.v6only = true});
    EXPECT_TRUE(ask("127.0.0.1:7105").verdict.would_bind);
    EXPECT_FALSE(ask("7105").verdict.would_bind) << "every address of both families";
}

TEST(WhyBind, TimeWaitIsInferredAndCountsDown)
{
    test::fresh_network();
    for (const bool reuseaddr : {false, true}) {
        SCOPED_TRACE(reuseaddr);
        const std::uint16_t port = reuseaddr ? 7106 : 7107;
        leave_time_wait(listening("127.0.0.1", port, {.reuseaddr = reuseaddr}));
        const auto [holders, verdict] = ask("127.0.0.1:" + std::to_string(port));
        ASSERT_EQ(holders.size(), 1U);
        const auto& holder = holders[0].holder;
        EXPECT_EQ(holder.state, SocketState::TimeWait);
        EXPECT_TRUE(holder.processes.empty());
        EXPECT_FALSE(holder.uid.has_value());
        EXPECT_TRUE(holder.inferred);
        EXPECT_EQ(holder.reuseaddr, reuseaddr);
        EXPECT_EQ(holder.reuseport, false);
        EXPECT_GT(holder.expires_ns.value_or(0), 0);
        EXPECT_LE(holder.expires_ns.value_or(0), 60'000'000'000);
        EXPECT_EQ(verdict.would_bind, reuseaddr);
        EXPECT_FALSE(
            ask("127.0.0.1:" + std::to_string(port), {"SO_REUSEADDR=0"}).verdict.would_bind);
    }
}

TEST(WhyBind, AConnectionKeepsThePortOfItsListener)
{
    std::optional<Socket> listener = listening("0.0.0.0", 7108);
    const auto connection = connect_to(*listener);
    listener.reset();
    const auto [holders, verdict] = ask("0.0.0.0:7108");
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders[0].holder.state, SocketState::Established);
    EXPECT_FALSE(verdict.would_bind);
    EXPECT_TRUE(ask("127.0.0.2:7108").verdict.would_bind);
}

TEST(WhyBind, UdpIsNeverBound)
{
    const auto one = bound("127.0.0.1", 7109, SOCK_DGRAM);
    const auto [holders, verdict] = ask("udp:127.0.0.1:7109");
    EXPECT_FALSE(verdict.tried);
    EXPECT_FALSE(verdict.would_bind);
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders[0].holder.reuseaddr, false);
    const auto shared = bound("127.0.0.1", 7110, SOCK_DGRAM, {.reuseaddr = true});
    EXPECT_FALSE(ask("udp:127.0.0.1:7110").verdict.would_bind)
        << "listen does not share: it would rob the other of its datagrams";
    EXPECT_TRUE(ask("tcp:127.0.0.1:7110").verdict.would_bind) << "another protocol";
}

TEST(WhyBind, FlagsThatNobodyTellsAreInferredForTcpAlone)
{
    const auto socket = bound("127.0.0.1", 7111, SOCK_STREAM, {.reuseaddr = true});
    const auto wish = bind_wish(socket, socket.local().value());
    BindHolder holder{.state = SocketState::Close, .local = wish.address, .uid = wish.uid};
    std::vector holders{holder};
    infer_bind_flags(holders, wish);
    EXPECT_EQ(holders[0].reuseaddr, true);
    EXPECT_EQ(holders[0].reuseport, false);
    EXPECT_TRUE(holders[0].inferred);

    // Either of two may be to blame.
    holders = {holder, holder};
    infer_bind_flags(holders, wish);
    EXPECT_EQ(holders[0].reuseaddr, true);
    EXPECT_FALSE(holders[0].reuseport.has_value());

    const auto datagram = bound("127.0.0.1", 7112, SOCK_DGRAM, {.reuseaddr = true});
    holder.datagram = true;
    holder.local = datagram.local().value();
    holders = {holder};
    infer_bind_flags(holders, bind_wish(datagram, holder.local));
    EXPECT_FALSE(holders[0].reuseaddr.has_value());
}

TEST(WhyBind, AnAddressThatIsNotOurs)
{
    for (const auto* target : {"192.0.2.1:7113", "udp:192.0.2.1:7113", "[2001:db8::1]:7113"}) {
        SCOPED_TRACE(target);
        const auto [holders, verdict] = ask(target);
        ASSERT_TRUE(verdict.error);
        EXPECT_EQ(verdict.error->code, EADDRNOTAVAIL);
        EXPECT_EQ(verdict.error->subject,
                  std::string_view(target).starts_with("udp:") ? target + 4 : target);
        EXPECT_NE(verdict.rule.find("no interface of this machine has the address"),
                  std::string::npos);
    }
    EXPECT_TRUE(ask("192.0.2.1:7113", {"IP_FREEBIND=1"}).verdict.would_bind);
    EXPECT_TRUE(ask("udp:192.0.2.1:7113", {"IP_FREEBIND=1"}).verdict.would_bind);
}

TEST(WhyBind, AMissingInterface)
{
    ListenerPlan plan;
    plan.target = parse_target("127.0.0.1:7114", Role::Server).value();
    plan.socket.interface = "nosuch0";
    test::Emitted emitted;
    const auto end = why_bind(plan, emitted.emit());
    ASSERT_TRUE(end);
    EXPECT_EQ(end->error->code, ENODEV);
    EXPECT_EQ(emitted.of<WhyBindVerdict>()[0].rule,
              "there is no interface of that name in this network namespace");
}

TEST(BindHint, NamesWhoListens)
{
    const auto listener = listening("127.0.0.1", 7115);
    const auto socket = Socket::open(AF_INET, SOCK_STREAM).value();
    const auto endpoint = listener.local().value();
    const auto refused = socket.bind(endpoint);
    ASSERT_FALSE(refused);
    EXPECT_NE(bind_hint(socket, endpoint, refused.error())
                  .find("(pid " + std::to_string(::getpid()) + ") listens on 127.0.0.1:7115; "),
              std::string::npos);
}

// Was told of a socket that the kernel's lists do not show.
TEST(BindRefusal, PortZeroInUseMeansThatTheRangeIsUsedUp)
{
    const BindWish wish{.address = Endpoint::from_literal("127.0.0.1", 0).value()};
    const auto error = Error::from_errno(Phase::Bind, "bind", "127.0.0.1:0", EADDRINUSE);
    EXPECT_EQ(explain_refusal(error, wish).rule,
              "every port of net.ipv4.ip_local_port_range is taken");
}

TEST(BindText, AHolderThatSharesIsJoinedByOneOption)
{
    const auto address = Endpoint::from_literal("127.0.0.1", 80).value();
    const BindHolder holder{.state = SocketState::Listen,
                            .local = address,
                            .inode = 4711,
                            .uid = 0,
                            .processes = {{.pid = 812, .fd = 6, .comm = "nginx"}},
                            .reuseaddr = true,
                            .reuseport = true};
    const auto cures = blocking_cures(holder, {.address = address, .reuseaddr = true});
    ASSERT_EQ(cures.size(), 3U);
    EXPECT_EQ(cures[1], "set SO_REUSEPORT before bind() (--sockopt SO_REUSEPORT=1), as the holder "
                        "has, to share the port");
}

} // namespace
} // namespace sockit::THIS_FILE
