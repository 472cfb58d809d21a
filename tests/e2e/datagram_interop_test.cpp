#include "datagram_peer.h"
#include "support/run.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <poll.h>
#include <sys/stat.h>

namespace sockit::test::THIS_FILE {

namespace {

/// Whether a UDP socket of this network namespace is bound to the port.
bool udp_bound(std::uint16_t port)
{
    std::ostringstream wanted;
    wanted << ':' << std::hex << std::uppercase << port << ' ';
    std::ifstream table("/proc/thread-self/net/udp");
    for (std::string line; std::getline(table, line);)
        if (line.find(wanted.str()) != std::string::npos && line.find(wanted.str()) < 20)
            return true;
    return false;
}

bool exists(const std::string& path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

/// A program that does not tell when it is ready: asked again and again.
template <class Ready>
void await(Ready ready)
{
    for (int tries = 0; tries < 2000 && !ready(); ++tries)
        ::poll(nullptr, 0, 5);
    EXPECT_TRUE(ready());
}

class DatagramInterop : public testing::Test {
protected:
    /// Skips where the program cannot be had.
    static bool lacks(const std::string& program)
    {
        return run_program({"/bin/sh", "-c", "command -v " + program}).status != 0;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return m_directory.path(name); }

private:
    TemporaryDirectory m_directory;
};

TEST_F(DatagramInterop, NcAsksUs)
{
    if (lacks("nc"))
        GTEST_SKIP() << "no nc";
    Server server({"listen", "udp:127.0.0.1:0"}, {.input = "answer"});
    const auto outcome =
        run_program({"nc", "-u", "-w", "1", "127.0.0.1", server.port()}, {.input = "question"});
    EXPECT_EQ(outcome.out, "answer");
    server->wait_for_output("question");
}

TEST_F(DatagramInterop, WeAskNc)
{
    if (lacks("nc"))
        GTEST_SKIP() << "no nc";
    Running server({"nc", "-u", "-l", "127.0.0.1", "7301"},
                   {.input = "answer", .keep_input_open = true});
    await([] { return udp_bound(7301); });
    const auto outcome = run({"connect", "udp:127.0.0.1:7301", "--linger-after-eof", "300ms"},
                             {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "answer");
    server.wait_for_output("question");
}

TEST_F(DatagramInterop, SocatEchoesEachDatagram)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Running server({"socat", "UDP-RECVFROM:7302,bind=127.0.0.1,fork", "EXEC:cat"}, {});
    await([] { return udp_bound(7302); });
    const auto outcome = run({"connect", "udp:127.0.0.1:7302", "--linger-after-eof", "500ms"},
                             {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "question");
}

TEST_F(DatagramInterop, SocatAsksUs)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Server server({"listen", "udp:127.0.0.1:0"}, {.input = "answer"});
    const auto outcome =
        run_program({"socat", "-t", "1", "-", "UDP:" + server.endpoint()}, {.input = "question"});
    EXPECT_EQ(outcome.out, "answer");
    server->wait_for_output("question");
}

TEST_F(DatagramInterop, SocatSendsToAUnixPath)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Server server({"listen", "unix-dgram:" + path("server")}, {.input = "answer"});
    const auto outcome = run_program(
        {"socat", "-t", "1", "-", "UNIX-SENDTO:" + path("server") + ",bind=" + path("client")},
        {.input = "question"});
    EXPECT_EQ(outcome.out, "answer");
    server->wait_for_output("question");
}

TEST_F(DatagramInterop, SocatReceivesFromUsAndAnswersTheAbstractName)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Running server({"socat", "UNIX-RECVFROM:" + path("server") + ",fork", "EXEC:cat"}, {});
    await([&] { return exists(path("server")); });
    const auto outcome =
        run({"connect", "unix-dgram:" + path("server"), "--linger-after-eof", "500ms"},
            {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "question");
}

TEST_F(DatagramInterop, SocatConnectsWithSeqpacket)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Server server({"listen", "unix-seqpacket:" + path("server")}, {.input = "answer"});
    const auto outcome =
        run_program({"socat", "-t", "1", "-", "UNIX-CONNECT:" + path("server") + ",type=5"},
                    {.input = "question"});
    EXPECT_EQ(outcome.out, "answer");
    EXPECT_EQ(server->wait().out, "question");
}

TEST_F(DatagramInterop, WeConnectToSocatWithSeqpacket)
{
    if (lacks("socat"))
        GTEST_SKIP() << "no socat";
    Running server({"socat", "UNIX-LISTEN:" + path("server") + ",type=5", "EXEC:cat"}, {});
    await([&] { return exists(path("server")); });
    const auto outcome =
        run({"connect", "unix-seqpacket:" + path("server")}, {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "question");
}

} // namespace

} // namespace sockit::test::THIS_FILE
