#include "emitted.h"
#include "op/acceptor.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit::THIS_FILE {

namespace {

ListenerPlan plan_for(std::string_view word)
{
    ListenerPlan plan;
    plan.target = parse_target(word, Role::Server).value();
    return plan;
}

/// Connects and waits until the acceptor hands the connection out.
Result<Accepted> first_client(const Acceptor& acceptor, const Endpoint& to)
{
    auto client = TRY(Socket::open(to.family(), SOCK_STREAM));
    TRY(client.connect(to));
    pollfd waiting{.fd = acceptor.ref().value, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 5000), 1);
    auto accepted = TRY(acceptor.accept());
    if (!accepted)
        return Failure(Error::from_errno(Phase::Listen, "accept", to.text(), EAGAIN));
    return *std::move(accepted);
}

TEST(Acceptor, PortZeroBecomesARealPort)
{
    const auto acceptor = Acceptor::open(plan_for("127.0.0.1:0"));
    ASSERT_TRUE(acceptor) << describe_error(acceptor.error());
    EXPECT_EQ(acceptor->local().address(), "127.0.0.1");
    EXPECT_NE(acceptor->local().port(), 0);
}

TEST(Acceptor, ABarePortServesBothFamilies)
{
    const auto acceptor = Acceptor::open(plan_for("7000"));
    ASSERT_TRUE(acceptor) << describe_error(acceptor.error());
    EXPECT_EQ(acceptor->local().text(), "[::]:7000");
    for (const char* address : {"127.0.0.1", "::1"}) {
        const auto client = first_client(*acceptor, Endpoint::from_literal(address, 7000).value());
        ASSERT_TRUE(client) << address << ": " << describe_error(client.error());
        EXPECT_EQ(client->peer.unmapped().address(), address);
    }
}

TEST(Acceptor, DashSixLeavesIpv4Alone)
{
    auto plan = plan_for("7001");
    plan.socket.family = AddressFamily::Inet6;
    const auto six = Acceptor::open(plan);
    ASSERT_TRUE(six) << describe_error(six.error());
    plan.socket.family = AddressFamily::Inet;
    const auto four = Acceptor::open(plan);
    ASSERT_TRUE(four) << describe_error(four.error());
    EXPECT_EQ(four->local().text(), "0.0.0.0:7001");
}

TEST(Acceptor, APortInUseSaysSo)
{
    const auto first = Acceptor::open(plan_for("127.0.0.1:7002"));
    ASSERT_TRUE(first);
    const auto second = Acceptor::open(plan_for("127.0.0.1:7002"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EADDRINUSE);
    EXPECT_EQ(second.error().subject, "127.0.0.1:7002");
    EXPECT_FALSE(second.error().hint.empty());
}

TEST(Acceptor, ReuseportSharesThePort)
{
    auto plan = plan_for("127.0.0.1:7003");
    plan.reuseport = true;
    const auto first = Acceptor::open(plan);
    const auto second = Acceptor::open(plan);
    EXPECT_TRUE(first && second);
}

TEST(Acceptor, RemovesItsUnixPathAtTheEnd)
{
    const test::TemporaryDirectory directory;
    const auto path = directory.path("socket");
    {
        const auto acceptor = Acceptor::open(plan_for("unix:" + path));
        ASSERT_TRUE(acceptor) << describe_error(acceptor.error());
        EXPECT_EQ(::access(path.c_str(), F_OK), 0);
        EXPECT_TRUE(first_client(*acceptor, acceptor->local()));
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(Acceptor, LeavesAPathAloneThatSomeoneReplaced)
{
    const test::TemporaryDirectory directory;
    const auto path = directory.path("socket");
    {
        const auto acceptor = Acceptor::open(plan_for("unix:" + path));
        ASSERT_TRUE(acceptor);
        ASSERT_EQ(::unlink(path.c_str()), 0);
        test::write_file(path, "not ours");
    }
    EXPECT_EQ(test::read_file(path), "not ours");
}

TEST(Acceptor, ReplacesASocketThatNobodyServes)
{
    const test::TemporaryDirectory directory;
    const auto path = directory.path("socket");
    {
        const auto dead = Socket::open(AF_UNIX, SOCK_STREAM);
        ASSERT_TRUE(dead && dead->bind(Endpoint::unix_path(path).value()));
    }
    ASSERT_EQ(::access(path.c_str(), F_OK), 0);
    const auto acceptor = Acceptor::open(plan_for("unix:" + path));
    EXPECT_TRUE(acceptor) << describe_error(acceptor.error());
}

TEST(Acceptor, RefusesAFileAFifoAndALiveSocket)
{
    const test::TemporaryDirectory directory;
    const auto file = directory.path("file");
    const auto fifo = directory.path("fifo");
    const auto socket = directory.path("socket");
    test::write_file(file, "kept");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const auto live = Acceptor::open(plan_for("unix:" + socket));
    ASSERT_TRUE(live);
    for (const auto& path : {file, fifo, socket}) {
        const auto acceptor = Acceptor::open(plan_for("unix:" + path));
        ASSERT_FALSE(acceptor) << path;
        EXPECT_EQ(acceptor.error().code, EADDRINUSE) << path;
        EXPECT_EQ(::access(path.c_str(), F_OK), 0) << path;
    }
    EXPECT_EQ(test::read_file(file), "kept");
    EXPECT_TRUE(first_client(*live, live->local()));
}

TEST(Acceptor, AnnouncesToDescriptorAndFile)
{
    const test::TemporaryDirectory directory;
    test::Pipe ready;
    auto plan = plan_for("127.0.0.1:0");
    plan.ready_fd = ready.write.release();
    plan.port_file = directory.path("port");
    const auto acceptor = Acceptor::open(plan);
    ASSERT_TRUE(acceptor);
    ASSERT_TRUE(acceptor->announce(test::Emitted().emit()));
    std::string told(64, '\0');
    const auto count = ::read(ready.read.get(), told.data(), told.size());
    ASSERT_GT(count, 0);
    told.resize(static_cast<std::size_t>(count));
    EXPECT_EQ(told, acceptor->local().text() + "\n");
    EXPECT_EQ(::read(ready.read.get(), told.data(), told.size()), 0) << "left open";
    EXPECT_EQ(test::read_file(*plan.port_file), std::to_string(acceptor->local().port()) + "\n");
}

TEST(Acceptor, AReadyDescriptorThatIsNotOpenIsAUsageError)
{
    auto plan = plan_for("127.0.0.1:0");
    plan.ready_fd = 987;
    const auto acceptor = Acceptor::open(plan);
    ASSERT_FALSE(acceptor);
    EXPECT_EQ(acceptor.error().domain, Domain::Usage);
}

TEST(Acceptor, WarnsOfAnOptionThatWasCut)
{
    auto plan = plan_for("127.0.0.1:0");
    plan.socket.sockopts = {parse_sockopt_setting("SO_RCVBUF=1000000000").value(),
                            parse_sockopt_setting("SO_KEEPALIVE=on").value()};
    const auto acceptor = Acceptor::open(plan);
    ASSERT_TRUE(acceptor);
    test::Emitted emitted;
    ASSERT_TRUE(acceptor->announce(emitted.emit()));
    const auto& events = emitted.events;
    ASSERT_EQ(events.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<ServerReady>(events[0]))
        << "the first record, whatever else";
    ASSERT_TRUE(std::holds_alternative<Warning>(events[1]));
    EXPECT_NE(std::get<Warning>(events[1]).message.find("net.core.rmem_max"), std::string::npos);
    EXPECT_TRUE(std::holds_alternative<Note>(events[2]));
}

} // namespace

} // namespace sockit::THIS_FILE
