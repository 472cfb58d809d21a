#include "support/schema.h"
#include "support/scripted_server.h"
#include "tool.h"

#include <cerrno>
#include <chrono>
#include <csignal>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

using Kind = PeerListener::Kind;

TEST(Connect, RefusedNamesEndpointAndErrno)
{
    const auto outcome = run({"connect", "127.0.0.1:9"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "sockit: connect 127.0.0.1:9: Connection refused (ECONNREFUSED)\n");
}

TEST(Connect, NobodyOnAUnixPathIsRefused)
{
    const TemporaryDirectory directory;
    EXPECT_TRUE(exited(run({"connect", "unix:" + directory.path("none")}), 8));
    {
        const PeerListener gone(Kind::Unix, directory.path("stale"));
    }
    EXPECT_TRUE(exited(run({"connect", "unix:" + directory.path("stale")}), 8));
}

TEST(Connect, EveryFailureIsAValidDocument)
{
    for (const char* target : {"127.0.0.1:9", "[::1]:9", "unix:/nonexistent/x", "unix:@nobody",
                               "192.0.2.1:9", "udp:127.0.0.1:9", "vsock:1:9"}) {
        for (const char* format : {"--json", "--jsonl"}) {
            const auto outcome = run({"connect", format, target});
            EXPECT_NE(outcome.status, 0) << target << outcome;
            EXPECT_TRUE(std::string_view(format) == "--json" ? valid_document(outcome.out)
                                                             : valid_lines(outcome.out))
                << outcome;
            EXPECT_TRUE(outcome.err.starts_with("sockit: ")) << outcome;
        }
    }
}

TEST(Connect, NoRouteIsUnreachable)
{
    const auto outcome = run({"connect", "192.0.2.1:9"});
    EXPECT_TRUE(exited(outcome, 9));
    EXPECT_NE(outcome.err.find("ENETUNREACH"), std::string::npos) << outcome;
}

TEST(Connect, AConnectionToItselfIsNoSuccess)
{
    const auto outcome =
        run({"connect", "--source", "127.0.0.1:7777", "127.0.0.1:7777"}, {.input = "echo?"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_EQ(outcome.out, "");
}

TEST(Connect, TheTimeoutHoldsForAPeerThatDoesNotAnswer)
{
    // A full accept queue drops SYNs: with backlog 0 there is room for one.
    const PeerListener listener(Kind::Inet, {}, 0);
    const auto first = Peer::connect_to(listener.endpoint());
    const auto outcome = run({"connect", "--json", "--timeout", "300ms", listener.endpoint()});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["error"]["code"], "ETIMEDOUT");
    EXPECT_EQ(document["attempts"].size(), 1U);
    EXPECT_LT(document["phases"]["total_ns"], 5'000'000'000);
}

TEST(Connect, AFullUnixBacklogIsWaitedForAndThenNoAnswer)
{
    const TemporaryDirectory directory;
    const PeerListener listener(Kind::Unix, directory.path("x"), 0);
    const auto first = Peer::connect_to(listener.endpoint());
    EXPECT_TRUE(exited(run({"connect", "--timeout", "200ms", listener.endpoint()}), 3));
    Running waiting({sockit_binary(), "connect", listener.endpoint()}, {.input = "patience"});
    EXPECT_EQ(listener.accept().receive(0), ""); // the first: now there is room
    auto second = listener.accept();
    EXPECT_EQ(second.receive_all(), "patience");
    second.close();
    EXPECT_TRUE(exited(waiting.wait(), 0));
}

TEST(Connect, NamesAreResolvedAndTheAttemptsReported)
{
    const PeerListener listener(Kind::Inet);
    const auto port = listener.endpoint().substr(listener.endpoint().rfind(':'));
    Running tool({sockit_binary(), "connect", "--json", "localhost" + port}, {.input = "hello"});
    auto peer = listener.accept();
    EXPECT_EQ(peer.receive_all(), "hello");
    peer.close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["ok"], true);
    EXPECT_EQ(document["target"], "localhost" + port);
    EXPECT_GE(document["attempts"].size(), 1U);
    EXPECT_TRUE(document["phases"]["resolve_ns"].is_number());
    EXPECT_EQ(document["bytes_unacked"], 0);
    EXPECT_TRUE(document["tcp"]["rtt_ns"].is_number());
    EXPECT_EQ(document["path"]["send"], "splice");
}

TEST(Connect, LocalhostReachesAServiceOfEitherFamily)
{
    for (const auto kind : {Kind::Inet, Kind::Inet6}) {
        const PeerListener listener(kind);
        const auto port = listener.endpoint().substr(listener.endpoint().rfind(':'));
        Running tool({sockit_binary(), "connect", "localhost" + port}, {.input = "hello"});
        EXPECT_EQ(listener.accept().receive_all(), "hello");
        EXPECT_TRUE(exited(tool.wait(), 0));
    }
}

TEST(Connect, AMuteNameServerCostsTheTimeoutAndNoMore)
{
    // It is there and never answers.
    const Fd mute(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    auto address = loopback(53);
    address.sin_addr.s_addr = htonl(0x7f000035);
    ASSERT_EQ(::bind(mute.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const TemporaryDirectory directory;
    write_file(directory.path("resolv.conf"), "nameserver 127.0.0.53\n");
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = run_program(
        {"unshare", "--mount", "sh", "-c",
         "mount --bind " + directory.path("resolv.conf") + " /etc/resolv.conf && exec \"$@\"", "sh",
         sockit_binary(), "connect", "mute.example:80", "--timeout", "500ms"});
    const auto spent = std::chrono::steady_clock::now() - begin;
    if (outcome.err.find("mount") != std::string::npos)
        GTEST_SKIP() << "no mount namespace here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_LT(spent, std::chrono::seconds(3)) << "its own default is 10 s";
}

TEST(Connect, ANameThatIsNotResolvedHasItsOwnStatus)
{
    // No server answers in the private network; with --timeout it is told apart from "no such
    // name".
    const auto outcome = run({"connect", "--json", "--timeout", "1s", "no-such-name.invalid:80"});
    EXPECT_TRUE(outcome.status == 4 || outcome.status == 3) << outcome;
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["error"]["phase"], "resolve");
}

TEST(Connect, AnUploadThatNobodyReadsIsNotAcknowledged)
{
    const PeerListener listener(Kind::Inet);
    Running tool({sockit_binary(), "connect", "--json", "--deadline", "1s", listener.endpoint()},
                 {.input = pattern(32UL << 20U)});
    const auto peer = listener.accept();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_GT(parse_document(outcome.out)["bytes_unacked"], 0);
}

TEST(Connect, ACommandGetsTheSocketAndNothingElse)
{
    const PeerListener listener(Kind::Inet);
    const Pipe stray;
    Surroundings surroundings;
    surroundings.fds[7] = stray.write.ref();
    surroundings.environment["TCPREMOTEIP"] = "stale";
    Running tool({sockit_binary(), "connect", listener.endpoint(), "--", "/bin/sh", "-c",
                  "echo $(cd /proc/self/fd; echo *) $PROTO $TCPREMOTEIP:$TCPREMOTEPORT; "
                  "read line; echo got $line; exit 5"},
                 surroundings);
    auto peer = listener.accept();
    // The shell that lists the directory holds it open as 3.
    const auto line = "0 1 2 3 TCP " + listener.endpoint() + "\n";
    EXPECT_EQ(peer.receive(line.size()), line);
    EXPECT_TRUE(peer.send("word\n"));
    EXPECT_EQ(peer.receive_all(), "got word\n");
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 5));
    EXPECT_EQ(outcome.err, "sockit: '/bin/sh' ended with exit status 5\n");
}

TEST(Connect, ACommandThatIsNotThereIsOneLine)
{
    const PeerListener listener(Kind::Inet);
    const auto outcome =
        run({"connect", listener.endpoint(), "--", "/nonexistent/command", "argument"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(outcome.err,
              "sockit: exec /nonexistent/command: No such file or directory (ENOENT)\n");
}

TEST(Connect, AShellLineHasOrdinarySignals)
{
    const PeerListener listener(Kind::Inet);
    Running tool({sockit_binary(), "connect", listener.endpoint(), "--sh",
                  "grep -E '^Sig(Blk|Ign)' /proc/self/status"},
                 {});
    auto peer = listener.accept();
    // Signals 32 and 33 belong to the C library, whose posix_spawn() leaves them ignored.
    const auto told = peer.receive_all();
    EXPECT_TRUE(told == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ||
                told == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n")
        << told;
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST(Connect, NoChildOutlivesASignal)
{
    const PeerListener listener(Kind::Inet);
    Running tool({sockit_binary(), "connect", listener.endpoint(), "--sh",
                  "trap '' TERM; echo $$; sleep 1000 & wait; wait"},
                 {});
    auto peer = listener.accept();
    std::string line;
    while (!line.ends_with('\n'))
        line += peer.receive(1);
    tool.send_signal(SIGTERM);
    EXPECT_TRUE(died_by(tool.wait(), SIGTERM));
    EXPECT_EQ(::kill(std::stoi(line), 0), -1);
    EXPECT_EQ(errno, ESRCH);
    EXPECT_EQ(peer.receive_all(), ""); // nobody holds the connection any more
}

} // namespace

} // namespace sockit::test::THIS_FILE
