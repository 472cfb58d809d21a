#include "datagram_peer.h"
#include "peer.h"
#include "support/run.h"
#include "support/schema.h"

#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace sockit::test::THIS_FILE {

namespace {

/// A seqpacket socket of the test.
class Messenger {
public:
    explicit Messenger(Fd fd) : m_fd(std::move(fd)) {}
    static Messenger connect_to(const std::string& path)
    {
        Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        const Address name("unix:" + path);
        EXPECT_EQ(::connect(fd.get(), name.data(), name.size()), 0);
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return Messenger(std::move(fd));
    }
    void send(std::string_view bytes) const
    {
        EXPECT_EQ(::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::string receive() const
    {
        std::string bytes(1UL << 20U, '\0');
        const auto got = ::recv(m_fd.get(), bytes.data(), bytes.size(), 0);
        EXPECT_GE(got, 0);
        bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return bytes;
    }
    void finish() const { ::shutdown(m_fd.get(), SHUT_WR); }
    [[nodiscard]] bool anything_within(int milliseconds) const
    {
        pollfd waiting{.fd = m_fd.get(), .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, milliseconds) > 0;
    }
    void close() { m_fd.close(); }

private:
    Fd m_fd;
};

/// A seqpacket listener of the test.
class MessageListener {
public:
    explicit MessageListener(const std::string& path)
        : m_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))
    {
        const Address name("unix:" + path);
        EXPECT_EQ(::bind(m_fd.get(), name.data(), name.size()), 0);
        EXPECT_EQ(::listen(m_fd.get(), 4), 0);
    }
    [[nodiscard]] Messenger accept() const
    {
        Fd fd(::accept4(m_fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
        EXPECT_TRUE(fd.valid());
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return Messenger(std::move(fd));
    }

private:
    Fd m_fd;
};

class Seqpacket : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return m_directory.path("socket"); }
    [[nodiscard]] std::string target() const { return "unix-seqpacket:" + path(); }

private:
    TemporaryDirectory m_directory;
};

std::vector<std::string> data_of(const Outcome& outcome)
{
    std::vector<std::string> data;
    for (const auto& record : parse_lines(outcome.out))
        if (record["type"] == "data")
            data.push_back(record["data"]);
    return data;
}

TEST_F(Seqpacket, AnEmptyMessageIsNotTheEnd)
{
    const MessageListener listener(path());
    Running client({sockit_binary(), "connect", target(), "--jsonl", "--per-line"},
                   {.input = "one\n\nthree\n"});
    auto peer = listener.accept();
    EXPECT_EQ(peer.receive(), "one");
    EXPECT_EQ(peer.receive(), "");
    EXPECT_EQ(peer.receive(), "three");
    EXPECT_EQ(peer.receive(), ""); // the end: the client has sent all
    peer.send("");
    peer.send("after the empty one");
    peer.send("");
    peer.close();
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(data_of(outcome), (std::vector<std::string>{"", "after the empty one", ""}));
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["fin_sent"], true);
    EXPECT_EQ(summary["closed_first"], "local");
    EXPECT_EQ(summary["datagrams_received"], 3);
}

TEST_F(Seqpacket, AfterThePeersEndStdinIsSentToItsEnd)
{
    const MessageListener listener(path());
    const TemporaryDirectory directory;
    write_file(directory.path("input"), std::string(300000, 'x'));
    const Fd input(::open(directory.path("input").c_str(), O_RDONLY | O_CLOEXEC));
    Running client({sockit_binary(), "connect", target(), "--json"}, {.fds = {{0, input.ref()}}});
    auto peer = listener.accept();
    peer.finish();
    std::size_t received = 0;
    for (auto message = peer.receive(); !message.empty(); message = peer.receive())
        received += message.size();
    EXPECT_EQ(received, 300000U);
    EXPECT_TRUE(exited(client.wait(), 0));
}

TEST_F(Seqpacket, AnIdlePipeEndsAfterThePeer)
{
    const MessageListener listener(path());
    Running client({sockit_binary(), "connect", target()}, {.keep_input_open = true});
    auto peer = listener.accept();
    peer.send("bye");
    peer.close();
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "bye");
}

TEST_F(Seqpacket, ServesOneConnection)
{
    Server server({"listen", target(), "--jsonl"}, {.input = "answer"});
    auto client = Messenger::connect_to(path());
    client.send("question");
    client.send("");
    client.finish();
    EXPECT_EQ(client.receive(), "answer");
    EXPECT_EQ(client.receive(), "");
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(data_of(outcome), (std::vector<std::string>{"question", ""}));
    EXPECT_EQ(parse_lines(outcome.out).back()["datagrams_received"], 2);
}

TEST_F(Seqpacket, ServesManyAtOnce)
{
    Server server({"listen", "-k", target(), "--jsonl"});
    auto silent = Messenger::connect_to(path());
    auto client = Messenger::connect_to(path());
    client.send("one");
    client.send("");
    client.send("two");
    server->wait_for_output("two");
    client.close();
    server->wait_for_output("\"close\"");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(data_of(outcome), (std::vector<std::string>{"one", "", "two"}));
    EXPECT_EQ(parse_lines(outcome.out).back()["datagrams_received"], 3);
}

TEST_F(Seqpacket, ACommandHasTheConnection)
{
    Server server({"listen", target(), "--", "cat"});
    const auto outcome = run({"connect", target()}, {.input = "to cat and back"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "to cat and back");
    EXPECT_TRUE(exited(server->wait(), 0));
}

TEST_F(Seqpacket, WholeMessages)
{
    const auto bytes = pattern(200000);
    Server server({"listen", target()});
    const auto outcome =
        run({"connect", target(), "--datagram-size", "200000", "--json"}, {.input = bytes});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["datagrams_sent"], 1);
    EXPECT_TRUE(server->wait().out == bytes);
}

TEST_F(Seqpacket, APeerThatLeavesOurBytesUnreadIsAReset)
{
    const MessageListener listener(path());
    Running client({sockit_binary(), "connect", target()},
                   {.input = "unread", .keep_input_open = true});
    auto peer = listener.accept();
    peer.send("hello");
    client.wait_for_output("hello");
    std::string first = peer.receive();
    client.write_input("this one is not read");
    EXPECT_EQ(first, "unread");
    EXPECT_TRUE(peer.anything_within(20000));
    peer.close();
    EXPECT_TRUE(exited(client.wait(), 10));
}

} // namespace

} // namespace sockit::test::THIS_FILE
