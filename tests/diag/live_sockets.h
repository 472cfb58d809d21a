#pragma once

#include "diag/socket_query.h"
#include "sock/socket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit::test {

inline std::uint64_t inode_of(const Socket& socket)
{
    struct stat status{};
    EXPECT_EQ(::fstat(socket.ref().value, &status), 0);
    return status.st_ino;
}

inline Endpoint loopback(int family, std::uint16_t port = 0)
{
    return *Endpoint::from_literal(family == AF_INET ? "127.0.0.1" : "::1", port);
}

/// Bound to loopback at a port of the kernel's choice.
inline Socket bound_socket(int family, int type)
{
    auto socket = Socket::open(family, type);
    EXPECT_TRUE(socket);
    const auto bound = socket->bind(loopback(family));
    EXPECT_TRUE(bound) << (bound ? "" : describe_error(bound.error()));
    return std::move(*socket);
}

inline Socket listening_socket(int family, int backlog)
{
    auto socket = bound_socket(family, SOCK_STREAM);
    EXPECT_TRUE(socket.listen(backlog, *socket.local()));
    return socket;
}

/// A client connected (or, for a full backlog, connecting) to `listener`.
inline Socket client_of(const Socket& listener)
{
    auto client = Socket::open(listener.family(), listener.type());
    EXPECT_TRUE(client);
    EXPECT_TRUE(client->connect(*listener.local()));
    return std::move(*client);
}

/// Everything a source visits.
template <class Source>
std::vector<SocketInfo> collect(Source& source, const SocketQuery& query)
{
    std::vector<SocketInfo> sockets;
    SocketInfo info;
    const auto unreadable = source.dump(query, info, [&](const SocketInfo& socket) {
        sockets.push_back(socket);
        return true;
    });
    EXPECT_TRUE(unreadable) << describe_error(unreadable.error());
    EXPECT_EQ(unreadable.value_or(0), 0U);
    return sockets;
}

inline bool has_inode(const std::vector<SocketInfo>& sockets, std::uint64_t inode)
{
    return std::ranges::find(sockets, inode, &SocketInfo::inode) != sockets.end();
}

/// The one with that inode; fails the test without one.
inline SocketInfo with_inode(const std::vector<SocketInfo>& sockets, std::uint64_t inode)
{
    for (const auto& socket : sockets)
        if (socket.inode == inode)
            return socket;
    ADD_FAILURE() << "no socket with inode " << inode;
    return {};
}

} // namespace sockit::test
