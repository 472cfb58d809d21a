#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <set>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace sockit::test::THIS_FILE {
namespace {

Server echo_server(const Words& options = {}, Surroundings surroundings = {})
{
    Words words{"echo", "server", "127.0.0.1:0"};
    words.insert(words.end(), options.begin(), options.end());
    return Server(words, std::move(surroundings));
}

std::uint16_t port_of(const Server& server)
{
    return static_cast<std::uint16_t>(std::stoi(server.port()));
}

/// A unix stream connection to an abstract name.
Fd connect_abstract(std::string_view name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path + 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    return socket;
}

/// Whether a line comes back on that connection.
bool served(const Fd& socket)
{
    return send_bytes(socket, "hello\n") && receive_bytes(socket, 6) == "hello\n";
}

bool serves(const Server& server) { return served(connect_to(port_of(server))); }

/// Ends the server and gives its last record.
nlohmann::json summary_after(Server& server, int signal)
{
    server->send_signal(signal);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, signal));
    const auto last = outcome.out.rfind('\n', outcome.out.size() - 2) + 1;
    auto summary = parse_document(std::string_view(outcome.out).substr(last));
    EXPECT_TRUE(valid(summary, "sockit.echo/1"));
    EXPECT_EQ(summary["type"], "summary");
    return summary;
}

std::size_t resident_kibibytes(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6));
    return 0;
}

std::size_t count_of(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

TEST(EchoServer, AnnouncesOnStdoutServesAndTellsAtTheEnd)
{
    auto server = echo_server();
    EXPECT_TRUE(serves(server));
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGTERM));
    EXPECT_EQ(outcome.out, "listening on " + server.endpoint() +
                               "\n1 accepted, 1 closed, 0 errors; 6 B in, 6 B out\n");
    EXPECT_EQ(outcome.err, "");
}

TEST(EchoServer, VerboseTellsWhoComesAndGoes)
{
    auto server = echo_server({"-v"});
    EXPECT_TRUE(serves(server));
    EXPECT_NE(server->wait_for_error("1 closed after ").find("1 accepted from 127.0.0.1:"),
              std::string::npos);
}

TEST(EchoServer, RecordsOfPeersAreComplete)
{
    auto server = echo_server({"--jsonl"});
    EXPECT_TRUE(serves(server));
    server->wait_for_output("\"close\"");
    server->send_signal(SIGINT);
    const auto outcome = server->wait();
    EXPECT_TRUE(died_by(outcome, SIGINT));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto lines = parse_lines(outcome.out);
    ASSERT_EQ(lines.size(), 4U) << outcome;
    EXPECT_EQ(lines[0]["type"], "ready");
    EXPECT_EQ(lines[0]["schema"], "sockit.echo/1");
    EXPECT_EQ(std::to_string(lines[0]["local"]["port"].get<int>()), server.port());
    EXPECT_EQ(lines[1]["type"], "accept");
    EXPECT_EQ(lines[1]["id"], 1);
    EXPECT_EQ(lines[1]["local"], lines[0]["local"]);
    EXPECT_EQ(lines[1]["peer"]["address"], "127.0.0.1");
    EXPECT_EQ(lines[2]["type"], "close");
    EXPECT_EQ(lines[2]["bytes_received"], 6);
    EXPECT_EQ(lines[2]["bytes_sent"], 6);
    EXPECT_EQ(lines[2]["closed_first"], "peer");
    EXPECT_EQ(lines[2]["error"], nullptr);
    EXPECT_EQ(lines[3]["stopped_by"], "SIGINT");
    EXPECT_EQ(lines[3]["messages"], 1);
}

TEST(EchoServer, StopsAtTheDeadlineWithOneDocument)
{
    const auto outcome = run({"echo", "server", "127.0.0.1:0", "--deadline", "50ms", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["stopped_by"], "deadline");
}

TEST(EchoServer, AThousandAndMoreAtOnce)
{
    auto server = echo_server({"--jsonl"});
    const auto client = run({"echo", "client", server.endpoint(), "-c", "1500", "-n", "6000",
                             "--size", "1-3000", "--json"});
    EXPECT_TRUE(exited(client, 0));
    const auto found = parse_document(client.out)["summary"];
    EXPECT_EQ(found["messages"], 6000);
    EXPECT_EQ(found["errors"], nlohmann::json::object());
    const auto summary = summary_after(server, SIGTERM);
    EXPECT_EQ(summary["accepted"], 1500);
    EXPECT_EQ(summary["errors"], 0);
    EXPECT_EQ(summary["bytes_received"], found["bytes"]);
    EXPECT_EQ(summary["bytes_sent"], found["bytes"]);
}

TEST(EchoServer, DrainsWhatAHalfClosedPeerSent)
{
    auto server = echo_server();
    std::string data;
    for (std::size_t i = 0; data.size() < (4U << 20U); ++i)
        data += std::to_string(i) + "\n";
    const Fd socket = connect_to(port_of(server));
    std::thread sender([&] {
        EXPECT_TRUE(send_bytes(socket, data));
        ::shutdown(socket.get(), SHUT_WR);
    });
    const auto echo = receive_bytes(socket, data.size() + 1);
    sender.join();
    EXPECT_TRUE(echo == data) << echo.size() << " of " << data.size() << " bytes";
}

TEST(EchoServer, APeerThatNeverReadsCostsLittleAndNobodyElse)
{
    auto server = echo_server();
    const auto before = resident_kibibytes(server->pid());
    const Fd socket = connect_to(port_of(server));
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    const std::string piece(1U << 20U, 'x');
    std::size_t taken = 0;
    pollfd waiting{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    while (taken < (256U << 20U) && ::poll(&waiting, 1, 300) == 1) {
        const auto sent = ::send(socket.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
        ASSERT_GT(sent, 0);
        taken += static_cast<std::size_t>(sent);
    }
    EXPECT_LT(taken, 256U << 20U);
    EXPECT_LT(resident_kibibytes(server->pid()), before + 4096);
    EXPECT_TRUE(serves(server));
    // What was taken comes back once it is read.
    ::fcntl(socket.get(), F_SETFL, 0);
    ::shutdown(socket.get(), SHUT_WR);
    EXPECT_EQ(receive_bytes(socket, taken + 1).size(), taken);
}

TEST(EchoServer, ResetsAreTheirPeersMatter)
{
    auto server = echo_server({"--jsonl"});
    constexpr int storm = 300;
    for (int i = 0; i < storm; ++i) {
        Fd socket = connect_to(port_of(server));
        if (i % 2 == 1)
            send_bytes(socket, std::string(100, 'x'));
        reset(socket);
    }
    EXPECT_TRUE(serves(server));
    const auto summary = summary_after(server, SIGTERM);
    EXPECT_EQ(summary["accepted"], storm + 1);
    EXPECT_EQ(summary["closed"], storm + 1);
    EXPECT_GT(summary["errors"], 0);
}

TEST(EchoServer, AShortageOfDescriptorsIsToldOnceAndPasses)
{
    auto server = echo_server({}, {.limits = {{RLIMIT_NOFILE, 20}}});
    std::vector<Fd> sockets;
    sockets.reserve(40);
    for (int i = 0; i < 40; ++i)
        sockets.push_back(connect_to(port_of(server)));
    EXPECT_TRUE(served(sockets.front()));
    server->wait_for_error("EMFILE");
    sockets.resize(35);
    for (const auto& socket : std::span(sockets).first(30))
        ::shutdown(socket.get(), SHUT_RDWR);
    EXPECT_TRUE(served(sockets.back()));
    sockets.clear();
    EXPECT_TRUE(serves(server));
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_EQ(count_of(outcome.err, "\n"), 1U) << outcome;
    EXPECT_TRUE(outcome.err.starts_with("sockit: accepting pauses")) << outcome;
}

TEST(EchoServer, MoreThanMaxConnsWaitInTheBacklog)
{
    auto server = echo_server({"--max-conns", "2"});
    Fd first = connect_to(port_of(server));
    const Fd second = connect_to(port_of(server));
    EXPECT_TRUE(served(first));
    EXPECT_TRUE(served(second));
    const Fd third = connect_to(port_of(server));
    EXPECT_TRUE(send_bytes(third, "hello\n"));
    EXPECT_TRUE(served(second)); // a whole turn of the server's loop
    pollfd waiting{.fd = third.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 50), 0);
    first.close();
    EXPECT_EQ(receive_bytes(third, 6), "hello\n");
}

TEST(EchoServer, ServesOnUnixPathsAndRemovesThem)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("echo");
    for (const std::string& target : {"unix:" + path, std::string("unix:@sockit-echo-test")}) {
        Server server({"echo", "server", target});
        EXPECT_EQ(server.endpoint(), target);
        const auto client = run({"echo", "client", target, "-c", "200", "-n", "2000", "--json"});
        EXPECT_TRUE(exited(client, 0));
        EXPECT_EQ(parse_document(client.out)["summary"]["messages"], 2000);
        server->send_signal(SIGTERM);
        EXPECT_TRUE(died_by(server->wait(), SIGTERM));
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(EchoServer, ABarePortMeansBothFamilies)
{
    Server server({"echo", "server", "0"});
    for (const std::string host : {"127.0.0.1:", "[::1]:"}) {
        const auto client = run({"echo", "client", host + server.port()}, {.input = "x\n"});
        EXPECT_TRUE(exited(client, 0));
        EXPECT_EQ(client.out, "x\n") << client;
    }
}

TEST(EchoServer, APortInUseIsNamed)
{
    const auto server = echo_server();
    const auto outcome = run({"echo", "server", server.endpoint(), "--json"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["error"]["code"], "EADDRINUSE");
    EXPECT_EQ(document["error"]["phase"], "bind");
    EXPECT_EQ(document["summary"]["accepted"], 0);
    const auto lines = run({"echo", "server", server.endpoint(), "--jsonl"});
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
}

/// How many of them have an answer to read within `milliseconds`.
std::size_t answered(const std::vector<Fd>& sockets, int milliseconds)
{
    std::size_t count = 0;
    for (const auto& socket : sockets) {
        pollfd waiting{.fd = socket.get(), .events = POLLIN, .revents = 0};
        count += ::poll(&waiting, 1, milliseconds) == 1 ? 1 : 0;
    }
    return count;
}

TEST(EchoServer, ThreadsShareTheWorkAndTheNumbers)
{
    auto server = echo_server({"--threads", "3", "--jsonl"});
    const auto client =
        run({"echo", "client", server.endpoint(), "-c", "60", "-n", "1200", "--json"});
    EXPECT_TRUE(exited(client, 0));
    server->send_signal(SIGTERM);
    const auto lines = parse_lines(server->wait().out);
    std::set<std::uint64_t> ids;
    for (const auto& line : lines)
        if (line["type"] == "accept")
            ids.insert(line["id"].get<std::uint64_t>());
    EXPECT_EQ(ids.size(), 60U);
    EXPECT_EQ(*ids.rbegin(), 60U);
    EXPECT_EQ(lines.back()["accepted"], 60);
    EXPECT_EQ(lines.back()["closed"], 60);
    EXPECT_EQ(lines.back()["messages"], 1200);
}

TEST(EchoServer, MaxConnsHoldsForAllThreads)
{
    for (const char* address : {"127.0.0.1:0", "unix:@sockit-echo-room"}) {
        Server server({"echo", "server", address, "--threads", "3", "--max-conns", "4", "--jsonl"});
        const bool inet = server.endpoint().starts_with("127");
        const auto connect = [&] {
            return inet ? connect_to(port_of(server)) : connect_abstract("sockit-echo-room");
        };
        std::vector<Fd> sockets;
        for (int i = 0; i < 10; ++i) {
            sockets.push_back(connect());
            EXPECT_TRUE(send_bytes(sockets.back(), "x"));
        }
        std::size_t served = 0;
        for (int tries = 0; tries < 50 && (served = answered(sockets, 20)) < 4; ++tries) {
        }
        EXPECT_EQ(served, 4U) << address;
        // Whoever leaves makes room for another one, in whichever thread it waits.
        for (std::size_t left = sockets.size(); left > 0; --left) {
            const auto ready = std::ranges::find_if(sockets, [](const Fd& socket) {
                pollfd waiting{.fd = socket.get(), .events = POLLIN, .revents = 0};
                return ::poll(&waiting, 1, 1000) == 1;
            });
            ASSERT_NE(ready, sockets.end()) << address << ", " << left << " left";
            sockets.erase(ready);
        }
        server->send_signal(SIGTERM);
        EXPECT_EQ(parse_lines(server->wait().out).back()["accepted"], 10);
    }
}

TEST(EchoServer, APortThatSomebodyHasIsNotSharedWithThreads)
{
    auto server = echo_server({"--threads", "2"});
    const auto outcome = run({"echo", "server", server.endpoint(), "--threads", "2"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_TRUE(serves(server));
}

TEST(EchoServer, TlsIsEchoedAndTheSilentHoldUpNobody)
{
    const auto& pki = common_pki();
    Server server({"echo", "server", "127.0.0.1:0", "--tls-cert", pki.server.certificate,
                   "--tls-key", pki.server.key, "--jsonl", "--timeout", "1500ms"});
    const Fd silent = connect_to(port_of(server));
    std::string data;
    for (std::size_t i = 0; data.size() < (1U << 20U); ++i)
        data += std::to_string(i) + "\n";
    const auto client =
        run({"connect", "tls:localhost:" + server.port(), "-4", "--ca", pki.pki.authority()},
            {.input = data});
    EXPECT_TRUE(exited(client, 0));
    EXPECT_TRUE(client.out == data) << client.out.size() << " bytes";
    EXPECT_EQ(receive_bytes(silent, 1), ""); // it is closed in the end
    server->wait_for_output("\"errno\":110");
    const auto summary = summary_after(server, SIGTERM);
    EXPECT_EQ(summary["errors"], 1);
    EXPECT_EQ(summary["bytes_sent"], data.size());
}

TEST(EchoServer, MessagesKeepTheirBorders)
{
    const TemporaryDirectory directory;
    const auto target = "unix-seqpacket:" + directory.path("s");
    Server server({"echo", "server", target, "--jsonl"});
    const auto client = run({"connect", target, "--per-line"}, {.input = "one\ntwo\nthree\n"});
    EXPECT_TRUE(exited(client, 0));
    EXPECT_EQ(client.out, "onetwothree");
    const auto summary = summary_after(server, SIGTERM);
    EXPECT_EQ(summary["messages"], 3);
    EXPECT_EQ(summary["bytes_sent"], 11);
}

TEST(EchoServer, DiscardSendsNothingBack)
{
    auto server = echo_server({"--mode", "discard", "--jsonl"});
    const Fd socket = connect_to(port_of(server));
    EXPECT_TRUE(send_bytes(socket, std::string(100'000, 'x')));
    ::shutdown(socket.get(), SHUT_WR);
    EXPECT_EQ(receive_bytes(socket, 1), "");
    const auto summary = summary_after(server, SIGTERM);
    EXPECT_EQ(summary["bytes_received"], 100'000);
    EXPECT_EQ(summary["bytes_sent"], 0);
}

TEST(EchoServer, CharactersComeUntilThePeerEnds)
{
    auto server = echo_server({"--mode", "chargen"});
    const Fd socket = connect_to(port_of(server));
    constexpr std::size_t line = 74;
    constexpr std::size_t printable = 95;
    const auto text = receive_bytes(socket, 2 * printable * line);
    ASSERT_EQ(text.size(), 2 * printable * line);
    EXPECT_EQ(text.substr(0, printable * line), text.substr(printable * line));
    EXPECT_EQ(text[0], ' ');
    EXPECT_EQ(text[(printable - 1) * line], '~');
    EXPECT_EQ(text[(printable - 1) * line + 1], ' ');
    EXPECT_EQ(text.substr(line - 2, 2), "\r\n");
    ::shutdown(socket.get(), SHUT_WR);
    std::size_t more = 0;
    while (!receive_bytes(socket, 1U << 20U).empty() && more < 100)
        ++more;
    EXPECT_LT(more, 100U);
}

TEST(EchoServer, AFullStdoutEndsIt)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const auto outcome = run({"echo", "server", "127.0.0.1:0"}, {.fds = {{1, full.ref()}}});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(outcome.err, "sockit: write stdout: No space left on device (ENOSPC)\n");
}

} // namespace
} // namespace sockit::test::THIS_FILE
