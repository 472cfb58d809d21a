// What the echo client finds in the work of servers that are wrong now and then, and how soon.

#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"

#include <chrono>
#include <csignal>

namespace sockit::test::THIS_FILE {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// The summary of a load on that server, which is wrong.
json found(const std::string& endpoint, const Words& options)
{
    Words words{"echo", "client", endpoint, "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const auto outcome = run(words);
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_TRUE(valid_document(outcome.out));
    return parse_document(outcome.out)["summary"];
}

json told_by(Server& server)
{
    server->send_signal(SIGTERM);
    return parse_lines(server->wait().out).back();
}

Server faulty(const Words& options)
{
    Words words{"echo", "server", "127.0.0.1:0", "--jsonl", "--seed", "7"};
    words.insert(words.end(), options.begin(), options.end());
    return Server(words);
}

/// All kinds of flaws but `kind` are zero.
void expect_nothing_but(const json& summary, std::string_view kind)
{
    for (const char* key : {"mismatches", "lost", "duplicated", "reordered", "truncated"}) {
        if (kind != key) {
            EXPECT_EQ(summary[key], 0) << key;
        }
    }
}

TEST(EchoVerify, Byte40OfEvery500thMessageIsFoundEachTime)
{
    constexpr std::size_t size = 64;
    const ScriptedServer server([](Fd& socket) {
        for (int number = 1;; ++number) {
            auto message = receive_bytes(socket, size);
            if (number % 500 == 0 && message.size() == size)
                message[40] = static_cast<char>(message[40] ^ 0x80);
            if (message.size() < size || !send_bytes(socket, message))
                return;
        }
    });
    const auto summary = found(server.endpoint(), {"-n", "5000"});
    EXPECT_EQ(summary["mismatches"], 10);
    EXPECT_EQ(summary["messages"], 4990);
    expect_nothing_but(summary, "mismatches");
    ASSERT_EQ(summary["details"].size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(summary["details"][i]["sequence"], 500 * i + 499);
        EXPECT_EQ(summary["details"][i]["offset"], 40);
    }
}

TEST(EchoVerify, EveryFaultOfACorruptingServerIsFound)
{
    auto server = faulty({"--corrupt", "0.05"});
    const auto summary = found(server.endpoint(), {"-c", "5", "-n", "1000"});
    const auto faults = told_by(server)["faults"];
    EXPECT_GT(faults["corrupt"], 0);
    EXPECT_EQ(summary["mismatches"], faults["corrupt"]);
    EXPECT_EQ(summary["messages"], 1000 - faults["corrupt"].get<int>());
    expect_nothing_but(summary, "mismatches");
}

TEST(EchoVerify, EveryDuplicateIsFound)
{
    auto server = faulty({"--duplicate", "0.05"});
    const auto summary = found(server.endpoint(), {"-c", "3", "-n", "300"});
    const auto faults = told_by(server)["faults"];
    EXPECT_GT(faults["duplicate"], 0);
    EXPECT_EQ(summary["duplicated"], faults["duplicate"]);
    EXPECT_EQ(summary["messages"], 300);
    expect_nothing_but(summary, "duplicated");
}

TEST(EchoVerify, EveryDropIsALoss)
{
    auto server = faulty({"--drop", "0.05"});
    const auto summary = found(server.endpoint(), {"-c", "3", "-n", "60", "--timeout", "100ms"});
    const auto faults = told_by(server)["faults"];
    EXPECT_GT(faults["drop"], 0);
    EXPECT_EQ(summary["lost"], faults["drop"]);
    EXPECT_EQ(summary["messages"], 60 - faults["drop"].get<int>());
    expect_nothing_but(summary, "lost");
}

TEST(EchoVerify, AReorderedMessageIsFound)
{
    constexpr std::size_t size = 64;
    const ScriptedServer server([](Fd& socket) {
        const auto first = receive_bytes(socket, size);
        const auto second = receive_bytes(socket, size);
        send_bytes(socket, second + first);
        receive_bytes(socket, 1);
    });
    const auto summary = found(server.endpoint(), {"-n", "2", "--pipeline", "2"});
    EXPECT_EQ(summary["reordered"], 1);
    expect_nothing_but(summary, "reordered");
}

TEST(EchoVerify, AnEndInTheMiddleOfAMessageIsTruncation)
{
    auto server = faulty({"--close-after", "1000"});
    const auto summary = found(server.endpoint(), {"-n", "100"});
    EXPECT_EQ(summary["messages"], 1000 / 64);
    EXPECT_EQ(summary["truncated"], 1);
    EXPECT_EQ(summary["details"][0]["offset"], 1000 % 64);
    expect_nothing_but(summary, "truncated");
    EXPECT_EQ(told_by(server)["faults"]["close_after"], 1);
}

TEST(EchoVerify, AServerThatDiesIsToldWithinASecond)
{
    Server server({"echo", "server", "127.0.0.1:0", "--jsonl"});
    Running client(
        {sockit_binary(), "echo", "client", server.endpoint(), "-c", "20", "-d", "60s", "--jsonl"},
        {});
    server->wait_for_output("\"accept");
    const auto begin = std::chrono::steady_clock::now();
    server->send_signal(SIGKILL);
    const auto outcome = client.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, is_sanitized() ? 10s : 3s);
    EXPECT_TRUE(outcome.status == 1 || outcome.status == 10) << outcome;
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
}

TEST(EchoVerify, AStallOfTwoWritesAndNagleIsSeen)
{
    // The second half waits for the acknowledgement of the first, which the client's kernel delays.
    const ScriptedServer server([](Fd& socket) {
        for (auto message = receive_bytes(socket, 64); message.size() == 64;
             message = receive_bytes(socket, 64)) {
            send_bytes(socket, message.substr(0, 32));
            send_bytes(socket, message.substr(32));
        }
    });
    const auto outcome = run({"echo", "client", server.endpoint(), "-n", "30", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_GT(parse_document(outcome.out)["summary"]["latency"]["max_ns"], 35'000'000) << outcome;
}

} // namespace
} // namespace sockit::test::THIS_FILE
