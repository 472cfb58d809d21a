#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"

#include <array>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

Server echo_server() { return Server({"echo", "server", "127.0.0.1:0"}); }

constexpr std::size_t size = 64; ///< of the messages that the scripted servers take

/// Echoes messages of 64 bytes; `spoil` makes of each, numbered from 1, what goes back, or ends the
/// connection by returning false.
ScriptedServer spoiling(std::function<bool(int, std::string&)> spoil)
{
    return ScriptedServer([spoil = std::move(spoil)](Fd& socket) {
        for (int number = 1;; ++number) {
            auto message = receive_bytes(socket, size);
            if (message.size() < size || !spoil(number, message) || !send_bytes(socket, message))
                return;
        }
    });
}

Outcome load(const ScriptedServer& server, Words options)
{
    Words words{"echo", "client", server.endpoint(), "--json"};
    words.insert(words.end(), options.begin(), options.end());
    auto outcome = run(words);
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    return outcome;
}

TEST(EchoLines, ComeBackOnStdout)
{
    const auto server = echo_server();
    const auto outcome =
        run({"echo", "client", server.endpoint()}, {.input = "one\n\ntwo\r\nlast without end"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "one\n\ntwo\r\nlast without end");
    EXPECT_EQ(outcome.err, "");
}

TEST(EchoLines, QuitEndsAndIsNotSent)
{
    const auto server = echo_server();
    const auto outcome = run({"echo", "client", server.endpoint()}, {.input = "one\nquit\ntwo\n"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "one\n");
}

TEST(EchoLines, MayBeLongAndMany)
{
    const auto server = echo_server();
    std::string input;
    for (int i = 0; i < 2000; ++i)
        input += "line " + std::to_string(i) + "\n";
    input += std::string(300'000, 'x') + "\n" + std::string("\0\xff\x1b[31m\n", 8);
    const auto outcome = run({"echo", "client", server.endpoint()}, {.input = input});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == input) << outcome.out.size() << " of " << input.size();
}

TEST(EchoLines, GiveRecordsInJson)
{
    const auto server = echo_server();
    const auto one = run({"echo", "client", server.endpoint(), "--json"}, {.input = "a\nb\n"});
    EXPECT_TRUE(exited(one, 0));
    EXPECT_TRUE(valid_document(one.out));
    const auto document = parse_document(one.out);
    EXPECT_EQ(document["target"], server.endpoint());
    EXPECT_EQ(document["settings"]["mode"], "lines");
    EXPECT_EQ(document["summary"]["messages"], 2);
    EXPECT_EQ(document["summary"]["bytes"], 4);
    EXPECT_EQ(document["summary"]["latency"]["count"], 2);
    const auto lines = run({"echo", "client", server.endpoint(), "--jsonl"}, {.input = "a\n"});
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
}

TEST(EchoLines, AWrongEchoEndsItAndIsNamed)
{
    const ScriptedServer server([](Fd& socket) {
        receive_bytes(socket, 4);
        send_bytes(socket, "onX\n");
        receive_bytes(socket, 1);
    });
    const Words words{"echo", "client", server.endpoint()};
    const auto outcome = run(words, {.input = "one\ntwo\n"});
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "sockit: echo " + server.endpoint() +
                               ": line 1: wrong from byte 2 on: expected 'e', got 'X'\n");
}

TEST(EchoLines, SilenceIsLossAfterTheTimeout)
{
    const ScriptedServer server([](Fd& socket) { receive_bytes(socket, 100); });
    const auto outcome = run({"echo", "client", server.endpoint(), "--timeout", "100ms", "--json"},
                             {.input = "one\n"});
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["lost"], 1);
}

TEST(EchoLines, HalfAnEchoAndTheEndIsTruncated)
{
    const ScriptedServer server([](Fd& socket) {
        receive_bytes(socket, 6);
        send_bytes(socket, "abc");
    });
    const auto outcome = run({"echo", "client", server.endpoint(), "--json"}, {.input = "abcde\n"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["truncated"], 1);
    EXPECT_EQ(summary["details"][0]["offset"], 3);
    EXPECT_EQ(summary["details"][0]["expected"], "64650a");
}

TEST(EchoLines, AServerThatLeavesIsToldWithItsOwnStatus)
{
    const ScriptedServer ending([](Fd&) {});
    Running ended({sockit_binary(), "echo", "client", ending.endpoint()},
                  {.keep_input_open = true});
    const auto end = ended.wait();
    EXPECT_TRUE(exited(end, 10));
    EXPECT_EQ(end.err, "sockit: echo " + ending.endpoint() + ": the peer ended the connection\n");

    const ScriptedServer resetting([](Fd& socket) {
        receive_bytes(socket, 4);
        send_bytes(socket, "one\n");
        reset(socket);
    });
    Running broken({sockit_binary(), "echo", "client", resetting.endpoint()},
                   {.keep_input_open = true});
    broken.write_input("one\n");
    const auto outcome = broken.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_EQ(outcome.out, "one\n");
    EXPECT_NE(outcome.err.find("ECONNRESET"), std::string::npos) << outcome;
}

/// A terminal: its far side, and its near side for a process.
struct Terminal {
    Terminal() : far(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC))
    {
        EXPECT_EQ(::grantpt(far.get()), 0);
        EXPECT_EQ(::unlockpt(far.get()), 0);
        near = Fd(::open(::ptsname(far.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }

    /// Reads until `text` has come.
    std::string wait_for(std::string_view text) const
    {
        std::string seen;
        while (seen.find(text) == std::string::npos) {
            pollfd waiting{.fd = far.get(), .events = POLLIN, .revents = 0};
            std::array<char, 4096> buffer{};
            const auto came = ::poll(&waiting, 1, 10'000) == 1
                                  ? ::read(far.get(), buffer.data(), buffer.size())
                                  : -1;
            if (came <= 0) {
                ADD_FAILURE() << "waited for " << text << ", got " << seen;
                break;
            }
            seen.append(buffer.data(), static_cast<std::size_t>(came));
        }
        return seen;
    }

    void type(std::string_view text) const
    {
        EXPECT_EQ(::write(far.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    Fd far;
    Fd near;
};

TEST(EchoLines, ATerminalGetsAPromptAndNoControlCharacters)
{
    const auto server = echo_server();
    Terminal terminal;
    Running client({sockit_binary(), "echo", "client", server.endpoint()},
                   {.fds = {{0, terminal.near.ref()}, {1, terminal.near.ref()}}});
    EXPECT_EQ(terminal.wait_for("> "), "> ");
    terminal.type("hello\n");
    EXPECT_EQ(terminal.wait_for("hello\r\n> "), "hello\r\nhello\r\n> ");
    terminal.type("\x16\x1b]0;x\n"); // ^V quotes the escape
    EXPECT_NE(terminal.wait_for("> ").find("\\x1b]0;x\r\n"), std::string::npos);
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait_for("\n"), "\r\n");
    EXPECT_TRUE(exited(client.wait(), 0));
}

TEST(EchoLines, NoPromptUnlessBothSidesAreATerminal)
{
    const auto server = echo_server();
    Terminal terminal;
    Running client({sockit_binary(), "echo", "client", server.endpoint()},
                   {.fds = {{0, terminal.near.ref()}}});
    terminal.type("hello\nquit\n");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "hello\n");
}

TEST(EchoLoad, CountsWhatItAskedFor)
{
    const auto server = echo_server();
    const auto outcome = run({"echo", "client", server.endpoint(), "-c", "7", "-n", "1000",
                              "--size", "1,64,1k-5k", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["settings"]["connections"], 7);
    EXPECT_EQ(document["settings"]["size"], "1,64,1024-5120");
    const auto summary = document["summary"];
    EXPECT_EQ(summary["messages"], 1000);
    EXPECT_EQ(summary["latency"]["count"], 1000);
    EXPECT_EQ(summary["latency_service"], summary["latency"]);
    std::uint64_t counted = 0;
    for (const auto& bucket : summary["latency"]["buckets"])
        counted += bucket[1].get<std::uint64_t>();
    EXPECT_EQ(counted, 1000U);
    EXPECT_EQ(summary["corrected"], false);
    EXPECT_EQ(summary["details"], json::array());
    EXPECT_GT(summary["tcp"]["rtt_ns"], 0);
    EXPECT_EQ(summary["stopped_by"], nullptr);
}

TEST(EchoLoad, LastsAsLongAsItWasTold)
{
    const auto server = echo_server();
    const auto outcome = run({"echo", "client", server.endpoint(), "-c", "3", "-d", "200ms",
                              "--warmup", "50ms", "--jsonl"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto lines = parse_lines(outcome.out);
    EXPECT_EQ(lines[0]["type"], "start");
    EXPECT_EQ(lines[0]["settings"]["warmup_ns"], 50'000'000);
    const auto& summary = lines.back();
    EXPECT_GT(summary["messages"], 0);
    EXPECT_GE(summary["duration_ns"], 150'000'000);
}

TEST(EchoLoad, TellsPeopleTheirFigures)
{
    const auto server = echo_server();
    const auto outcome = run({"echo", "client", server.endpoint(), "-n", "10"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "");
    for (const std::string part : {"10 messages of 64 B on 1 connection in ", "all verified",
                                   "closed loop      p50 ", "p99.99 "})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome;
}

TEST(EchoLoad, LargeMessagesCrossFullBuffers)
{
    const auto server = echo_server();
    const auto outcome =
        run({"echo", "client", server.endpoint(), "-c", "3", "-n", "6", "--size", "16M", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["bytes"], 6 * (16 << 20));
}

TEST(EchoLoad, TheNextAddressIsTriedWhenTheFirstRefuses)
{
    const auto server = echo_server(); // on 127.0.0.1 only, while localhost is ::1 too
    const auto outcome =
        run({"echo", "client", "localhost:" + server.port(), "-c", "5", "-n", "50", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["messages"], 50);
}

TEST(EchoLoad, EveryCorruptByteIsFoundAndNamed)
{
    const auto server = spoiling([](int number, std::string& message) {
        if (number % 5 == 0)
            message[40] = static_cast<char>(message[40] ^ 0x01);
        return true;
    });
    const auto outcome = load(server, {"-n", "1000"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["mismatches"], 200);
    EXPECT_EQ(summary["messages"], 800);
    for (const char* key : {"lost", "duplicated", "reordered", "truncated"})
        EXPECT_EQ(summary[key], 0) << key;
    ASSERT_EQ(summary["details"].size(), 100U);
    for (std::size_t i = 0; i < 100; ++i) {
        const auto& detail = summary["details"][i];
        EXPECT_EQ(detail["kind"], "corrupt");
        EXPECT_EQ(detail["connection"], 1);
        EXPECT_EQ(detail["sequence"], 5 * i + 4);
        EXPECT_EQ(detail["offset"], 40);
        const auto expected = std::stoi(detail["expected"].get<std::string>(), nullptr, 16);
        const auto actual = std::stoi(detail["actual"].get<std::string>(), nullptr, 16);
        EXPECT_EQ(expected ^ actual, 1);
    }
    EXPECT_TRUE(outcome.err.ends_with("; 200 flaws in all\n")) << outcome;
}

TEST(EchoLoad, ADuplicateIsFoundAndTheRestVerified)
{
    const auto server = spoiling([](int number, std::string& message) {
        if (number % 10 == 3)
            message += std::string(message);
        return true;
    });
    const auto outcome = load(server, {"-n", "100"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["duplicated"], 10);
    EXPECT_EQ(summary["messages"], 100);
    EXPECT_EQ(summary["details"][9]["kind"], "duplicate");
    EXPECT_EQ(summary["details"][9]["sequence"], 92);
}

TEST(EchoLoad, TheLastMessagesDuplicateIsFoundToo)
{
    const auto server = spoiling([](int number, std::string& message) {
        if (number == 20)
            message += std::string(message);
        return true;
    });
    const auto outcome = load(server, {"-n", "20"});
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["duplicated"], 1);
}

TEST(EchoLoad, ADroppedMessageIsLostAndTheRestVerified)
{
    const auto server = spoiling([](int number, std::string& message) {
        if (number == 7)
            message.clear();
        return true;
    });
    const auto outcome = load(server, {"-n", "30", "--timeout", "100ms"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["lost"], 1);
    EXPECT_EQ(summary["messages"], 29);
    EXPECT_EQ(summary["details"][0]["kind"], "lost");
    EXPECT_EQ(summary["details"][0]["sequence"], 6);
}

TEST(EchoLoad, HalfAnEchoAndTheEndIsTruncated)
{
    const auto server = spoiling([](int number, std::string&) { return number < 4; });
    const ScriptedServer half([](Fd& socket) {
        send_bytes(socket, receive_bytes(socket, size));
        send_bytes(socket, receive_bytes(socket, size).substr(0, 20));
    });
    const auto outcome = load(half, {"-n", "30"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["truncated"], 1);
    EXPECT_EQ(summary["lost"], 0);
    EXPECT_EQ(summary["messages"], 1);
    EXPECT_EQ(summary["details"][0]["kind"], "truncated");
    EXPECT_EQ(summary["details"][0]["sequence"], 1);
    EXPECT_EQ(summary["details"][0]["offset"], 20);

    const auto gone = load(server, {"-n", "30"});
    EXPECT_TRUE(exited(gone, 1));
    EXPECT_EQ(parse_document(gone.out)["summary"]["lost"], 1);
    EXPECT_EQ(parse_document(gone.out)["summary"]["messages"], 3);
}

TEST(EchoLoad, ASilentServerLosesEveryMessageInTime)
{
    const ScriptedServer server([](Fd& socket) { receive_bytes(socket, 1000); });
    const auto outcome = load(server, {"-n", "3", "--timeout", "50ms"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["lost"], 3);
    EXPECT_EQ(summary["messages"], 0);
    EXPECT_EQ(summary["latency"]["p50_ns"], nullptr);
}

TEST(EchoLoad, WithoutVerifyingNothingIsCompared)
{
    const auto server = spoiling([](int, std::string& message) {
        message.assign(size, 'x');
        return true;
    });
    const auto outcome = load(server, {"-n", "30", "--no-verify"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["messages"], 30);
}

TEST(EchoLoad, RefusalIsItsOwnStatus)
{
    const auto outcome = run({"echo", "client", "127.0.0.1:9", "-c", "5", "--json"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["errors"], (json{{"ECONNREFUSED", 5}}));
    EXPECT_EQ(summary["messages"], 0);
    EXPECT_EQ(outcome.err, "sockit: connect 127.0.0.1:9: Connection refused (ECONNREFUSED)\n");
    EXPECT_TRUE(exited(run({"echo", "client", "unix:/nonexistent/echo", "-n", "1"}), 8));
}

TEST(EchoLoad, AnUnresolvedNameIsAnErrorAndASummary)
{
    const auto outcome =
        run({"echo", "client", "name.invalid:7", "-n", "1", "--timeout", "5s", "--jsonl"});
    EXPECT_TRUE(exited(outcome, 4));
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out)[1]["error"]["phase"], "resolve");
}

TEST(EchoLoad, ASignalEndsItWithASummary)
{
    const auto server = echo_server();
    for (const int signal : {SIGINT, SIGTERM}) {
        Running client({sockit_binary(), "echo", "client", server.endpoint(), "-d", "60s",
                        "--warmup", "1ms", "--jsonl"},
                       {});
        client.wait_for_output("\"start\"");
        client.send_signal(signal);
        const auto outcome = client.wait();
        EXPECT_TRUE(died_by(outcome, signal));
        EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
        const auto summary = parse_lines(outcome.out).back();
        EXPECT_EQ(summary["stopped_by"], signal == SIGINT ? "SIGINT" : "SIGTERM");
        EXPECT_EQ(summary["lost"], 0);
    }
}

TEST(EchoLoad, TheDeadlineEndsItWithoutAnAnswer)
{
    const auto server = echo_server();
    const auto outcome =
        run({"echo", "client", server.endpoint(), "-d", "60s", "--deadline", "100ms", "--json"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["stopped_by"], "deadline");
}

TEST(EchoLoad, BadValuesAreUsageErrors)
{
    for (const Words& options :
         {Words{"-c", "0"}, Words{"-n", "0"}, Words{"--size", "0"}, Words{"--size", "17M"},
          Words{"--size", "5-4"}, Words{"--size", "1,"}, Words{"-d", "soon"}, Words{"--seed", "1"},
          Words{"--no-verify"}}) {
        Words words{"echo", "client", "127.0.0.1:7"};
        words.insert(words.end(), options.begin(), options.end());
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2)) << options.front();
        EXPECT_EQ(outcome.out, "");
        EXPECT_TRUE(outcome.err.starts_with("sockit: ")) << outcome;
    }
    const auto mistyped = run({"echo", "client", "127.0.0.1:7", "--conections", "3"});
    EXPECT_TRUE(exited(mistyped, 2));
    EXPECT_NE(mistyped.err.find("did you mean --connections?"), std::string::npos) << mistyped;
}

} // namespace
} // namespace sockit::test::THIS_FILE
