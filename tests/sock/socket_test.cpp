#include "sock/io.h"
#include "sock/socket.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <poll.h>

namespace sockit::THIS_FILE {
namespace {

struct Pair {
    Socket client;
    Socket server;
};

void wait_for(const Socket& socket, short events)
{
    pollfd waiting{.fd = socket.ref().value, .events = events, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
}

/// A TCP listener on a free port of `address`.
Socket listener(const char* address, Endpoint& bound)
{
    const auto any = Endpoint::from_literal(address, 0).value();
    auto socket = Socket::open(any.family(), SOCK_STREAM).value();
    EXPECT_TRUE(socket.bind(any));
    bound = socket.local().value();
    EXPECT_TRUE(socket.listen(8, bound));
    return socket;
}

Pair connected(const char* address)
{
    Endpoint bound;
    const auto listening = listener(address, bound);
    auto client = Socket::open(bound.family(), SOCK_STREAM).value();
    EXPECT_TRUE(client.connect(bound));
    wait_for(listening, POLLIN);
    auto accepted = listening.accept().value();
    EXPECT_TRUE(accepted.has_value());
    EXPECT_EQ(accepted->peer, client.local().value());
    wait_for(client, POLLOUT);
    EXPECT_TRUE(client.pending_error(bound));
    return {.client = std::move(client), .server = std::move(accepted->socket)};
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string received(const Socket& socket)
{
    std::array<std::byte, 64> buffer{};
    wait_for(socket, POLLIN);
    const auto transfer = receive_some(socket.ref(), buffer, "peer");
    if (!transfer)
        return describe_error(transfer.error());
    if (transfer->end())
        return "(end)";
    return {reinterpret_cast<const char*>(buffer.data()), transfer->bytes};
}

TEST(Socket, IsCloseOnExecAndNonBlockingFromTheStart)
{
    const auto pair = connected("127.0.0.1");
    for (const Socket* socket : {&pair.client, &pair.server}) {
        EXPECT_NE(::fcntl(socket->ref().value, F_GETFD) & FD_CLOEXEC, 0);
        EXPECT_NE(::fcntl(socket->ref().value, F_GETFL) & O_NONBLOCK, 0);
    }
}

TEST(Socket, AcceptWithNobodyWaitingIsNoError)
{
    Endpoint bound;
    const auto listening = listener("127.0.0.1", bound);
    const auto accepted = listening.accept();
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(accepted->has_value());
}

TEST(Socket, BothEndsNameTheSameConnection)
{
    for (const char* address : {"127.0.0.1", "::1"}) {
        const auto pair = connected(address);
        EXPECT_EQ(pair.client.local().value(), pair.server.peer().value());
        EXPECT_EQ(pair.client.peer().value(), pair.server.local().value());
    }
}

TEST(Socket, HalfCloseEndsOneDirectionOnly)
{
    const auto pair = connected("127.0.0.1");
    ASSERT_TRUE(pair.client.shutdown_send());
    EXPECT_EQ(received(pair.server), "(end)");
    ASSERT_TRUE(send_some(pair.server.ref(), bytes("still there"), "peer"));
    EXPECT_EQ(received(pair.client), "still there");
}

TEST(Socket, ResetOnCloseIsSeenAsAReset)
{
    auto pair = connected("127.0.0.1");
    pair.client.reset_on_close();
    pair.client.close();
    EXPECT_EQ(received(pair.server), "recv peer: Connection reset by peer (ECONNRESET)");
}

TEST(Socket, ErrorsNameCallAndEndpoint)
{
    Endpoint bound;
    const auto listening = listener("127.0.0.1", bound);
    const auto second = Socket::open(AF_INET, SOCK_STREAM).value().bind(bound);
    ASSERT_FALSE(second);
    EXPECT_EQ(describe_error(second.error()),
              "bind " + bound.text() + ": Address already in use (EADDRINUSE)");
    EXPECT_EQ(second.error().phase, Phase::Bind);
    const auto lost = Socket::open(AF_UNIX, SOCK_STREAM)
                          .value()
                          .connect(Endpoint::unix_path("/nonexistent/x").value());
    ASSERT_FALSE(lost);
    EXPECT_EQ(describe_error(lost.error()),
              "connect unix:/nonexistent/x: No such file or directory (ENOENT)");
}

TEST(Io, NothingThereIsAStateNotAnError)
{
    const auto pair = connected("127.0.0.1");
    std::array<std::byte, 1> buffer{};
    const auto transfer = receive_some(pair.client.ref(), buffer, "peer");
    ASSERT_TRUE(transfer);
    EXPECT_TRUE(transfer->would_block());
}

TEST(Io, SendingToAClosedPeerIsAnErrorNotASignal)
{
    auto pair = connected("127.0.0.1");
    pair.server.reset_on_close();
    pair.server.close();
    wait_for(pair.client, POLLIN);
    static_cast<void>(send_some(pair.client.ref(), bytes("x"), "peer")); // takes the ECONNRESET
    const auto sent = send_some(pair.client.ref(), bytes("x"), "peer");
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, EPIPE);
    EXPECT_EQ(sent.error().phase, Phase::Send);
}

TEST(Io, WriteAllWaitsForANonBlockingReader)
{
    test::Pipe pipe;
    ::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK);
    const std::string text(1 << 20, 'x');
    std::size_t total = 0;
    std::thread reader([&] {
        std::array<char, 65536> buffer{};
        for (ssize_t count = 0;
             (count = ::read(pipe.read.get(), buffer.data(), buffer.size())) > 0;)
            total += static_cast<std::size_t>(count);
    });
    EXPECT_TRUE(write_all(pipe.write.ref(), text, "pipe"));
    pipe.write.close();
    reader.join();
    EXPECT_EQ(total, text.size());
}

TEST(Io, AFullDeviceIsAnOutputError)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const auto written = write_all(full.ref(), "x", "stdout");
    ASSERT_FALSE(written);
    EXPECT_EQ(describe_error(written.error()), "write stdout: No space left on device (ENOSPC)");
    EXPECT_EQ(written.error().phase, Phase::Output);
}

TEST(Shortage, IsWhatMayWorkLater)
{
    for (const int code : {EMFILE, ENFILE, ENOBUFS, ENOMEM})
        EXPECT_TRUE(is_shortage(Error::from_errno(Phase::Listen, "accept", "", code)));
    for (const int code : {EINVAL, ECONNABORTED, EPERM})
        EXPECT_FALSE(is_shortage(Error::from_errno(Phase::Listen, "accept", "", code)));
}

} // namespace
} // namespace sockit::THIS_FILE
