#include "emitted.h"
#include "op/sockopts.h"
#include "op/sockopts_scene.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

using test::Emitted;

SockoptsScene connection()
{
    auto scene = set_scene(*parse_kind("tcp4"), SockoptPhase::Accepted);
    EXPECT_TRUE(scene) << describe_error(scene.error());
    return std::move(*scene);
}

LiveTarget target_of(const Socket& socket)
{
    return {.pid = ::getpid(), .fd = socket.ref().value, .text = "--pid ours --fd it"};
}

/// Whether the peer has closed: nothing else makes the stream readable here.
bool sees_end(const Socket& socket)
{
    pollfd waiting{.fd = socket.ref().value, .events = POLLIN, .revents = 0};
    char byte = 0;
    return ::poll(&waiting, 1, 1000) == 1 && ::recv(waiting.fd, &byte, 1, 0) == 0;
}

TEST(SockoptsLive, ASocketClosedWhileWeTellOfItGivesItsPeerTheEndAtOnce)
{
    auto scene = connection();
    bool ended = false;
    const Emit emit = [&](const Event& event) {
        if (event.get_if<SockoptsSocket>() != nullptr) {
            scene.socket.close();
            ended = sees_end(scene.other);
        }
        return true;
    };
    ASSERT_TRUE(get_sockopts({.target = target_of(scene.socket)}, emit));
    EXPECT_TRUE(ended);
}

TEST(SockoptsLive, AListenerClosedWhileWeTellOfItCanBeBoundAgainAtOnce)
{
    auto scene = set_scene(*parse_kind("tcp4"), SockoptPhase::Listening);
    ASSERT_TRUE(scene);
    const auto local = *scene->socket.local();
    const auto next = *open_kind(*parse_kind("tcp4"));
    bool bound = false;
    const Emit emit = [&](const Event& event) {
        if (event.get_if<SockoptsSocket>() != nullptr) {
            scene->socket.close();
            bound = next.bind(local).has_value();
        }
        return true;
    };
    ASSERT_TRUE(get_sockopts({.target = target_of(scene->socket)}, emit));
    EXPECT_TRUE(bound);
}

TEST(SockoptsLive, WhatIsReadIsWhatTheProcessSet)
{
    const auto scene = connection();
    const auto row = *find_sockopt("TCP_NODELAY");
    ASSERT_TRUE(
        apply_sockopt(scene.socket.ref(), *parse_sockopt_setting("TCP_NODELAY=1")).satisfied());
    Emitted emitted;
    ASSERT_TRUE(get_sockopts({.target = target_of(scene.socket), .rows = {row}}, emitted.emit()));
    const auto socket = emitted.of<SockoptsSocket>().at(0);
    EXPECT_EQ(socket.owner->pid, ::getpid());
    EXPECT_EQ(socket.kind->kind, SocketKind::Tcp4);
    EXPECT_EQ(socket.state, SocketState::Established);
    EXPECT_EQ(socket.local, *scene.socket.local());
    EXPECT_EQ(socket.peer, *scene.socket.peer());
    const auto option = emitted.of<OptionRead>().at(0);
    EXPECT_EQ(option.value, SockoptValue{true});
    EXPECT_EQ(option.usual, SockoptValue{false});
}

TEST(SockoptsLive, NamesMeanTheLevelThatTheSocketHas)
{
    const auto udp = *open_kind(*parse_kind("udp6"));
    const auto row = sockopt_row(IPPROTO_IP, 42); // MCAST_JOIN_GROUP, of IPv4
    const auto name = std::string(row.name);
    Emitted emitted;
    ASSERT_TRUE(get_sockopts({.target = target_of(udp), .rows = {row}}, emitted.emit()));
    const auto read = emitted.of<OptionRead>().at(0).row;
    EXPECT_EQ(read.name, name);
    EXPECT_EQ(read.level.number, IPPROTO_IPV6);
}

TEST(SockoptsLive, KeysAndTheirKinAreRefusedBeforeAnythingIsSaid)
{
    const auto scene = connection();
    Emitted emitted;
    const auto end = set_sockopts({.target = target_of(scene.socket),
                                   .settings = {*parse_sockopt_setting("TCP_NODELAY=1"),
                                                *parse_sockopt_setting("TCP_REPAIR=1")},
                                   .apply = true},
                                  emitted.emit());
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, EPERM);
    EXPECT_TRUE(emitted.events.empty());
    EXPECT_EQ(*scene.socket.get_option(IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"), 0);
}

TEST(SockoptsLive, ADescriptorThatIsAnotherSocketNowIsNotLookedAt)
{
    const auto scene = connection();
    auto target = target_of(scene.socket);
    target.inode = 1;
    Emitted emitted;
    const auto end = get_sockopts({.target = target}, emitted.emit());
    ASSERT_TRUE(end);
    EXPECT_EQ(end->summary.sockets, 0U);
    const LiveSocket stale{.inode = 1, .owners = {{::getpid(), scene.socket.ref().value, "x"}}};
    EXPECT_EQ(duplicate_live_socket(stale).error().code, ESTALE);
}

TEST(SockoptsLive, TheFirstOwnerThatIsStillThereIsAsked)
{
    const auto scene = connection();
    const auto live = find_live_sockets(target_of(scene.socket));
    ASSERT_TRUE(live);
    auto socket = live->sockets.at(0);
    socket.owners.insert(socket.owners.begin(), {0x7ffffff0, 3, "gone"});
    const auto duplicate = duplicate_live_socket(socket);
    ASSERT_TRUE(duplicate) << describe_error(duplicate.error());
    EXPECT_EQ(duplicate->owner.pid, ::getpid());
}

} // namespace
} // namespace sockit::THIS_FILE
