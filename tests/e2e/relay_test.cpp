#include "support/schema.h"
#include "tool.h"

#include <algorithm>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

using Kind = PeerListener::Kind;

constexpr std::size_t mebibytes_4 = 4UL << 20U;

/// A stdin that never gives anything and never ends.
Surroundings silent_stdin()
{
    Surroundings surroundings;
    surroundings.keep_input_open = true;
    return surroundings;
}

Surroundings stdin_from(const Fd& fd)
{
    Surroundings surroundings;
    surroundings.fds[0] = fd.ref();
    return surroundings;
}

Surroundings stdout_to(const Fd& fd)
{
    Surroundings surroundings;
    surroundings.fds[1] = fd.ref();
    return surroundings;
}

Fd open_file(const std::string& path, int flags)
{
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    EXPECT_TRUE(fd.valid()) << path;
    return fd;
}

/// So many bytes, or what came before the end.
std::string read_exactly(int fd, std::size_t count)
{
    std::string all(count, '\0');
    std::size_t have = 0;
    ssize_t got = 1;
    for (; have < count && got > 0; have += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
        got = ::read(fd, all.data() + have, count - have);
    all.resize(have);
    return all;
}

/// Waits until a pipe of the usual size takes no more whole page: short writes leave its pages part
/// empty.
void await_full(int fd)
{
    constexpr int full = 65536 - 4096;
    int held = 0;
    for (int tries = 0; held <= full && tries < 20000; ++tries) {
        ::poll(nullptr, 0, 1);
        ASSERT_EQ(::ioctl(fd, FIONREAD, &held), 0);
    }
    ASSERT_GT(held, full);
}

/// stderr without what listen announces.
std::string complaints(const Outcome& outcome)
{
    std::string text = outcome.err;
    if (text.starts_with("listening on "))
        text.erase(0, text.find('\n') + 1);
    return text;
}

class EveryTransport : public testing::TestWithParam<std::tuple<Role, Kind>> {
protected:
    static Tool start(Words options = {}, Surroundings surroundings = {})
    {
        const auto [role, kind] = GetParam();
        return Tool(role, std::move(options), std::move(surroundings), kind);
    }
};

INSTANTIATE_TEST_SUITE_P(, EveryTransport,
                         testing::Combine(testing::Values(Role::Client, Role::Server),
                                          testing::Values(Kind::Inet, Kind::Inet6, Kind::Unix)),
                         [](const auto& instance) {
                             const auto kind = std::get<1>(instance.param);
                             return role_name(std::get<0>(instance.param)) +
                                    (kind == Kind::Inet    ? "_v4"
                                     : kind == Kind::Inet6 ? "_v6"
                                                           : "_unix");
                         });

TEST_P(EveryTransport, Upload)
{
    const auto data = pattern(mebibytes_4);
    auto tool = start({}, {.input = data});
    EXPECT_TRUE(tool.peer().receive_all() == data);
    tool.peer().close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(complaints(outcome), "");
}

TEST_P(EveryTransport, Download)
{
    const auto data = pattern(mebibytes_4);
    auto tool = start({});
    EXPECT_EQ(tool.peer().receive_all(), "");
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == data) << outcome.out.size();
}

TEST_P(EveryTransport, Echo)
{
    const auto data = pattern(mebibytes_4);
    auto tool = start({}, {.input = data});
    EXPECT_TRUE(tool.peer().echo() == data);
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == data) << outcome.out.size();
}

TEST_P(EveryTransport, AFileAfterThePeersFinIsSentToItsEnd)
{
    const TemporaryDirectory directory;
    const auto data = pattern(mebibytes_4);
    write_file(directory.path("data"), data);
    const auto file = open_file(directory.path("data"), O_RDONLY);
    auto tool = start({}, stdin_from(file));
    tool.peer().finish();
    EXPECT_TRUE(tool.peer().receive_all() == data);
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(EveryTransport, AnIdlePipeEndsSoonAfterThePeersFin)
{
    auto tool = start({}, silent_stdin());
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), "");
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(EveryTransport, ACloseThatLeavesOurBytesUnreadIsAReset)
{
    auto tool = start({}, {.input = "not read", .keep_input_open = true});
    EXPECT_EQ(tool.peer().receive(3), "not");
    tool.peer().close();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(complaints(outcome), "");
}

class BothRoles : public testing::TestWithParam<Role> {};

INSTANTIATE_TEST_SUITE_P(, BothRoles, testing::Values(Role::Client, Role::Server),
                         [](const auto& instance) { return role_name(instance.param); });

TEST_P(BothRoles, AnAnswerAfterOurFinArrivesWhole)
{
    const auto data = pattern(300000);
    Tool tool(GetParam(), {}, {.input = "question"});
    EXPECT_EQ(tool.peer().receive_all(), "question");
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == data);
}

TEST_P(BothRoles, LateInputAfterThePeersFinIsSent)
{
    Tool tool(GetParam(), {"--linger-after-eof", "20s"},
              {.input = "early ", .keep_input_open = true});
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive(6), "early ");
    tool.process().write_input("late");
    EXPECT_EQ(tool.peer().receive(4), "late");
    tool.process().close_input();
    EXPECT_EQ(tool.peer().receive_all(), "");
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothRoles, AnIdleTerminalEndsAtOnceAfterThePeersFin)
{
    const Terminal terminal;
    Tool tool(GetParam(), {}, stdin_from(terminal.slave));
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), "");
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothRoles, NoHalfCloseSendsNoFinBeforeThePeers)
{
    Tool tool(GetParam(), {"--no-half-close"}, {.input = "question"});
    EXPECT_EQ(tool.peer().receive(8), "question");
    EXPECT_FALSE(tool.peer().anything_within(200));
    EXPECT_TRUE(tool.peer().send("answer"));
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), "");
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "answer");
}

TEST_P(BothRoles, ReceiveOnlyLeavesStdinAlone)
{
    const Pipe input;
    ASSERT_EQ(::write(input.write.get(), "unread", 6), 6);
    Tool tool(GetParam(), {"--recv-only"}, stdin_from(input.read));
    EXPECT_TRUE(tool.peer().send("news"));
    tool.peer().finish();
    EXPECT_EQ(tool.peer().receive_all(), "");
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "news");
    EXPECT_EQ(read_until(input.read.get(), "unread"), "unread");
}

TEST_P(BothRoles, SendOnlyDropsWhatArrivesAndWaitsForNoFin)
{
    Tool tool(GetParam(), {"--send-only"}, {.input = "said", .keep_input_open = true});
    EXPECT_TRUE(tool.peer().send("not wanted"));
    EXPECT_EQ(tool.peer().receive(4), "said");
    tool.process().close_input();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "");
}

TEST_P(BothRoles, AResetInTheMiddleOfAnUploadNamesErrnoAndBytes)
{
    Tool tool(GetParam(), {"--json"}, {.input = pattern(mebibytes_4)});
    EXPECT_EQ(tool.peer().receive(1000).size(), 1000U);
    tool.peer().reset();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    const auto story = GetParam() == Role::Client ? document : document.at("connections").at(0);
    EXPECT_TRUE(story["error"]["code"] == "ECONNRESET" || story["error"]["code"] == "EPIPE");
    EXPECT_GE(story["bytes_sent"], 1000);
    EXPECT_GE(story["bytes_unacked"], 0); // the peer's kernel may have acknowledged all of it
    EXPECT_EQ(story["closed_first"], "peer");
}

TEST_P(BothRoles, AResetInTheMiddleOfAFileNamesErrnoAndBytes)
{
    const TemporaryDirectory directory;
    write_file(directory.path("data"), std::string(64UL << 20U, 'x'));
    const Fd input(::open(directory.path("data").c_str(), O_RDONLY | O_CLOEXEC));
    Tool tool(GetParam(), {"--report", directory.path("report")}, {.fds = {{0, input.ref()}}});
    EXPECT_EQ(tool.peer().receive(1 << 20).size(), 1UL << 20U);
    tool.peer().reset();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(outcome.err.find("Connection reset by peer (ECONNRESET)"), std::string::npos)
        << outcome;
    const auto report = parse_document(read_file(directory.path("report")));
    const auto& story = report.contains("connections") ? report["connections"][0] : report;
    EXPECT_GE(story["bytes_sent"], 1U << 20U);
    EXPECT_LT(story["bytes_sent"], 64U << 20U);
}

TEST_P(BothRoles, WhatCameBeforeAResetIsDelivered)
{
    Tool tool(GetParam(), {}, silent_stdin());
    const auto data = pattern(100000);
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().reset();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_TRUE(outcome.out == data) << outcome.out.size();
    EXPECT_NE(outcome.err.find("ECONNRESET"), std::string::npos) << outcome;
}

TEST_P(BothRoles, BytesSentToAPeerThatIsGoneAreNoSuccess)
{
    Tool tool(GetParam(), {"--linger-after-eof", "20s"}, silent_stdin());
    tool.peer().close();
    tool.process().write_input("too late");
    tool.process().close_input();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(complaints(outcome), "");
}

TEST_P(BothRoles, FullOutputIsALocalFailure)
{
    const auto device = open_file("/dev/full", O_WRONLY);
    Tool tool(GetParam(), {}, stdout_to(device));
    EXPECT_TRUE(tool.peer().send("lost"));
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(complaints(outcome), "sockit: write stdout: No space left on device (ENOSPC)\n");
}

TEST_P(BothRoles, AFileSizeLimitIsALocalFailureAndNoDeathBySignal)
{
    const TemporaryDirectory directory;
    const auto file = open_file(directory.path("out"), O_WRONLY | O_CREAT);
    auto surroundings = stdout_to(file);
    surroundings.limits[RLIMIT_FSIZE] = 1000;
    Tool tool(GetParam(), {}, std::move(surroundings));
    EXPECT_TRUE(tool.peer().send(pattern(5000)));
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(complaints(outcome), "sockit: write stdout: File too large (EFBIG)\n");
    EXPECT_EQ(read_file(directory.path("out")), pattern(5000).substr(0, 1000));
}

TEST_P(BothRoles, ClosedDescriptorsNeverBecomeTheSocket)
{
    for (unsigned int closed = 1; closed < 8; ++closed) {
        Surroundings surroundings;
        for (const int fd : {0, 1, 2})
            if ((closed >> static_cast<unsigned int>(fd) & 1U) != 0)
                surroundings.closed.insert(fd);
        Tool tool(GetParam(), {"-v"}, surroundings);
        EXPECT_EQ(tool.peer().receive_all(), "") << closed;
        EXPECT_TRUE(tool.peer().send("payload"));
        tool.peer().finish();
        const auto outcome = tool.wait();
        EXPECT_TRUE(exited(outcome, surroundings.closed.contains(1) ? 6 : 0)) << closed;
        EXPECT_EQ(outcome.out, surroundings.closed.contains(1) ? "" : "payload") << closed;
    }
}

TEST_P(BothRoles, NonBlockingDescriptorsWorkAndStayNonBlocking)
{
    const Pipe input;
    const Pipe output;
    ::fcntl(input.read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(output.write.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(input.write.get(), F_SETPIPE_SZ, 1 << 20);
    const auto data = pattern(1UL << 20U);
    ASSERT_EQ(::write(input.write.get(), data.data(), data.size()),
              static_cast<ssize_t>(data.size()));
    auto surroundings = stdin_from(input.read);
    surroundings.fds[1] = output.write.ref();
    Tool tool(GetParam(), {}, surroundings);
    EXPECT_TRUE(tool.peer().receive(data.size()) == data);
    EXPECT_TRUE(tool.peer().send(data));
    EXPECT_TRUE(read_exactly(output.read.get(), data.size()) == data);
    EXPECT_EQ(::fcntl(input.read.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    EXPECT_EQ(::fcntl(output.write.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    tool.process().send_signal(SIGTERM);
    EXPECT_TRUE(died_by(tool.wait(), SIGTERM));
}

TEST_P(BothRoles, BlockingDescriptorsStayBlocking)
{
    const Pipe input;
    const Pipe output;
    auto surroundings = stdin_from(input.read);
    surroundings.fds[1] = output.write.ref();
    Tool tool(GetParam(), {}, surroundings);
    EXPECT_TRUE(tool.peer().send("x"));
    EXPECT_EQ(read_until(output.read.get(), "x"), "x");
    EXPECT_EQ(::fcntl(input.read.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(::fcntl(output.write.get(), F_GETFL) & O_NONBLOCK, 0);
    tool.process().send_signal(SIGTERM);
    EXPECT_TRUE(died_by(tool.wait(), SIGTERM));
}

TEST_P(BothRoles, AReaderThatWentAwayEndsItAtThePeersNextByte)
{
    Pipe output;
    auto surroundings = silent_stdin();
    surroundings.fds[1] = output.write.ref();
    Tool tool(GetParam(), {}, surroundings);
    output.write.close();
    EXPECT_TRUE(tool.peer().send("1"));
    EXPECT_EQ(read_until(output.read.get(), "1"), "1");
    output.read.close();
    EXPECT_TRUE(tool.peer().send("2"));
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(complaints(outcome), "sockit: write stdout: Broken pipe (EPIPE)\n");
}

TEST_P(BothRoles, ASignalIsServedWhileStdoutIsBlocked)
{
    const Pipe output;
    auto surroundings = silent_stdin();
    surroundings.fds[1] = output.write.ref();
    const TemporaryDirectory directory;
    const auto report = directory.path("report");
    Tool tool(GetParam(), {"--report", report}, surroundings);
    EXPECT_TRUE(tool.peer().send(pattern(200000)));
    await_full(output.read.get());
    tool.process().send_signal(SIGTERM);
    EXPECT_TRUE(died_by(tool.wait(), SIGTERM));
    EXPECT_TRUE(valid_document(read_file(report)));
    const auto document = parse_document(read_file(report));
    const auto& summary = GetParam() == Role::Client ? document : document["summary"];
    EXPECT_EQ(summary["stopped_by"], "SIGTERM");
}

TEST_P(BothRoles, SignalsWriteTheSummaryAndKill)
{
    for (const int signal : {SIGINT, SIGTERM}) {
        Tool tool(GetParam(), {"--jsonl"}, silent_stdin());
        EXPECT_TRUE(tool.peer().send("abc"));
        tool.process().wait_for_output("\"abc\"");
        tool.process().send_signal(signal);
        const auto outcome = tool.wait();
        EXPECT_TRUE(died_by(outcome, signal));
        EXPECT_TRUE(valid_lines(outcome.out));
        const auto summary = parse_lines(outcome.out).back();
        EXPECT_EQ(summary["stopped_by"], signal == SIGINT ? "SIGINT" : "SIGTERM");
        EXPECT_EQ(summary["bytes_received"], 3);
    }
}

TEST_P(BothRoles, AnIdleConnectionEndsAtItsLimit)
{
    Tool tool(GetParam(), {"--idle-timeout", "100ms"}, silent_stdin());
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("--idle-timeout"), std::string::npos) << outcome;
}

TEST_P(BothRoles, TheDeadlineEndsTheRun)
{
    Tool tool(GetParam(), {"--json", "--deadline", "1s"}, silent_stdin());
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, GetParam() == Role::Client ? 3 : 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    const auto& summary = GetParam() == Role::Client ? document : document["summary"];
    EXPECT_EQ(summary["stopped_by"], "deadline");
}

TEST_P(BothRoles, OutAndReport)
{
    const TemporaryDirectory directory;
    const auto data = pattern(100000);
    Tool tool(GetParam(),
              {"--json", "--out", directory.path("out"), "--report", directory.path("report")});
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(read_file(directory.path("out")) == data);
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(read_file(directory.path("report")), outcome.out);
    EXPECT_EQ(outcome.out.find("\"data"), std::string::npos);
}

TEST_P(BothRoles, TheReportHoldsNoPayload)
{
    const TemporaryDirectory directory;
    Tool tool(GetParam(), {"--json", "--report", directory.path("report")});
    EXPECT_TRUE(tool.peer().send("payload"));
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_NE(outcome.out.find("\"data\":\"payload\",\"data_truncated\":false"), std::string::npos);
    const auto report = read_file(directory.path("report"));
    EXPECT_TRUE(valid_document(report));
    EXPECT_EQ(report.find("payload"), std::string::npos);
}

TEST_P(BothRoles, TheDocumentKeepsTheFirstMebibyte)
{
    const std::string data(3UL << 20U, 'x');
    Tool tool(GetParam(), {"--json"});
    EXPECT_TRUE(tool.peer().send(data));
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    const auto& story = GetParam() == Role::Client ? document : document.at("connections").at(0);
    EXPECT_EQ(story["bytes_received"], data.size());
    EXPECT_EQ(story["data"].get<std::string>().size(), 1U << 20U);
    EXPECT_EQ(story["data_truncated"], true);
}

TEST_P(BothRoles, TextCutByAPacketStaysText)
{
    Tool tool(GetParam(), {"--jsonl"}, silent_stdin());
    EXPECT_TRUE(tool.peer().send("1\xe2\x82"));
    tool.process().wait_for_output("\"data\":\"1\"");
    EXPECT_TRUE(tool.peer().send("\xac"));
    tool.process().wait_for_output("\\u20ac");
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_lines(outcome.out));
    EXPECT_EQ(outcome.out.find("base64"), std::string::npos) << outcome;
}

TEST_P(BothRoles, BytesThatAreNoTextAreBase64)
{
    Tool tool(GetParam(), {"--jsonl"});
    EXPECT_TRUE(tool.peer().send("\xff\xfe"));
    tool.peer().finish();
    const auto outcome = tool.wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    EXPECT_NE(outcome.out.find("\"data_base64\":\"//4=\""), std::string::npos) << outcome;
}

TEST_P(BothRoles, ATerminalNeverSeesThePeersEscapes)
{
    const Terminal terminal;
    Tool tool(GetParam(), {}, stdout_to(terminal.slave));
    EXPECT_TRUE(tool.peer().send("red \x1b[31m\r\nend"));
    tool.peer().finish();
    EXPECT_EQ(read_until(terminal.master.get(), "end"), "red \\x1b[31m\nend");
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothRoles, ATerminalGetsEverythingWithRaw)
{
    const Terminal terminal;
    Tool tool(GetParam(), {"--raw"}, stdout_to(terminal.slave));
    EXPECT_TRUE(tool.peer().send("red \x1b[31m\r\nend"));
    tool.peer().finish();
    EXPECT_EQ(read_until(terminal.master.get(), "end"), "red \x1b[31m\r\nend");
    EXPECT_TRUE(exited(tool.wait(), 0));
}

TEST_P(BothRoles, AStdinThatCannotBeReadIsNoEndOfInput)
{
    const auto directory = open_file("/", O_RDONLY | O_DIRECTORY);
    Tool tool(GetParam(), {}, stdin_from(directory));
    EXPECT_EQ(tool.peer().receive(1), ""); // a reset, not a FIN: receive_all() would fail
    const auto outcome = tool.wait();
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(complaints(outcome), "sockit: read stdin: Is a directory (EISDIR)\n");
}

TEST_P(BothRoles, SixtyFourMebibytesOfAddressSpaceAreEnough)
{
    if (is_sanitized())
        GTEST_SKIP() << "AddressSanitizer needs terabytes of them";
    const auto data = pattern(mebibytes_4);
    Surroundings surroundings{.input = data};
    surroundings.limits[RLIMIT_AS] = 64UL << 20U;
    Tool tool(GetParam(), {}, surroundings);
    EXPECT_TRUE(tool.peer().echo() == data);
    EXPECT_TRUE(exited(tool.wait(), 0));
}

} // namespace

} // namespace sockit::test::THIS_FILE
