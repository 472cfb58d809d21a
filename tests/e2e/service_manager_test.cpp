#include "support/schema.h"
#include "support/second_host.h"
#include "tool.h"

#include <array>
#include <cstring>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

/// A service manager's environment for a process of its own pid.
Words activated(const std::string& command, const std::string& count = "1")
{
    return {"sh", "-c",
            "LISTEN_PID=$$ LISTEN_FDS=" + count + " exec " + sockit_binary() + " " + command};
}

TEST(SocketActivation, ThePassedSocketIsServed)
{
    const Fd socket = listen_on("127.0.0.1", 0);
    Running server(activated("listen --jsonl"), {.input = "hi", .fds = {{3, socket.ref()}}});
    auto peer = Peer::connect_to("127.0.0.1:" + std::to_string(port_of(socket)));
    EXPECT_EQ(peer.receive_all(), "hi");
    peer.close();
    const auto outcome = server.wait();
    EXPECT_TRUE(exited(outcome, 0)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out)[0]["local"]["port"], port_of(socket));
}

TEST(SocketActivation, ChildrenDoNotBelieveThemselvesMeant)
{
    const Fd socket = listen_on("127.0.0.1", 0);
    Running server(activated("listen -- sh -c 'echo $LISTEN_FDS$LISTEN_PID.'"),
                   {.fds = {{3, socket.ref()}}});
    auto peer = Peer::connect_to("127.0.0.1:" + std::to_string(port_of(socket)));
    EXPECT_EQ(peer.receive_all(), ".\n");
    EXPECT_TRUE(exited(server.wait(), 0));
}

TEST(SocketActivation, WhatCannotBeServedIsAUsageError)
{
    const Fd socket = listen_on("127.0.0.1", 0);
    EXPECT_TRUE(exited(run_program(activated("listen", "2"), {.fds = {{3, socket.ref()}}}), 2));
    const Fd fresh(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto outcome = run_program(activated("echo server"), {.fds = {{3, fresh.ref()}}});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.err, "sockit: socket activation: descriptor 3 is not a socket that listens "
                           "for streams\n");
}

TEST(SocketActivation, VariablesForAnotherProcessMeanNothing)
{
    const auto outcome =
        run({"listen"}, {.environment = {{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}}});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.err, "sockit: no address: expected [ADDR:]PORT or unix:PATH\n");
}

TEST(SocketActivation, AnAddressOutranksThePassedSocket)
{
    const Fd socket = listen_on("127.0.0.1", 0);
    const auto outcome = run_program(activated("listen 127.0.0.1:0 --accept-timeout 1ms --jsonl"),
                                     {.fds = {{3, socket.ref()}}});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(parse_lines(outcome.out)[0]["local"]["port"], port_of(socket));
}

TEST(Notify, TheManagerIsToldOnceItListens)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("notify");
    const Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(manager.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ASSERT_EQ(::setsockopt(manager.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    const Server server({"echo", "server", "127.0.0.1:0"},
                        {.environment = {{"NOTIFY_SOCKET", path}}});
    std::array<char, 256> text{};
    const auto length = ::recv(manager.get(), text.data(), text.size(), 0);
    ASSERT_GT(length, 0);
    EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(length)),
              "READY=1\nSTATUS=listening on " + server.endpoint() + "\n");
}

TEST(Notify, AManagerThatIsGoneIsAWarning)
{
    const auto outcome = run({"listen", "127.0.0.1:0", "--accept-timeout", "1ms"},
                             {.environment = {{"NOTIFY_SOCKET", "/nonexistent/notify"}}});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("sendto unix:/nonexistent/notify: No such file"), std::string::npos)
        << outcome;
}

} // namespace

} // namespace sockit::test::THIS_FILE
