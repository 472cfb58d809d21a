#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

Fd watched_listener(std::uint16_t port)
{
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 5), 0);
    return fd;
}

TEST(StatWatch, ChangesAreRecordsInAPipe)
{
    fresh_network();
    auto server = watched_listener(8080);
    Running watching({sockit_binary(), "stat", "-tl", "--watch", "20ms"}, {});
    watching.wait_for_output("\"start\"");
    auto another = watched_listener(9090);
    watching.wait_for_output("\"opened\"");
    another.close();
    watching.wait_for_output("\"closed\"");
    server.close();
    server = watched_listener(8080);
    watching.wait_for_output(":8080}"); // closed, opened, or replaced: looks come when they come
    watching.send_signal(SIGINT);
    const auto outcome = watching.wait();
    EXPECT_TRUE(died_by(outcome, SIGINT));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    const auto records = parse_lines(outcome.out);
    EXPECT_EQ(records[1]["change"], "opened");
    EXPECT_EQ(records[1]["socket"]["local"]["port"], 9090);
    EXPECT_EQ(records[2]["change"], "closed");
    EXPECT_EQ(records[2]["socket"]["cookie"], records[1]["socket"]["cookie"]);
    EXPECT_EQ(records.back()["stopped_by"], "SIGINT");
    EXPECT_EQ(records.back()["sockets"], 1);
}

TEST(StatWatch, RatesOfConnectionsThatMoveBytes)
{
    fresh_network();
    const auto server = watched_listener(8080);
    Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    Running watching({sockit_binary(), "stat", "-ti", "--watch=20ms", "--jsonl"}, {});
    watching.wait_for_output("\"start\"");
    ASSERT_EQ(::send(client.get(), "12345", 5, 0), 5);
    watching.wait_for_output("\"rate\"");
    watching.send_signal(SIGTERM);
    const auto outcome = watching.wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    const auto rate = parse_lines(outcome.out)[1];
    EXPECT_GT(rate["received_per_s"].get<double>() + rate["sent_per_s"].get<double>(), 0) << rate;
}

TEST(StatWatch, EndsAfterItsLooksAndAtItsDeadline)
{
    fresh_network();
    const auto counted = run({"stat", "--watch", "10ms", "--count", "2", "--json"});
    EXPECT_TRUE(exited(counted, 0));
    EXPECT_TRUE(valid_document(counted.out)) << counted;
    EXPECT_EQ(parse_document(counted.out)["changes"].size(), 0U);
    const auto late = run({"stat", "--watch", "--deadline", "10ms", "--jsonl"});
    EXPECT_TRUE(exited(late, 0));
    EXPECT_EQ(parse_lines(late.out).back()["stopped_by"], "deadline");
}

TEST(StatWatch, EndsWhenNobodyReadsIt)
{
    fresh_network();
    Pipe pipe;
    Surroundings surroundings;
    surroundings.fds[STDOUT_FILENO] = pipe.write.ref();
    Running watching({sockit_binary(), "stat", "--watch", "1h"}, surroundings);
    pipe.write.close();
    char byte = 0;
    ASSERT_EQ(::read(pipe.read.get(), &byte, 1), 1);
    pipe.read.close();
    EXPECT_TRUE(died_by(watching.wait(), SIGPIPE));
}

/// A terminal of our own: what is drawn on it, and keys.
class Terminal {
public:
    Terminal(unsigned short columns, unsigned short rows)
        : m_master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC))
    {
        EXPECT_EQ(::grantpt(m_master.get()), 0);
        EXPECT_EQ(::unlockpt(m_master.get()), 0);
        m_slave = Fd(::open(::ptsname(m_master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        resize(columns, rows);
    }

    void resize(unsigned short columns, unsigned short rows) const
    {
        winsize size{};
        size.ws_col = columns;
        size.ws_row = rows;
        EXPECT_EQ(::ioctl(m_master.get(), TIOCSWINSZ, &size), 0);
    }

    [[nodiscard]] Surroundings surroundings() const
    {
        Surroundings surroundings;
        surroundings.fds[STDIN_FILENO] = m_slave.ref();
        surroundings.fds[STDOUT_FILENO] = m_slave.ref();
        surroundings.environment["TERM"] = "xterm";
        return surroundings;
    }

    void type(std::string_view keys) const
    {
        EXPECT_EQ(::write(m_master.get(), keys.data(), keys.size()),
                  static_cast<ssize_t>(keys.size()));
    }

    /// Reads on until what came since the last call holds `text`, and returns that.
    std::string wait_for(std::string_view text)
    {
        std::string seen;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (seen.find(text) == std::string::npos && std::chrono::steady_clock::now() < end) {
            pollfd waiting{.fd = m_master.get(), .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, 1000) <= 0)
                continue;
            std::array<char, 4096> buffer{};
            const auto count = ::read(m_master.get(), buffer.data(), buffer.size());
            if (count <= 0)
                break;
            seen.append(buffer.data(), static_cast<std::size_t>(count));
        }
        EXPECT_NE(seen.find(text), std::string::npos) << text << " is not in " << seen;
        return seen;
    }

    void hang_up() { m_master.close(); }
    void forget_slave() { m_slave.close(); }

private:
    Fd m_master;
    Fd m_slave;
};

/// The lines of the last whole frame, without what moves the cursor.
std::vector<std::string> last_frame(const std::string& drawn)
{
    const auto start = drawn.rfind("\x1b[H");
    std::vector<std::string> lines;
    std::string line;
    for (std::size_t i = start == std::string::npos ? drawn.size() : start; i < drawn.size(); ++i) {
        if (drawn[i] == '\x1b')
            i = drawn.find_first_of("HKJmhl", i);
        else if (drawn[i] == '\n')
            lines.push_back(std::exchange(line, {}));
        else if (drawn[i] != '\r' && (static_cast<unsigned char>(drawn[i]) & 0xc0U) != 0x80)
            line += drawn[i];
    }
    lines.push_back(line);
    return lines;
}

TEST(StatWatch, ALiveTableFitsTheTerminalAndLeavesItAsItWas)
{
    fresh_network();
    std::vector<Fd> servers;
    for (std::uint16_t port = 8000; port < 8040; ++port)
        servers.push_back(watched_listener(port));
    Terminal terminal(40, 10);
    Running watching({sockit_binary(), "stat", "-tln", "--watch", "10ms"}, terminal.surroundings());
    auto drawn = terminal.wait_for("40 sockets");
    EXPECT_NE(drawn.find("\x1b[?1049h"), std::string::npos);
    drawn += terminal.wait_for("\x1b[H");
    drawn.resize(drawn.rfind("\x1b[H"));
    auto frame = last_frame(drawn);
    EXPECT_EQ(frame.size(), 10U) << drawn;
    for (const auto& line : frame)
        EXPECT_LE(line.size(), 40U) << line;

    terminal.resize(30, 4);
    watching.send_signal(SIGWINCH);
    while (frame.size() != 4U) {
        drawn = terminal.wait_for("\x1b[H");
        drawn += terminal.wait_for("\x1b[H");
        drawn.resize(drawn.rfind("\x1b[H"));
        frame = last_frame(drawn);
    }
    for (const auto& line : frame)
        EXPECT_LE(line.size(), 30U) << line;

    terminal.type("q");
    terminal.wait_for("\x1b[?1049l");
    const auto outcome = watching.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "");
}

TEST(StatWatch, TheScreenIsLeftWhenASignalEndsIt)
{
    fresh_network();
    for (const int signal : {SIGINT, SIGTERM}) {
        Terminal terminal(80, 24);
        Running watching({sockit_binary(), "stat", "--watch"}, terminal.surroundings());
        terminal.wait_for("sockets");
        watching.send_signal(signal);
        terminal.wait_for("\x1b[?1049l");
        EXPECT_TRUE(died_by(watching.wait(), signal));
    }
}

TEST(StatWatch, ItEndsWhenItsTerminalIsGone)
{
    fresh_network();
    Terminal terminal(80, 24);
    Running watching({sockit_binary(), "stat", "--watch", "1h"}, terminal.surroundings());
    terminal.wait_for("sockets");
    terminal.forget_slave();
    terminal.hang_up();
    EXPECT_FALSE(exited(watching.wait(), 0));
}

} // namespace
} // namespace sockit::test::THIS_FILE
