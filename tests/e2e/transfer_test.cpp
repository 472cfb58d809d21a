// How bytes are moved, and what is said and expected: the options of a transfer.

#include "support/schema.h"
#include "support/scripted_server.h"
#include "tool.h"

#include <nlohmann/json.hpp>

#include <chrono>

#include <fcntl.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;
using Kind = PeerListener::Kind;

constexpr std::size_t mebibytes_8 = 8UL << 20U;

class BothEnds : public testing::TestWithParam<std::tuple<Role, Kind>> {
protected:
    static Tool start(Words options, Surroundings surroundings = {})
    {
        const auto [role, kind] = GetParam();
        return Tool(role, std::move(options), std::move(surroundings), kind);
    }
};

std::string kind_name(const testing::TestParamInfo<std::tuple<Role, Kind>>& instance)
{
    const auto kind = std::get<1>(instance.param);
    return role_name(std::get<0>(instance.param)) + (kind == Kind::Inet ? "_v4" : "_unix");
}

INSTANTIATE_TEST_SUITE_P(, BothEnds,
                         testing::Combine(testing::Values(Role::Client, Role::Server),
                                          testing::Values(Kind::Inet, Kind::Unix)),
                         kind_name);

/// The "path" that the report names.
json path_in(const std::string& report)
{
    const auto document = json::parse(read_file(report));
    EXPECT_TRUE(valid(document));
    return document.contains("connections") ? document["connections"][0]["path"] : document["path"];
}

TEST_P(BothEnds, AFileIsSentBySendfileAndWithCopyThroughABuffer)
{
    const TemporaryDirectory directory;
    const auto data = pattern(mebibytes_8);
    write_file(directory.path("data"), data);
    for (const auto& [option, way] : {std::pair{"--send-only", "sendfile"}, {"--copy", "copy"}}) {
        const Fd input(::open(directory.path("data").c_str(), O_RDONLY | O_CLOEXEC));
        auto tool =
            start({option, "--report", directory.path("report")}, {.fds = {{0, input.ref()}}});
        EXPECT_TRUE(tool.peer().receive_all() == data);
        tool.peer().close();
        EXPECT_TRUE(exited(tool.wait(), 0));
        EXPECT_EQ(path_in(directory.path("report"))["send"], way);
    }
}

TEST_P(BothEnds, PipesAreSpliced)
{
    const TemporaryDirectory directory;
    const auto data = pattern(mebibytes_8);
    auto tool = start({"--report", directory.path("report")}, {.input = data});
    EXPECT_TRUE(tool.peer().echo() == data);
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == data);
    EXPECT_EQ(path_in(directory.path("report")), (json{{"send", "splice"}, {"receive", "splice"}}));
}

TEST_P(BothEnds, WhatCannotBeSplicedIsCopied)
{
    const TemporaryDirectory directory;
    const auto data = pattern(mebibytes_8);
    const Fd output(
        ::open(directory.path("out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    // /proc files are regular files that sendfile(2) refuses or ends early.
    const Fd input(::open("/proc/self/limits", O_RDONLY | O_CLOEXEC));
    auto tool = start({}, {.fds = {{0, input.ref()}, {1, output.ref()}}});
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), read_file("/proc/self/limits"));
    EXPECT_TRUE(exited(tool.wait(), 0));
    EXPECT_TRUE(read_file(directory.path("out")) == data);
}

TEST_P(BothEnds, SendAndExpectInOrder)
{
    auto tool = start(
        {"--send", R"(one\r\n)", "--expect", R"(1\r\n)", "--send", "two", "--expect-re", "2+"},
        {.keep_input_open = true});
    EXPECT_EQ(tool.peer().receive(5), "one\r\n");
    EXPECT_TRUE(tool.peer().send("1\r\n"));
    EXPECT_EQ(tool.peer().receive(3), "two");
    EXPECT_TRUE(tool.peer().send("222"));
    EXPECT_EQ(tool.peer().receive_all(), ""); // answered: FIN, and no waiting for ours
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "1\r\n222");
}

TEST_P(BothEnds, AnAnswerMissedAtTheEndSaysWhatCame)
{
    auto tool = start({"--send", "PING", "--expect", "PONG"}, {.keep_input_open = true});
    EXPECT_EQ(tool.peer().receive(4), "PING");
    EXPECT_TRUE(tool.peer().send("-ERR\n"));
    tool.peer().close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(outcome.out, "-ERR\n");
    EXPECT_NE(outcome.err.find(R"(expected 'PONG' but the peer ended; what came: '-ERR\n')"),
              std::string::npos)
        << outcome;
}

TEST_P(BothEnds, AnAnswerMissedAtTheLimit)
{
    auto tool =
        start({"--expect", "PONG", "--timeout", "100ms", "--jsonl"}, {.keep_input_open = true});
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_NE(outcome.out.find(R"("code":"UNMET")"), std::string::npos) << outcome;
    EXPECT_NE(outcome.err.find("expected 'PONG' but no answer came within --timeout; nothing came"),
              std::string::npos)
        << outcome;
}

TEST_P(BothEnds, BehindTheLastSendStdinHasItsTurn)
{
    auto tool = start({"--expect", "login: ", "--send", R"(root\n)"}, {.input = "typed\n"});
    EXPECT_FALSE(tool.peer().anything_within(50));
    EXPECT_TRUE(tool.peer().send("login: "));
    EXPECT_EQ(tool.peer().receive_all(), "root\ntyped\n");
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothEnds, WithRecvOnlyTheDialogueIsAllThatIsSaid)
{
    auto tool = start({"--send", "hello", "--recv-only"}, {.input = "unread"});
    EXPECT_EQ(tool.peer().receive(5), "hello");
    EXPECT_TRUE(tool.peer().send("answer"));
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), "");
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "answer");
}

TEST_P(BothEnds, LineEndsBecomeCrLf)
{
    auto tool = start({"--crlf"}, {.input = "a\nb\r\nc"});
    EXPECT_EQ(tool.peer().receive_all(), "a\r\nb\r\nc");
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothEnds, CrLfDoublesAMebibyteOfLineEnds)
{
    auto tool = start({"--crlf"}, {.input = std::string(1 << 20, '\n')});
    const auto got = tool.peer().receive_all();
    EXPECT_EQ(got.size(), 2UL << 20U);
    EXPECT_EQ(got.find("\n\n"), std::string::npos);
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothEnds, TheRateIsHeld)
{
    const auto begin = std::chrono::steady_clock::now();
    auto tool = start({"--rate", "100k"}, {.input = std::string(51200, 'x')});
    EXPECT_EQ(tool.peer().receive_all().size(), 51200U);
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(450));
}

TEST_P(BothEnds, LinesAreDelayed)
{
    const auto begin = std::chrono::steady_clock::now();
    auto tool = start({"--line-delay", "100ms"}, {.input = "a\nb\nc\n"});
    EXPECT_EQ(tool.peer().receive(2), "a\n");
    EXPECT_EQ(tool.peer().receive_all(), "b\nc\n");
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(200));
}

TEST_P(BothEnds, HexShowsBothWaysOnStderr)
{
    auto tool = start({"--hex"}, {.input = std::string("\0\x1b[31m", 6)});
    EXPECT_EQ(tool.peer().receive_all().size(), 6U);
    EXPECT_TRUE(tool.peer().send("0123456789abcdefX"));
    tool.peer().close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "0123456789abcdefX");
    for (const char* line :
         {"> 00000000  00 1b 5b 33 31 6d                               |..[31m|\n",
          "< 00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 |0123456789abcdef|\n",
          "< 00000010  58                                              |X|\n"})
        EXPECT_NE(outcome.err.find(line), std::string::npos) << outcome;
}

TEST(Output, AFullDiskIsALocalFailure)
{
    const TemporaryDirectory directory;
    const auto mounted = run_program({"unshare", "--mount", "true"});
    if (mounted.status != 0)
        GTEST_SKIP() << "no mount namespace here: " << mounted.err;
    // The disk is the tool's alone: a shell mounts it, and becomes the tool.
    const auto data = pattern(mebibytes_8);
    const ScriptedServer server([&](Fd& connection) { send_bytes(connection, data); });
    const auto outcome = run_program(
        {"unshare", "--mount", "sh", "-c",
         "mount -t tmpfs -o size=64k disk " + directory.path("") + " && exec \"$@\"", "sh",
         sockit_binary(), "connect", "--out", directory.path("out"), server.endpoint()});
    if (outcome.err.find("mount") != std::string::npos)
        GTEST_SKIP() << "no tmpfs here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_NE(outcome.err.find("No space left on device (ENOSPC)"), std::string::npos) << outcome;
}

TEST(Progress, OneLineOnATerminalAndNoneInAPipe)
{
    const Terminal terminal;
    auto tool =
        Tool(Role::Client, {}, {.keep_input_open = true, .fds = {{2, terminal.slave.ref()}}});
    tool.process().write_input("hello");
    const auto shown = read_until(terminal.master.get(), "\x1b[K");
    EXPECT_TRUE(shown.starts_with("\rsent 5 B (")) << shown;
    EXPECT_EQ(shown.find('\n'), std::string::npos);
    tool.process().close_input();
    EXPECT_EQ(tool.peer().receive_all(), "hello");
    tool.peer().close();
    EXPECT_TRUE(exited(tool.wait(), 0));
    read_until(terminal.master.get(), "\r\x1b[K"); // erased at the end
}

TEST(Progress, CiAndQuietSeeNone)
{
    for (const auto& [options, environment] :
         {std::pair<Words, std::map<std::string, std::string>>{{"-q"}, {}},
          {{}, {{"CI", "true"}}}}) {
        const Terminal terminal;
        auto tool = Tool(Role::Client, options,
                         {.keep_input_open = true,
                          .fds = {{2, terminal.slave.ref()}},
                          .environment = environment});
        EXPECT_FALSE(tool.peer().anything_within(1200));
        tool.process().close_input();
        tool.peer().close();
        EXPECT_TRUE(exited(tool.wait(), 0));
        ASSERT_EQ(::fcntl(terminal.master.get(), F_SETFL, O_NONBLOCK), 0);
        char byte = 0;
        EXPECT_LT(::read(terminal.master.get(), &byte, 1), 0);
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
