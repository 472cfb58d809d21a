#include "datagram_peer.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace sockit::test::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using Instant = std::chrono::steady_clock;

/// An echo server with faults, and what it told at its end.
class Faulty {
public:
    explicit Faulty(const Words& options, const std::string& address = "127.0.0.1:0")
        : m_server(words(options, address))
    {}

    [[nodiscard]] Fd connect() const
    {
        return connect_to(static_cast<std::uint16_t>(std::stoi(m_server.port())));
    }
    [[nodiscard]] const std::string& endpoint() const { return m_server.endpoint(); }
    void wait_for(std::string_view text) { m_server->wait_for_output(text); }

    /// All records, the last of which is the summary.
    std::vector<nlohmann::json> end()
    {
        m_server->send_signal(SIGTERM);
        const auto outcome = m_server->wait();
        EXPECT_TRUE(died_by(outcome, SIGTERM));
        EXPECT_TRUE(valid_lines(outcome.out));
        return parse_lines(outcome.out);
    }
    nlohmann::json summary() { return end().back(); }

private:
    static Words words(const Words& options, const std::string& address)
    {
        Words all{"echo", "server", address, "--jsonl"};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    Server m_server;
};

/// What comes until the end of the stream, and the errno that ended it, or 0.
struct Rest {
    std::string bytes;
    int error = 0;

    bool operator==(const Rest&) const = default;
};

Rest receive_rest(const Fd& socket)
{
    Rest rest;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto came = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (came <= 0) {
            rest.error = came < 0 ? errno : 0;
            return rest;
        }
        rest.bytes.append(buffer.data(), static_cast<std::size_t>(came));
    }
}

/// A seqpacket connection: each message is one piece to the server.
class Messages {
public:
    explicit Messages(const Faulty& server)
        : m_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))
    {
        const Address name("unix:" + server.endpoint().substr(server.endpoint().find('/')));
        EXPECT_EQ(::connect(m_fd.get(), name.data(), name.size()), 0) << errno;
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(m_fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    void send(std::string_view bytes) const
    {
        EXPECT_EQ(::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::string receive() const
    {
        std::string bytes(1UL << 18U, '\0');
        const auto got = ::recv(m_fd.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return bytes;
    }
    /// All that come until the server's end, after ours.
    [[nodiscard]] Words finish() const
    {
        ::shutdown(m_fd.get(), SHUT_WR);
        Words all;
        for (auto one = receive(); !one.empty(); one = receive())
            all.push_back(one);
        return all;
    }

private:
    Fd m_fd;
};

std::string seqpacket(const TemporaryDirectory& directory)
{
    return "unix-seqpacket:" + directory.path("s");
}

TEST(EchoFaults, CloseAfterEchoesExactlyThatAndIsNoReset)
{
    Faulty server({"--close-after", "10"});
    const Fd socket = server.connect();
    EXPECT_TRUE(send_bytes(socket, "0123"));
    EXPECT_EQ(receive_bytes(socket, 4), "0123");
    EXPECT_TRUE(send_bytes(socket, "456789 and what nobody echoes"));
    EXPECT_EQ(receive_rest(socket), (Rest{"456789", 0}));
    server.wait_for("\"close\"");
    const auto lines = server.end();
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lines[2]["type"], "fault");
    EXPECT_EQ(lines[2]["id"], 1);
    EXPECT_EQ(lines[2]["kind"], "close_after");
    EXPECT_EQ(lines[2]["offset"], 10);
    EXPECT_EQ(lines[3]["bytes_sent"], 10);
    EXPECT_EQ(lines[3]["closed_first"], "local");
    EXPECT_EQ(lines[3]["error"], nullptr);
    EXPECT_EQ(lines[4]["faults"]["close_after"], 1);
}

TEST(EchoFaults, CloseAfterNothingClosesAtOnce)
{
    Faulty server({"--close-after", "0"});
    EXPECT_EQ(receive_rest(server.connect()), (Rest{"", 0}));
    EXPECT_EQ(server.summary()["faults"]["close_after"], 1);
}

TEST(EchoFaults, AResetComesBehindAllThatWasEchoed)
{
    Faulty server({"--reset-after", "200000"});
    const Fd socket = server.connect();
    EXPECT_TRUE(send_bytes(socket, std::string(200'001, 'x')));
    EXPECT_EQ(receive_rest(socket), (Rest{std::string(200'000, 'x'), ECONNRESET}));
    EXPECT_EQ(server.summary()["faults"]["reset_after"], 1);
}

TEST(EchoFaults, AHalfClosedConnectionIsReadToItsEnd)
{
    Faulty server({"--half-close-after", "5"});
    Fd socket = server.connect();
    EXPECT_TRUE(send_bytes(socket, "hello"));
    EXPECT_EQ(receive_rest(socket), (Rest{"hello", 0}));
    EXPECT_TRUE(send_bytes(socket, std::string(300'000, 'x')));
    socket.close();
    server.wait_for("\"close\"");
    const auto summary = server.summary();
    EXPECT_EQ(summary["bytes_received"], 300'005);
    EXPECT_EQ(summary["bytes_sent"], 5);
    EXPECT_EQ(summary["errors"], 0);
}

TEST(EchoFaults, EndsFollowEachOther)
{
    Faulty server({"--half-close-after", "2", "--reset-after", "4", "--delay", "1ms"});
    const Fd socket = server.connect();
    EXPECT_TRUE(send_bytes(socket, "abc"));
    EXPECT_EQ(receive_rest(socket), (Rest{"ab", 0}));
    EXPECT_TRUE(send_bytes(socket, "d"));
    pollfd waiting{.fd = socket.get(), .events = 0, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 10'000), 1);
    EXPECT_NE(waiting.revents & (POLLERR | POLLHUP), 0);
    const auto faults = server.summary()["faults"];
    EXPECT_EQ(faults["half_close_after"], 1);
    EXPECT_EQ(faults["reset_after"], 1);
    EXPECT_EQ(faults["delay"], 1);
}

TEST(EchoFaults, TheClientFindsEveryCorruptMessage)
{
    Faulty server({"--corrupt", "0.05", "--seed", "3"});
    const auto client =
        run({"echo", "client", server.endpoint(), "-c", "3", "-n", "600", "--json"});
    EXPECT_TRUE(exited(client, 1));
    const auto summary = server.summary();
    EXPECT_GT(summary["faults"]["corrupt"], 0);
    EXPECT_EQ(parse_document(client.out)["summary"]["mismatches"], summary["faults"]["corrupt"]);
}

TEST(EchoFaults, TheClientFindsTwoEchoesAndNone)
{
    Faulty server({"--duplicate", "0.1"});
    const auto client = run({"echo", "client", server.endpoint(), "-n", "100", "--json"});
    const auto found = parse_document(client.out)["summary"];
    const auto faults = server.summary()["faults"];
    EXPECT_GT(faults["duplicate"], 0);
    EXPECT_EQ(found["duplicated"], faults["duplicate"]);
    Faulty mute({"--drop", "1"});
    const auto unheard =
        run({"echo", "client", mute.endpoint(), "-n", "2", "--timeout", "50ms", "--json"});
    EXPECT_TRUE(exited(unheard, 1));
    EXPECT_GT(parse_document(unheard.out)["summary"]["lost"], 0);
}

TEST(EchoFaults, TheSameSeedTheSameFaults)
{
    const auto dropped = [](const std::string& seed) {
        const TemporaryDirectory directory;
        Faulty server({"--drop", "0.5", "--seed", seed}, seqpacket(directory));
        const Messages messages(server);
        for (int i = 0; i < 100; ++i)
            messages.send(std::to_string(i));
        auto left = messages.finish();
        EXPECT_EQ(server.summary()["faults"]["drop"], 100 - left.size());
        return left;
    };
    const auto once = dropped("7");
    EXPECT_EQ(once, dropped("7"));
    EXPECT_NE(once, dropped("8"));
}

TEST(EchoFaults, AReorderedPieceGoesBehindTheNextOrWaitsAWhile)
{
    const TemporaryDirectory directory;
    Faulty server({"--reorder", "1"}, seqpacket(directory));
    const Messages messages(server);
    messages.send("first");
    messages.send("second");
    EXPECT_EQ(messages.receive(), "second");
    EXPECT_EQ(messages.receive(), "first");
    const auto begin = Instant::now();
    messages.send("alone");
    EXPECT_EQ(messages.receive(), "alone");
    EXPECT_GE(Instant::now() - begin, 95ms);
    messages.send("last");
    EXPECT_EQ(messages.finish(), Words{"last"}); // at the end nothing is waited for
    EXPECT_EQ(server.summary()["faults"]["reorder"], 3);
}

TEST(EchoFaults, DelaysKeepTheOrder)
{
    const TemporaryDirectory directory;
    Faulty server({"--delay", "30ms~30ms"}, seqpacket(directory));
    const Messages messages(server);
    Words sent;
    for (int i = 0; i < 50; ++i)
        messages.send(sent.emplace_back(std::to_string(i)));
    EXPECT_EQ(messages.finish(), sent);
    Faulty later({"--delay", "50ms"});
    const Fd socket = later.connect();
    const auto begin = Instant::now();
    EXPECT_TRUE(send_bytes(socket, "hello"));
    EXPECT_EQ(receive_bytes(socket, 5), "hello");
    EXPECT_GE(Instant::now() - begin, 50ms);
    EXPECT_EQ(later.summary()["faults"]["delay"], 1);
}

TEST(EchoFaults, BytesComeAtTheRateInBothDirections)
{
    for (const char* option : {"--rate", "--slow-read"}) {
        Faulty server({option, "200k/s"});
        const Fd socket = server.connect();
        const std::string bytes(40'000, 'x');
        const auto begin = Instant::now();
        EXPECT_TRUE(send_bytes(socket, bytes));
        EXPECT_EQ(receive_bytes(socket, bytes.size()), bytes);
        EXPECT_GE(Instant::now() - begin, 150ms) << option;
    }
}

TEST(EchoFaults, AcceptingMayTakeItsTime)
{
    Faulty server({"--accept-delay", "100ms"});
    const auto begin = Instant::now();
    const Fd first = server.connect();
    const Fd second = server.connect();
    for (const auto* socket : {&first, &second}) {
        EXPECT_TRUE(send_bytes(*socket, "hello"));
        EXPECT_EQ(receive_bytes(*socket, 5), "hello");
    }
    EXPECT_GE(Instant::now() - begin, 100ms);
    EXPECT_EQ(server.summary()["accepted"], 2);
}

TEST(EchoFaults, NobodyIsAccepted)
{
    Faulty server({"--no-accept"});
    const Fd socket = server.connect(); // the kernel does that
    EXPECT_TRUE(send_bytes(socket, "hello"));
    pollfd waiting{.fd = socket.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 50), 0);
    EXPECT_EQ(server.summary()["accepted"], 0);
}

TEST(EchoFaults, ThreadsHaveThemToo)
{
    Faulty server({"--threads", "3", "--corrupt", "1"});
    const auto client =
        run({"echo", "client", server.endpoint(), "-c", "20", "-n", "200", "--json"});
    EXPECT_EQ(parse_document(client.out)["summary"]["mismatches"], 200);
    const auto summary = server.summary();
    EXPECT_EQ(summary["faults"]["corrupt"], 200);
    EXPECT_EQ(summary["accepted"], 20);
}

TEST(EchoFaults, CharactersHaveEndsToo)
{
    Faulty server({"--mode", "chargen", "--close-after", "148"});
    const auto rest = receive_rest(server.connect());
    EXPECT_EQ(rest.error, 0);
    EXPECT_EQ(rest.bytes, " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                          "abcdefg\r\n"
                          "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                          "abcdefgh\r\n");
}

} // namespace
} // namespace sockit::test::THIS_FILE
