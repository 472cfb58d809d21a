#include "support/schema.h"
#include "tool.h"

#include <cerrno>
#include <csignal>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {

namespace {

/// `sockit listen -k OPTIONS` that people have connected to, in order: they have the numbers 1, 2 …
class Gathering {
public:
    Gathering(Words options, std::size_t count,
              Surroundings surroundings = {.keep_input_open = true})
    {
        options.insert(options.begin(), {"listen", "-k", "-v", "127.0.0.1:0"});
        m_server.emplace(options, std::move(surroundings));
        for (std::size_t i = 1; i <= count; ++i)
            come();
    }

    Running& server() { return *m_server->operator->(); }
    Peer& peer(std::size_t number) { return m_peers.at(number - 1); }
    void come()
    {
        m_peers.push_back(Peer::connect_to(m_server->endpoint()));
        server().wait_for_error(std::to_string(m_peers.size()) + " accepted");
    }
    [[nodiscard]] const std::string& endpoint() const { return m_server->endpoint(); }
    void wait_for_leave(std::size_t number)
    {
        server().wait_for_error(std::to_string(number) + " closed: ");
    }
    Outcome stop()
    {
        server().send_signal(SIGTERM);
        return server().wait();
    }

private:
    std::optional<Server> m_server;
    std::vector<Peer> m_peers;
};

TEST(Broadcast, StdinGoesToAllAndItsEndIsAFin)
{
    Gathering gathering({"--broadcast"}, 3);
    gathering.server().write_input("to all\n");
    for (const std::size_t i : {1U, 2U, 3U})
        EXPECT_EQ(gathering.peer(i).receive(7), "to all\n");
    gathering.server().close_input();
    for (const std::size_t i : {1U, 2U, 3U})
        EXPECT_EQ(gathering.peer(i).receive_all(), "");
    EXPECT_TRUE(gathering.peer(2).send("late"));
    gathering.server().wait_for_output("late");
    gathering.come();
    EXPECT_EQ(gathering.peer(4).receive_all(), "");
    const auto outcome = gathering.stop();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_EQ(outcome.out, "late");
}

TEST(Broadcast, NothingIsLostBeforeTheFirstCame)
{
    Gathering gathering({"--broadcast"}, 0, {.input = pattern(300'000)});
    gathering.come();
    EXPECT_EQ(gathering.peer(1).receive_all(), pattern(300'000));
    EXPECT_TRUE(died_by(gathering.stop(), SIGTERM));
}

TEST(Broadcast, WhoHasSaidAllIsStillSentTo)
{
    Gathering gathering({"--broadcast"}, 2);
    EXPECT_TRUE(gathering.peer(1).send("bye"));
    gathering.peer(1).finish();
    gathering.server().wait_for_output("bye");
    gathering.server().write_input("news");
    EXPECT_EQ(gathering.peer(1).receive(4), "news");
    gathering.peer(1).close();
    EXPECT_EQ(gathering.peer(2).receive(4), "news");
    gathering.server().write_input("more");
    gathering.server().write_input("more");
    EXPECT_EQ(gathering.peer(2).receive(8), "moremore");
    gathering.server().close_input();
    gathering.peer(2).finish();
    gathering.wait_for_leave(1);
    gathering.wait_for_leave(2);
    const auto outcome = gathering.stop();
    EXPECT_EQ(outcome.err.find("sockit: "), std::string::npos) << outcome;
}

TEST(Broadcast, ConnectGetsAllOfALargeFile)
{
    constexpr std::size_t size = 5'000'000;
    const TemporaryDirectory directory;
    write_file(directory.path("in"), pattern(size));
    const Fd file(::open(directory.path("in").c_str(), O_RDONLY | O_CLOEXEC));
    Gathering gathering({"--broadcast"}, 0, {.fds = {{0, file.ref()}}});
    const auto outcome =
        run({"connect", "--recv-only", "--out", directory.path("out"), gathering.endpoint()});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(read_file(directory.path("out")) == pattern(size));
    EXPECT_TRUE(died_by(gathering.stop(), SIGTERM));
}

TEST(Broadcast, APeerThatTakesNothingIsDroppedAndTheOthersGetAll)
{
    constexpr std::size_t size = 40'000'000;
    Gathering gathering({"--broadcast"}, 2);
    std::thread feeder([&] {
        gathering.server().write_input(std::string(size, 'x'));
        gathering.server().close_input();
    });
    EXPECT_EQ(gathering.peer(2).receive_all().size(), size);
    feeder.join();
    gathering.wait_for_leave(1);
    const auto outcome = gathering.stop();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_NE(outcome.err.find("No buffer space available (ENOBUFS): it does not take what is "
                               "sent: 1 MiB waits for it"),
              std::string::npos)
        << outcome;
    // What it got ends with a reset: a FIN would say that this was all.
    std::string bytes(1'000'000, '\0');
    ssize_t got = 1;
    while (got > 0)
        got = ::recv(gathering.peer(1).fd(), bytes.data(), bytes.size(), 0);
    EXPECT_EQ(got, -1);
    EXPECT_EQ(errno, ECONNRESET);
}

TEST(Broadcast, InJson)
{
    Server server({"listen", "-k", "--broadcast", "--jsonl", "127.0.0.1:0"},
                  {.input = "to the peer"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_EQ(peer.receive_all(), "to the peer");
    EXPECT_TRUE(peer.send("from it"));
    peer.finish();
    server->wait_for_output("\"close\"");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    ASSERT_EQ(records.size(), 5U) << outcome;
    EXPECT_EQ(records[2]["data"], "from it");
    EXPECT_EQ(records[3]["bytes_sent"], 11);
    EXPECT_EQ(records[3]["bytes_unacked"], 0);
    EXPECT_EQ(records[3]["fin_sent"], true);
    EXPECT_EQ(records[3]["error"], nullptr);
    EXPECT_EQ(records[4]["bytes_sent"], 11);
}

TEST(Broadcast, WhatADroppedPeerDidNotTakeIsTold)
{
    Server server({"listen", "-k", "--broadcast", "--jsonl", "127.0.0.1:0"},
                  {.input = std::string(30'000'000, 'x')});
    const auto deaf = Peer::connect_to(server.endpoint());
    server->wait_for_output("\"accept\"");
    server->wait_for_output("ENOBUFS");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    for (const auto& record : parse_lines(outcome.out))
        if (record["type"] == "close") {
            EXPECT_GT(record["bytes_unacked"], 0);
            EXPECT_EQ(record["error"]["code"], "ENOBUFS");
            EXPECT_EQ(record["closed_first"], "local");
        }
}

TEST(Chat, LinesGoToAllOthersAndToStdout)
{
    Gathering gathering({"--chat"}, 3);
    EXPECT_TRUE(gathering.peer(1).send("hello\nwor"));
    EXPECT_EQ(gathering.peer(2).receive(10), "[1] hello\n");
    EXPECT_EQ(gathering.peer(3).receive(10), "[1] hello\n");
    EXPECT_TRUE(gathering.peer(3).send("hi\n"));
    EXPECT_EQ(gathering.peer(1).receive(7), "[3] hi\n");
    EXPECT_EQ(gathering.peer(2).receive(7), "[3] hi\n");
    EXPECT_TRUE(gathering.peer(1).send("ld\n"));
    EXPECT_EQ(gathering.peer(2).receive(10), "[1] world\n");
    EXPECT_EQ(gathering.stop().out, "[1] hello\n[3] hi\n[1] world\n");
}

TEST(Chat, ControlsOfOnePeerDoNotReachTheTerminalsOfOthers)
{
    Gathering gathering({"--chat"}, 2);
    EXPECT_TRUE(gathering.peer(1).send("\x1b]0;title\x07 \xff \xe2\x80\xae\r\n"));
    const std::string clean = "[1] \\x1b]0;title\\x07 \\xff \\u{202e}\n";
    EXPECT_EQ(gathering.peer(2).receive(clean.size()), clean);
    EXPECT_EQ(gathering.stop().out, clean);
}

TEST(Chat, WhoLeavesSaysTheLastWordWhole)
{
    Gathering gathering({"--chat"}, 2);
    EXPECT_TRUE(gathering.peer(1).send("I am off"));
    gathering.peer(1).close();
    EXPECT_EQ(gathering.peer(2).receive(13), "[1] I am off\n");
    gathering.wait_for_leave(1);
    EXPECT_EQ(gathering.stop().out, "[1] I am off\n");
}

TEST(Chat, WithBroadcastStdinSpeaksToo)
{
    Gathering gathering({"--chat", "--broadcast"}, 2);
    gathering.server().write_input("from the host\n");
    gathering.server().close_input();
    EXPECT_EQ(gathering.peer(1).receive(14), "from the host\n");
    EXPECT_TRUE(gathering.peer(1).send("thanks\n"));
    EXPECT_EQ(gathering.peer(2).receive(25), "from the host\n[1] thanks\n");
    EXPECT_EQ(gathering.stop().out, "[1] thanks\n");
}

TEST(Chat, APeerThatDoesNotReadIsDropped)
{
    Gathering gathering({"--chat", "--discard"}, 3);
    const std::string line(1000, 'x');
    std::thread reader([&] { // of 2, until it has all or the server is gone
        EXPECT_EQ(gathering.peer(2).receive(20'000 * 1005).size(), 20'000U * 1005);
    });
    for (int i = 0; i < 20'000; ++i)
        EXPECT_TRUE(gathering.peer(1).send(line + "\n"));
    reader.join();
    gathering.wait_for_leave(3);
    const auto outcome = gathering.stop();
    EXPECT_NE(outcome.err.find("ENOBUFS"), std::string::npos) << outcome;
    EXPECT_EQ(outcome.out, "");
}

TEST(Tag, LinesAreWholeAndNumbered)
{
    Gathering gathering({"--tag"}, 2);
    EXPECT_TRUE(gathering.peer(1).send("unfinished"));
    EXPECT_TRUE(gathering.peer(2).send("two\n"));
    gathering.server().wait_for_output("[2] two\n");
    EXPECT_TRUE(gathering.peer(1).send(" line\nand \x1b"));
    gathering.server().wait_for_output("[1] unfinished line\n");
    gathering.peer(1).close();
    gathering.wait_for_leave(1);
    EXPECT_EQ(gathering.stop().out, "[2] two\n[1] unfinished line\n[1] and \x1b\n");
}

TEST(Tag, ATerminalGetsThemEscaped)
{
    const Terminal terminal;
    Gathering gathering({"--tag"}, 1,
                        {.keep_input_open = true, .fds = {{1, terminal.slave.ref()}}});
    EXPECT_TRUE(gathering.peer(1).send("red \x1b[31m\n"));
    EXPECT_EQ(read_until(terminal.master.get(), "\n"), "[1] red \\x1b[31m\n");
    EXPECT_TRUE(died_by(gathering.stop(), SIGTERM));
}

TEST(Tag, OneConnectionToo)
{
    Server server({"listen", "--tag", "127.0.0.1:0"});
    auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("a\nb"));
    peer.finish();
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "[1] a\n[1] b\n");
}

TEST(OutDir, AFileForEachConnectionAndItsPathInTheRecord)
{
    const TemporaryDirectory directory;
    const auto place = directory.path("made");
    Server server({"listen", "-k", "--jsonl", "--out-dir", place, "127.0.0.1:0"});
    for (const char* bytes : {"one", "two"}) {
        EXPECT_TRUE(exited(run({"connect", server.endpoint()}, {.input = bytes}), 0));
    }
    server->wait_for_output("\"closed_first\":\"peer\"");
    server->wait_for_output("\"id\":2,\"peer\"");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    std::set<std::string> contents;
    for (const auto& record : parse_lines(outcome.out)) {
        EXPECT_NE(record["type"], "data");
        if (record["type"] == "close") {
            const std::string file = record["file"];
            EXPECT_TRUE(file.starts_with(place + "/" + std::to_string(record["id"].get<int>()) +
                                         "-127.0.0.1-"))
                << file;
            contents.insert(read_file(file));
        }
    }
    EXPECT_EQ(contents, (std::set<std::string>{"one", "two"}));
}

TEST(OutDir, WhatIsThereIsNotTouched)
{
    const TemporaryDirectory directory;
    write_file(directory.path("1-unix_"), "old");
    const auto once = [&] {
        Server server({"listen", "--out-dir", directory.path(""), "unix:" + directory.path("s")});
        EXPECT_TRUE(exited(run({"connect", server.endpoint()}, {.input = "new"}), 0));
        EXPECT_TRUE(exited(server->wait(), 0));
    };
    once();
    once();
    EXPECT_EQ(read_file(directory.path("1-unix_")), "old");
    EXPECT_EQ(read_file(directory.path("1-unix_.1")), "new");
    EXPECT_EQ(read_file(directory.path("1-unix_.2")), "new");
}

TEST(OutDir, ADirectoryThatCannotBeMade)
{
    const auto outcome =
        run({"listen", "-k", "--out-dir", "/proc/nothing/here", "127.0.0.1:0", "--deadline", "5s"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_NE(outcome.err.find("mkdir /proc/nothing/here"), std::string::npos) << outcome;
}

TEST(Discard, CountsAndDrops)
{
    for (const bool many : {false, true}) {
        Words words{"listen", "--discard", "--jsonl", "127.0.0.1:0"};
        if (many)
            words.insert(words.begin() + 1, "-k");
        Server server(words);
        EXPECT_TRUE(exited(run({"connect", server.endpoint()}, {.input = pattern(500'000)}), 0));
        server->wait_for_output("\"close\"");
        if (many)
            server->send_signal(SIGTERM);
        const auto outcome = server->wait();
        EXPECT_TRUE(valid_lines(outcome.out));
        const auto records = parse_lines(outcome.out);
        ASSERT_EQ(records.size(), 4U) << outcome;
        EXPECT_EQ(records[2]["bytes_received"], 500'000);
    }
}

TEST(Discard, Datagrams)
{
    Server server({"listen", "--discard", "--jsonl", "udp:127.0.0.1:0", "--idle-timeout", "200ms"});
    run({"connect", "--send-only", "udp:" + server.endpoint()}, {.input = "hello"});
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    EXPECT_EQ(parse_lines(outcome.out).back()["bytes_received"], 5);
    EXPECT_EQ(outcome.out.find("\"data\""), std::string::npos) << outcome;
}

TEST(ListenModes, WhatDoesNotGoTogetherIsAUsageError)
{
    for (const Words& options :
         {Words{"--broadcast"}, Words{"--chat"}, Words{"-k", "--broadcast", "--sh", "cat"},
          Words{"-k", "--chat", "--sh", "cat"}, Words{"-k", "--tag", "--sh", "cat"},
          Words{"-k", "--discard", "--sh", "cat"}, Words{"-k", "--out-dir", "d", "--sh", "cat"},
          Words{"-k", "--broadcast", "--recv-only"}, Words{"--discard", "--out", "f"},
          Words{"--discard", "--tag"}, Words{"--discard", "--out-dir", "d"},
          Words{"--discard", "--raw"}, Words{"--out-dir", "d", "--out", "f"},
          Words{"--out-dir", "d", "--tag"}, Words{"-k", "--chat", "udp:127.0.0.1:0"},
          Words{"--out-dir", "d", "udp:127.0.0.1:0"},
          Words{"--proxy-protocol", "unix-dgram:/nowhere/x"}}) {
        Words words{"listen"};
        if (options.back().find(':') == std::string::npos)
            words.emplace_back("127.0.0.1:0");
        words.insert(words.end(), options.begin(), options.end());
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "");
    }
}

} // namespace

} // namespace sockit::test::THIS_FILE
