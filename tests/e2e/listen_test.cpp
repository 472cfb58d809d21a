#include "support/schema.h"
#include "tool.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

using Kind = PeerListener::Kind;

bool exists(const std::string& path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

TEST(Listen, OneConnectionAndTheListenerIsClosedOnceItIsAccepted)
{
    Server server({"listen", "127.0.0.1:0"}, {.keep_input_open = true});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("first"));
    server->wait_for_output("first");
    EXPECT_TRUE(exited(run({"connect", server.endpoint()}), 8));
    peer.finish();
    EXPECT_TRUE(exited(server->wait(), 0));
}

TEST(Listen, AnnouncesOnStderrAndInThePortFile)
{
    const TemporaryDirectory directory;
    Server server({"listen", "127.0.0.1:0", "--port-file", directory.path("port")});
    EXPECT_EQ(server->wait_for_error("\n"), "listening on " + server.endpoint() + "\n");
    EXPECT_EQ(read_file(directory.path("port")), server.port() + "\n");
}

TEST(Listen, QuietSaysNothing)
{
    Server server({"listen", "-q", "127.0.0.1:0"});
    Peer::connect_to(server.endpoint()).finish();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "");
}

TEST(Listen, TheReadyRecordIsTheFirstEvenWhenAnOptionWasCut)
{
    const auto outcome = run({"listen", "127.0.0.1:0", "--jsonl", "--accept-timeout", "1ms",
                              "--sockopt", "SO_RCVBUF=1000000000"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    ASSERT_EQ(records.size(), 3U) << outcome;
    EXPECT_EQ(records[0]["type"], "ready");
    EXPECT_EQ(records[1]["type"], "warning");
}

TEST(Listen, AReadyRecordThatCannotBeWrittenEndsIt)
{
    const Fd device(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    EXPECT_TRUE(exited(run({"listen", "127.0.0.1:0", "--jsonl"}, {.fds = {{1, device.ref()}}}), 6));
}

TEST(Listen, RecordsOfOneConnection)
{
    Server server({"listen", "--jsonl", "127.0.0.1:0"}, {.input = "to the peer"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_EQ(peer.receive_all(), "to the peer");
    EXPECT_TRUE(peer.send("from it"));
    peer.close();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    ASSERT_EQ(records.size(), 5U) << outcome;
    EXPECT_EQ(records[0]["type"], "ready");
    EXPECT_EQ(records[1]["type"], "accept");
    EXPECT_EQ(records[2]["data"], "from it");
    EXPECT_EQ(records[3]["bytes_sent"], 11);
    EXPECT_EQ(records[3]["bytes_received"], 7);
    EXPECT_EQ(records[3]["closed_first"], "local");
    EXPECT_EQ(records[4]["accepted"], 1);
}

TEST(Listen, AddressInUseIsAValidErrorWithASummary)
{
    const PeerListener other(Kind::Inet);
    for (const char* format : {"--json", "--jsonl"}) {
        const auto outcome = run({"listen", format, other.endpoint()});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_TRUE(std::string_view(format) == "--json" ? valid_document(outcome.out)
                                                         : valid_lines(outcome.out))
            << outcome;
        EXPECT_NE(outcome.out.find("EADDRINUSE"), std::string::npos) << outcome;
    }
}

TEST(Listen, NobodyCame)
{
    const auto outcome = run({"listen", "--json", "--accept-timeout", "50ms", "127.0.0.1:0"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["error"]["code"], "ETIMEDOUT");
    EXPECT_TRUE(exited(run({"listen", "-k", "--accept-timeout", "50ms", "127.0.0.1:0"}), 3));
}

TEST(Listen, TheDeadlineOfAServerIsNoFailure)
{
    EXPECT_TRUE(exited(run({"listen", "--deadline", "50ms", "127.0.0.1:0"}), 0));
    EXPECT_TRUE(exited(run({"listen", "-k", "--deadline", "50ms", "127.0.0.1:0"}), 0));
}

TEST(ListenUnix, RemovesItsPathOnceAccepted)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    Server server({"listen", "unix:" + path}, {.keep_input_open = true});
    EXPECT_TRUE(exists(path));
    auto peer = Peer::connect_to("unix:" + path);
    EXPECT_TRUE(peer.send("x"));
    server->wait_for_output("x");
    EXPECT_FALSE(exists(path));
    peer.finish();
    EXPECT_TRUE(exited(server->wait(), 0));
}

TEST(ListenUnix, SignalsLeaveNoPath)
{
    for (const int signal : {SIGINT, SIGTERM}) {
        const TemporaryDirectory directory;
        const auto path = directory.path("socket");
        Server server({"listen", "-k", "unix:" + path});
        server->send_signal(signal);
        EXPECT_TRUE(died_by(server->wait(), signal));
        EXPECT_FALSE(exists(path));
    }
}

TEST(ListenUnix, ReplacesAStalePath)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    {
        const PeerListener gone(Kind::Unix, path);
    }
    ASSERT_TRUE(exists(path));
    Server server({"listen", "unix:" + path}, {.input = "served"});
    EXPECT_EQ(Peer::connect_to("unix:" + path).receive_all(), "served");
}

TEST(ListenUnix, RefusesWhatIsNotItsOwn)
{
    const TemporaryDirectory directory;
    write_file(directory.path("file"), "precious");
    ASSERT_EQ(::mkfifo(directory.path("fifo").c_str(), 0600), 0);
    for (const char* name : {"file", "fifo"}) {
        const auto outcome = run({"listen", "unix:" + directory.path(name)});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_TRUE(exists(directory.path(name)));
    }
    EXPECT_EQ(read_file(directory.path("file")), "precious");
}

TEST(ListenUnix, RefusesALiveSocketAndLeavesItAlone)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    Server first({"listen", "unix:" + path}, {.input = "still here"});
    EXPECT_TRUE(exited(run({"listen", "unix:" + path}), 6));
    // The first one waits for a single connection: it must not have been used up.
    EXPECT_EQ(Peer::connect_to("unix:" + path).receive_all(), "still here");
    EXPECT_TRUE(exited(first->wait(), 0));
}

TEST(ListenMany, ASilentFirstClientDoesNotBlockTheSecond)
{
    Server server({"listen", "-k", "127.0.0.1:0"});
    const auto silent = Peer::connect_to(server.endpoint());
    auto second = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(second.send("second"));
    server->wait_for_output("second");
    EXPECT_TRUE(silent.send("first"));
    server->wait_for_output("first");
}

TEST(ListenMany, AThousandClientsAtOnce)
{
    constexpr int clients = 1000;
    const rlimit limit{.rlim_cur = 4096, .rlim_max = 4096};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    Server server({"listen", "-k", "--jsonl", "127.0.0.1:0"}, {.limits = {{RLIMIT_NOFILE, 4096}}});
    std::vector<Peer> peers;
    peers.reserve(clients);
    for (int i = 0; i < clients; ++i)
        peers.push_back(Peer::connect_to(server.endpoint()));
    for (int i = 0; i < clients; ++i)
        EXPECT_TRUE(peers[static_cast<std::size_t>(i)].send("client " + std::to_string(i) + "\n"));
    for (const auto& peer : peers)
        peer.finish();
    for (const auto& peer : peers)
        EXPECT_EQ(peer.receive_all(), ""); // each is served to its end
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    std::set<std::string> texts;
    std::uint64_t closed = 0;
    for (const auto& record : parse_lines(outcome.out)) {
        if (record["type"] == "data")
            texts.insert(record["data"].get<std::string>());
        closed += record["type"] == "close" && record["error"].is_null() ? 1 : 0;
    }
    EXPECT_EQ(texts.size(), 1000U);
    EXPECT_EQ(closed, 1000U);
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["accepted"], clients);
    EXPECT_EQ(summary["errors"], 0);
}

TEST(ListenMany, AThousandClientsInARow)
{
    constexpr int clients = 1000;
    Server server({"listen", "-k", "127.0.0.1:0"});
    for (int i = 0; i < clients; ++i) {
        auto peer = Peer::connect_to(server.endpoint());
        EXPECT_TRUE(peer.send("x"));
        peer.finish();
        EXPECT_EQ(peer.receive_all(), "");
    }
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_EQ(outcome.out, std::string(clients, 'x'));
}

TEST(ListenMany, OutOfDescriptorsWarnsOnceAndServesAfterwards)
{
    Server server({"listen", "-k", "127.0.0.1:0"}, {.limits = {{RLIMIT_NOFILE, 24}}});
    std::vector<Peer> peers;
    for (int i = 0; i < 40; ++i)
        peers.push_back(Peer::connect_to(server.endpoint()));
    server->wait_for_error("EMFILE");
    for (const auto& peer : peers) {
        EXPECT_TRUE(peer.send("x"));
        peer.finish();
    }
    for (const auto& peer : peers)
        EXPECT_EQ(peer.receive_all(), "");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_EQ(outcome.out, std::string(40, 'x'));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 2) << outcome; // listening on, and the warning
}

TEST(ListenMany, MoreThanAllowedWaitInTheBacklog)
{
    Server server({"listen", "-k", "--max-conns", "1", "--jsonl", "127.0.0.1:0"});
    auto first = Peer::connect_to(server.endpoint());
    const auto second = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(second.send("second"));
    EXPECT_TRUE(first.send("first"));
    const auto so_far = server->wait_for_output("\"first\"");
    EXPECT_EQ(so_far.find("\"second\""), std::string::npos);
    EXPECT_EQ(so_far.find("\"id\":2"), std::string::npos);
    first.close();
    server->wait_for_output("\"second\"");
}

TEST(ListenMany, AResetIsThatConnectionsMatter)
{
    Server server({"listen", "-k", "--jsonl", "127.0.0.1:0"});
    auto rude = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(rude.send("rude"));
    server->wait_for_output("\"rude\"");
    rude.reset();
    server->wait_for_output("ECONNRESET");
    auto polite = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(polite.send("polite"));
    server->wait_for_output("\"polite\"");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    EXPECT_EQ(parse_lines(outcome.out).back()["errors"], 1);
}

TEST(ListenMany, IdleConnectionsEndAtTheirLimit)
{
    Server server({"listen", "-k", "--jsonl", "--idle-timeout", "100ms", "127.0.0.1:0"});
    const auto idle = Peer::connect_to(server.endpoint());
    EXPECT_EQ(idle.receive_all(), "");
    server->wait_for_output("\"code\":\"ETIMEDOUT\"");
}

TEST(ListenMany, FullOutputEndsIt)
{
    const Fd device(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Server server({"listen", "-k", "127.0.0.1:0"}, {.fds = {{1, device.ref()}}});
    const auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("lost"));
    EXPECT_TRUE(exited(server->wait(), 6));
}

TEST(ListenMany, ASignalIsServedWhileStdoutIsBlocked)
{
    const Pipe output;
    Server server({"listen", "-k", "127.0.0.1:0"}, {.fds = {{1, output.write.ref()}}});
    const auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send(pattern(200000)));
    EXPECT_NE(read_until(output.read.get(), pattern(200000).substr(0, 1)), "");
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
}

TEST(ListenMany, RecordsWithoutAReaderEndItQuietly)
{
    Pipe output;
    Server server({"listen", "-k", "--jsonl", "127.0.0.1:0"}, {.fds = {{1, output.write.ref()}}});
    output.write.close();
    output.read.close();
    const auto peer = Peer::connect_to(server.endpoint());
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGPIPE));
    EXPECT_EQ(outcome.err, "");
}

TEST(ListenChildren, EachConnectionGetsAChildWithItsAddresses)
{
    const Pipe stray;
    Server server({"listen", "-k", "127.0.0.1:0", "--", "/bin/sh", "-c",
                   "echo $(cd /proc/self/fd; echo *) $PROTO $TCPLOCALIP:$TCPLOCALPORT; cat"},
                  {.fds = {{7, stray.write.ref()}}});
    for (int i = 0; i < 20; ++i) {
        auto peer = Peer::connect_to(server.endpoint());
        EXPECT_TRUE(peer.send("ping\n"));
        peer.finish();
        EXPECT_EQ(peer.receive_all(), "0 1 2 3 TCP " + server.endpoint() + "\nping\n");
    }
}

TEST(ListenChildren, ManyAtOnceAndNoZombies)
{
    Server server({"listen", "-k", "--jsonl", "127.0.0.1:0", "--", "cat"});
    std::vector<Peer> peers;
    for (int i = 0; i < 50; ++i)
        peers.push_back(Peer::connect_to(server.endpoint()));
    for (const auto& peer : peers)
        EXPECT_TRUE(peer.send("whole"));
    for (const auto& peer : peers) {
        peer.finish();
        EXPECT_EQ(peer.receive_all(), "whole");
    }
    server->wait_for_output("\"type\":\"close\",\"id\":50");
    const auto children =
        run_program({"ps", "--ppid", std::to_string(server->pid()), "-o", "stat="});
    EXPECT_EQ(children.out.find('Z'), std::string::npos) << children;
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["closed"], 50);
    EXPECT_TRUE(summary["bytes_received"].is_null()); // the children had them
}

TEST(ListenChildren, TheOnlyChildsStatusIsOurs)
{
    Server server({"listen", "127.0.0.1:0", "--sh", "exit 42"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_EQ(peer.receive_all(), "");
    EXPECT_TRUE(exited(server->wait(), 42));
    Server killed({"listen", "127.0.0.1:0", "--sh", "kill -KILL $$"});
    auto other = Peer::connect_to(killed.endpoint());
    EXPECT_EQ(other.receive_all(), "");
    EXPECT_TRUE(exited(killed->wait(), 128 + SIGKILL));
}

TEST(ListenChildren, ACommandThatIsNotThereCostsTheConnectionOnly)
{
    Server server({"listen", "-k", "127.0.0.1:0", "--", "/nonexistent"});
    for (int i = 0; i < 2; ++i) {
        auto peer = Peer::connect_to(server.endpoint());
        EXPECT_EQ(peer.receive_all(), "");
    }
    server->wait_for_error("exec /nonexistent: No such file or directory (ENOENT)");
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
}

TEST(ListenChildren, SignalsEndThemAll)
{
    Server server({"listen", "-k", "127.0.0.1:0", "--sh", "echo $$; sleep 1000; echo never"});
    std::vector<Peer> peers;
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
        peers.push_back(Peer::connect_to(server.endpoint()));
        std::string line;
        while (!line.ends_with('\n'))
            line += peers.back().receive(1);
        children.push_back(std::stoi(line));
    }
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
    for (const auto child : children) {
        EXPECT_EQ(::kill(child, 0), -1);
        EXPECT_EQ(errno, ESRCH);
    }
    for (const auto& peer : peers)
        EXPECT_EQ(peer.receive_all(), ""); // not even the sleeps hold the connections
}

TEST(ListenChildren, TheyGetTheLimitOfDescriptorsThatWeGot)
{
    // Ours is raised for the sake of many clients; select(2) in a child must not pay for it.
    Server server({"listen", "127.0.0.1:0", "--sh", "ulimit -Sn"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_EQ(peer.receive_all(), run_program({"/bin/sh", "-c", "ulimit -Sn"}).out);
}

} // namespace

} // namespace sockit::test::THIS_FILE
