#include "op/local_server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <ctime>

#include <sys/wait.h>
#include <unistd.h>

namespace sockit::THIS_FILE {

namespace {

/// A child process that has every descriptor we had when it was made, and does `work` until it is
/// ended.
class Child {
public:
    template <class Work>
    explicit Child(Work work) : m_pid(::fork())
    {
        if (m_pid != 0)
            return;
        work();
        for (;;)
            ::pause();
    }
    Child() : Child([] {}) {}
    Child(const Child&) = delete;
    Child(Child&&) = delete;
    Child& operator=(const Child&) = delete;
    Child& operator=(Child&&) = delete;
    ~Child()
    {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid;
};

Endpoint at(std::string_view address, std::uint16_t port = 0)
{
    return Endpoint::from_literal(address, port).value();
}

Socket bound(const Endpoint& endpoint, int type = SOCK_STREAM)
{
    auto socket = Socket::open(endpoint.family(), type).value();
    EXPECT_TRUE(socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
    EXPECT_TRUE(socket.bind(endpoint));
    if (type != SOCK_DGRAM) {
        EXPECT_TRUE(socket.listen(16, endpoint));
    }
    return socket;
}

Socket connected(const Endpoint& endpoint, int type = SOCK_STREAM)
{
    auto socket = Socket::open(endpoint.family(), type).value();
    EXPECT_TRUE(socket.connect(endpoint));
    return socket;
}

Endpoint unix_name(std::string_view kind)
{
    return Endpoint::unix_abstract("local-server-" + std::string(kind) + std::to_string(::getpid()))
        .value();
}

class LocalServerOver : public testing::TestWithParam<const char*> {};

TEST_P(LocalServerOver, IsWhoeverHoldsTheAcceptedConnection)
{
    const bool mapped = std::string_view(GetParam()) == "mapped";
    const auto listener = bound(mapped ? at("::") : at(GetParam()));
    const auto port = static_cast<std::uint16_t>(listener.local()->port());
    const auto client = connected(mapped ? at("127.0.0.1", port) : at(GetParam(), port));
    auto accepted = listener.accept().value();
    ASSERT_TRUE(accepted);
    const Child child;
    EXPECT_EQ(local_server_of(client), std::nullopt) << "both have it";
    accepted->socket.close();
    EXPECT_EQ(local_server_of(client), child.pid());
}

INSTANTIATE_TEST_SUITE_P(Families, LocalServerOver, testing::Values("127.0.0.1", "::1", "mapped"));

TEST(LocalServer, IsTheListenersProcessUntilSomebodyAccepts)
{
    auto listener = bound(at("::"));
    const auto port = static_cast<std::uint16_t>(listener.local()->port());
    const auto client = connected(at("127.0.0.1", port));
    const Child child;
    listener.close();
    EXPECT_EQ(local_server_of(client), child.pid());
}

TEST(LocalServer, OfDatagramsIsTheOneBoundToTheAddressItself)
{
    const auto everywhere = bound(at("0.0.0.0"), SOCK_DGRAM);
    const auto port = static_cast<std::uint16_t>(everywhere.local()->port());
    const auto client = connected(at("127.0.0.1", port), SOCK_DGRAM);
    EXPECT_EQ(local_server_of(client), ::getpid());
    auto exact = bound(at("127.0.0.2", port), SOCK_DGRAM);
    const auto other = connected(at("127.0.0.2", port), SOCK_DGRAM);
    const Child child;
    exact.close();
    EXPECT_EQ(local_server_of(other), child.pid());
}

TEST(LocalServer, IsNobodyWhenTheAddressIsNotOurs)
{
    ASSERT_EQ(std::system("ip route add 192.0.2.0/24 dev lo"), 0);
    const auto everywhere = bound(at("0.0.0.0"), SOCK_DGRAM);
    const auto port = static_cast<std::uint16_t>(everywhere.local()->port());
    EXPECT_EQ(local_server_of(connected(at("192.0.2.1", port), SOCK_DGRAM)), std::nullopt);
    ASSERT_EQ(std::system("ip route del 192.0.2.0/24"), 0);
}

TEST(LocalServer, OfUnixSocketsIsTheOneWithTheOtherEnd)
{
    const auto listener = bound(unix_name("stream"));
    const auto client = connected(unix_name("stream"));
    EXPECT_EQ(local_server_of(client), ::getpid()) << "it listens";
    auto accepted = listener.accept().value();
    ASSERT_TRUE(accepted);
    const Child child;
    accepted->socket.close();
    EXPECT_EQ(local_server_of(client), child.pid());
}

TEST(LocalServer, OfUnixDatagramsIsTheReceiver)
{
    const auto receiver = bound(unix_name("datagram"), SOCK_DGRAM);
    EXPECT_EQ(local_server_of(connected(unix_name("datagram"), SOCK_DGRAM)), ::getpid());
}

TEST(LocalServerAt, IsWhoeverListensThere)
{
    auto listener = bound(at("::"));
    const auto port = static_cast<std::uint16_t>(listener.local()->port());
    const auto local = bound(unix_name("at"));
    const Child child;
    EXPECT_EQ(local_server_at(at("127.0.0.1", port), SOCK_STREAM), std::nullopt) << "both do";
    EXPECT_EQ(local_server_at(unix_name("at"), SOCK_STREAM), std::nullopt);
    listener.close();
    EXPECT_EQ(local_server_at(at("127.0.0.1", port), SOCK_STREAM), child.pid());
    EXPECT_EQ(local_server_at(at("::1", port), SOCK_STREAM), child.pid());
    EXPECT_EQ(local_server_at(at("127.0.0.1", port), SOCK_DGRAM), std::nullopt);
    EXPECT_EQ(local_server_at(unix_name("nobody"), SOCK_STREAM), std::nullopt);
    EXPECT_EQ(local_server_at(unix_name("at"), SOCK_SEQPACKET), std::nullopt);
    EXPECT_EQ(local_server_at(at("192.0.2.1", port), SOCK_STREAM), std::nullopt);
}

TEST(LocalServerAt, TakesDatagramsThere)
{
    const auto receiver = bound(at("0.0.0.0"), SOCK_DGRAM);
    const auto port = static_cast<std::uint16_t>(receiver.local()->port());
    const auto sender = connected(at("127.0.0.1", port), SOCK_DGRAM);
    EXPECT_EQ(local_server_at(at("127.0.0.1", port), SOCK_DGRAM), ::getpid());
    const auto local = bound(unix_name("datagrams"), SOCK_DGRAM);
    EXPECT_EQ(local_server_at(unix_name("datagrams"), SOCK_DGRAM), ::getpid());
}

TEST(CpuTimeOf, CountsWhatAProcessUsed)
{
    int done[2];
    ASSERT_EQ(::pipe(done), 0);
    const Child child([&] {
        while (std::clock() < CLOCKS_PER_SEC / 20)
            continue;
        (void)!::write(done[1], "", 1);
    });
    char byte = 0;
    ASSERT_EQ(::read(done[0], &byte, 1), 1);
    ::close(done[0]);
    ::close(done[1]);
    const auto used = cpu_time_of(child.pid());
    ASSERT_TRUE(used);
    EXPECT_GE(used->user + used->system, std::chrono::milliseconds(50));
    EXPECT_LT(used->user + used->system, std::chrono::seconds(5));
    EXPECT_GE(used->user, Duration::zero());
}

TEST(CpuTimeOf, OfNobodyIsNotKnown)
{
    EXPECT_EQ(cpu_time_of(0), std::nullopt);
    EXPECT_EQ(cpu_time_of(0x7ffffffe), std::nullopt);
}

} // namespace

} // namespace sockit::THIS_FILE
