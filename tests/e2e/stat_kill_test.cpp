#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <array>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

/// A listener on a port of loopback, and a client of it.
class StatKill : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_server = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = loopback(8080);
        ASSERT_EQ(
            ::bind(m_server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::listen(m_server.get(), 5), 0);
        m_client = connected();
    }

    static sockaddr_in loopback(std::uint16_t port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    static Fd connected()
    {
        Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = loopback(8080);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
                  0);
        return fd;
    }

    Fd m_server;
    Fd m_client;
};

TEST_F(StatKill, DryRunShowsWhatWouldBeDestroyedAndLeavesIt)
{
    const auto dry = run({"stat", "-tnKH", "--dry-run"});
    EXPECT_TRUE(exited(dry, 0));
    EXPECT_EQ(dry.out, run({"stat", "-tnH"}).out);
    EXPECT_NE(dry.out.find("127.0.0.1:8080"), std::string::npos) << dry;
    EXPECT_EQ(::send(m_client.get(), "x", 1, MSG_NOSIGNAL), 1);
}

TEST_F(StatKill, EachIsShownAndCounted)
{
    const auto lines = run({"stat", "-tlK", "--jsonl"});
    EXPECT_TRUE(exited(lines, 0));
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
    const auto records = parse_lines(lines.out);
    ASSERT_EQ(records.size(), 3U) << lines;
    EXPECT_EQ(records[1]["local"]["port"], 8080);
    EXPECT_EQ(records[2]["destroyed"], 1);
    EXPECT_EQ(records[2]["not_destroyed"], 0);
    const auto document = run({"stat", "-tK", "--json"});
    EXPECT_TRUE(exited(document, 0));
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(run({"stat", "-tnH"}).out, "");
}

TEST_F(StatKill, WithoutAKindItDestroysNothing)
{
    const auto outcome = run({"stat", "-K"});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(run({"stat", "-tnH"}).out, "");
}

TEST_F(StatKill, UnixSocketsAreBeyondAnyKernel)
{
    const auto outcome = run({"stat", "-xK"});
    EXPECT_TRUE(exited(outcome, 7));
    EXPECT_EQ(outcome.err, "sockit: sock_destroy: no kernel destroys such sockets, only TCP, UDP "
                           "and raw ones (UNSUPPORTED)\n");
}

TEST_F(StatKill, AnOrdinaryUserIsRefusedAndTheSocketsLive)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can become somebody else";
    const auto outcome = run_program({"setpriv", "--reuid", "65534", "--clear-groups",
                                      sockit_binary(), "stat", "-tlK", "--json"});
    if (outcome.status == 127 || outcome.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << "no other user here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 5));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(outcome.err, "sockit: sock_destroy 127.0.0.1:8080: Operation not permitted (EPERM)\n"
                           "hint: destroying sockets takes CAP_NET_ADMIN in their network "
                           "namespace\n");
    EXPECT_NE(run({"stat", "-tlnH"}).out, "");
}

TEST_F(StatKill, EventsTellOfWhatIsDestroyed)
{
    Running telling({sockit_binary(), "stat", "-tiE", "--count", "2", "--jsonl"}, {});
    telling.wait_for_output("\"start\""); // from here on none is missed
    EXPECT_TRUE(exited(run({"stat", "-tK"}), 0));
    m_client.close();
    m_server.close();
    const auto told = telling.wait();
    EXPECT_TRUE(exited(told, 0));
    EXPECT_TRUE(valid_lines(told.out)) << told;
    const auto records = parse_lines(told.out);
    ASSERT_EQ(records.size(), 4U) << told;
    EXPECT_EQ(records[1]["event"], "destroyed");
    EXPECT_EQ(records[1]["socket"]["netid"], "tcp");
    EXPECT_EQ(records[1]["socket"]["recv_q"], nullptr);
    EXPECT_TRUE(records[1]["socket"]["tcp_info"].contains("bytes_received")) << told;
    EXPECT_EQ(records[3]["stopped_by"], nullptr);
}

TEST_F(StatKill, EventsEndAtTheDeadlineAndAtASignal)
{
    const auto late = run({"stat", "-E", "--deadline", "10ms", "--json"});
    EXPECT_TRUE(exited(late, 0));
    EXPECT_TRUE(valid_document(late.out)) << late;
    EXPECT_EQ(parse_document(late.out)["summary"]["stopped_by"], "deadline");
    Running telling({sockit_binary(), "stat", "-E", "--jsonl"}, {});
    telling.wait_for_output("\"start\"");
    telling.send_signal(SIGINT);
    const auto told = telling.wait();
    EXPECT_TRUE(died_by(told, SIGINT));
    EXPECT_TRUE(valid_lines(told.out)) << told;
}

TEST_F(StatKill, EventsEndWhenNobodyReadsThem)
{
    Pipe pipe;
    Surroundings surroundings;
    surroundings.fds[STDOUT_FILENO] = pipe.write.ref();
    Running telling({sockit_binary(), "stat", "-E", "--jsonl"}, surroundings);
    pipe.write.close();
    char byte = 0;
    ASSERT_EQ(::read(pipe.read.get(), &byte, 1), 1);
    pipe.read.close();
    EXPECT_TRUE(died_by(telling.wait(), SIGPIPE));
}

} // namespace
} // namespace sockit::test::THIS_FILE
