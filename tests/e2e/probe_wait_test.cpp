#include "peer.h"
#include "support/delay_link.h"
#include "support/network.h"
#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"
#include "support/second_host.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <set>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;
using Time = std::chrono::steady_clock;

/// Far more than it takes, since the machine may be busy.
constexpr auto soon = std::chrono::milliseconds(700);

/// `sockit probe --json WORDS…` in the background with its stderr on a terminal, which tells when
/// it has tried in vain.
class Waiting {
public:
    explicit Waiting(const Words& words, const std::string& in_vain = "refused")
        : m_running(all(words), {.fds = {{STDERR_FILENO, m_terminal.slave.ref()}},
                                 .environment = {{"TERM", "xterm"}}})
    {
        const auto drawn = read_until(m_terminal.master.get(), in_vain);
        EXPECT_NE(drawn.find(in_vain), std::string::npos) << drawn;
    }

    Running* operator->() { return &m_running; }

private:
    static Words all(const Words& words)
    {
        Words full{sockit_binary(), "probe"};
        full.insert(full.end(), words.begin(), words.end());
        return full;
    }

    Terminal m_terminal;
    Running m_running;
};

TEST(ProbeWait, EndsAsSoonAsSomebodyListens)
{
    Waiting waiting({"127.0.0.1:7900", "--wait", "20s"});
    const auto listener = listen_on("127.0.0.1", 7900);
    const auto since = Time::now();
    const auto outcome = waiting->wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_LT(Time::now() - since, soon);
    EXPECT_EQ(outcome.out.substr(0, 27), "open         127.0.0.1:7900") << outcome;
    EXPECT_NE(outcome.out.find(", try "), std::string::npos) << outcome;
    EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1) << "one result" << outcome;
}

TEST(ProbeWait, EndsAsSoonAsAUnixSocketIsThere)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    Waiting waiting({"unix:" + path, "--wait", "20s"});
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(socket.get(), 1), 0);
    EXPECT_TRUE(exited(waiting->wait(), 0));
}

TEST(ProbeWait, EndsAsSoonAsNobodyListens)
{
    auto listener = listen_on("127.0.0.1", 0, 4096);
    const auto target = "127.0.0.1:" + std::to_string(port_of(listener));
    Waiting waiting({target, "--wait", "20s", "--want", "refused"}, "open");
    listener.close();
    EXPECT_TRUE(exited(waiting->wait(), 0));
}

TEST(ProbeWait, ALostSynIsNotWaitedForAlone)
{
    fresh_network();
    DelayLink link(std::chrono::milliseconds(1));
    if (!link.obstacle().empty())
        GTEST_SKIP() << link.obstacle();
    const auto listener = link.listen(7001);
    link.cut();
    Running waiting({sockit_binary(), "probe", "10.78.0.2:7001", "--wait", "20s", "--json"}, {});
    link.wait_for_losses(5);
    link.mend();
    const auto since = Time::now();
    const auto outcome = waiting.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_LT(Time::now() - since, soon);
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["results"].size(), 1U);
    EXPECT_EQ(document["results"][0]["syn_retransmits"], 0) << outcome;
    EXPECT_GE(document["results"][0]["attempt"], 5) << outcome;
}

// What was to be asked again had no result at all.
TEST(ProbeWait, RegressionTheEndOfTheRunTellsWhatRetriesWouldHaveAsked)
{
    fresh_network();
    DelayLink link(std::chrono::milliseconds(1));
    if (!link.obstacle().empty())
        GTEST_SKIP() << link.obstacle();
    link.cut();
    for (const char* limit : {"--wait", "--deadline"}) {
        const auto outcome =
            run({"probe", "10.78.0.2:7001", "--retries", "2", limit, "100ms", "--json"});
        EXPECT_TRUE(exited(outcome, 3));
        EXPECT_EQ(parse_document(outcome.out)["summary"]["outcomes"], json({{"timeout", 1}}))
            << outcome;
    }
}

TEST(ProbeWait, AFrontEndThatAcceptsBeforeItsServiceIsThere)
{
    std::atomic<int> connections = 0;
    const ScriptedServer front([&](Fd& socket) {
        if (++connections < 4)
            return reset(socket);
        receive_bytes(socket, 1);
    });
    const auto outcome =
        run({"probe", front.endpoint(), "--wait", "20s", "--settle", "150ms", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["results"][0]["attempt"], 4) << outcome;
}

TEST(ProbeWait, AnAnswerThatIsNotTheWantedOneIsAskedForAgain)
{
    std::atomic<int> connections = 0;
    const ScriptedServer warming_up([&](Fd& socket) {
        const bool ready = ++connections == 3;
        send_bytes(socket, ready ? "ready\n" : "starting\n");
    });
    const auto outcome =
        run({"probe", warming_up.endpoint(), "--wait", "20s", "--expect", "ready", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["results"][0]["attempt"], 3) << outcome;
}

TEST(ProbeWait, EndsAsSoonAsTlsIsSpoken)
{
    const auto& pki = common_pki();
    Waiting waiting({"tls:localhost:7903", "--ca", pki.pki.authority(), "--wait", "20s"});
    {
        const auto plain = listen_on("127.0.0.1", 7903);
        pollfd ready{.fd = plain.get(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
        const Fd accepted(::accept4(plain.get(), nullptr, nullptr, SOCK_CLOEXEC));
        EXPECT_EQ(receive_bytes(accepted, 1).size(), 1U) << "no handshake";
    }
    const Server server({"listen", "-k", "--tls-cert", pki.server.certificate, "--tls-key",
                         pki.server.key, "--discard", "127.0.0.1:7903"});
    EXPECT_TRUE(exited(waiting->wait(), 0));
}

TEST(ProbeWait, EndsAsSoonAsDatagramsAreAnswered)
{
    Waiting waiting({"udp:127.0.0.1:7902", "--wait", "20s"});
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(7902);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    // A question without an answer is not waited for alone: others come from ports of their own.
    std::set<std::uint16_t> ports;
    sockaddr_in from{};
    while (ports.size() < 3) {
        socklen_t length = sizeof from;
        char byte = 0;
        ASSERT_GE(
            ::recvfrom(socket.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &length), 0);
        ports.insert(from.sin_port);
    }
    EXPECT_EQ(::sendto(socket.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&from), sizeof from),
              1);
    EXPECT_TRUE(exited(waiting->wait(), 0));
}

TEST(ProbeWait, TheLimitIsNoAnswerWithTheLastVerdict)
{
    const auto outcome = run({"probe", "127.0.0.1:9", "--wait", "60ms", "--json"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    const auto& result = document["results"][0];
    EXPECT_EQ(result["outcome"], "refused") << outcome;
    EXPECT_EQ(result["ok"], false) << outcome;
    EXPECT_GT(result["attempt"], 1) << outcome;
    EXPECT_EQ(result["error"]["code"], "ECONNREFUSED") << outcome;
    EXPECT_TRUE(document["summary"]["stopped_by"].is_null()) << outcome;
    EXPECT_EQ(outcome.err, "sockit: waited 60.0 ms for 127.0.0.1:9 to be open: it is refused, "
                           "connect 127.0.0.1:9: Connection refused (ECONNREFUSED)\n");

    const auto earlier =
        run({"probe", "127.0.0.1:9", "--wait", "1h", "--deadline", "60ms", "--jsonl"});
    EXPECT_TRUE(exited(earlier, 3));
    EXPECT_TRUE(valid_lines(earlier.out));
    const auto lines = parse_lines(earlier.out);
    ASSERT_EQ(lines.size(), 3U) << earlier;
    EXPECT_EQ(lines[1]["outcome"], "refused");
    EXPECT_EQ(lines[2]["stopped_by"], "deadline");
}

TEST(ProbeWait, WhatSaysNothingOfTheTargetEndsIt)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(exited(run({"probe", "unix:" + path, "--wait", "1h", "--want", "local-error"}), 6));
    EXPECT_TRUE(
        exited(run({"probe", "nothing.invalid:1", "--wait", "1h", "--want", "unresolved"}), 4));
    const auto patient = run({"probe", "nothing.invalid:1", "--wait", "300ms", "--wait-dns",
                              "--want", "unresolved", "--json"});
    EXPECT_TRUE(exited(patient, 3));
    EXPECT_GT(parse_document(patient.out)["results"][0]["attempt"], 1) << patient;
}

TEST(ProbeWait, ANameMayComeLater)
{
    const TemporaryDirectory directory;
    const auto hosts = directory.path("hosts");
    write_file(hosts, "::1 other.test\n");
    const auto listener = listen_on("127.0.0.1", 7901);
    Running waiting({"unshare", "--mount", "sh", "-c",
                     "mount --bind " + hosts + " /etc/hosts && exec \"$@\"", "sh", sockit_binary(),
                     "probe", "late.test:7901", "--wait", "20s", "--wait-dns", "--jsonl"},
                    {});
    waiting.wait_for_output("\"start\"");
    write_file(hosts, "127.0.0.1 late.test\n");
    const auto outcome = waiting.wait();
    if (outcome.err.find("mount") != std::string::npos)
        GTEST_SKIP() << "no mount namespace here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 0));
}

TEST(ProbeWait, OneOfManyIsEnoughWhereAnyWillDo)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto outcome =
        run({"probe", "127.0.0.1:9", "127.0.0.1:" + std::to_string(port_of(listener)), "--wait",
             "1h", "--any", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["unfinished"], 1) << outcome;
}

TEST(ProbeWait, ASignalEndsIt)
{
    Waiting waiting({"127.0.0.1:9", "--wait", "1h"});
    waiting->send_signal(SIGINT);
    EXPECT_TRUE(died_by(waiting->wait(), SIGINT));
}

TEST(ProbeThen, ACommandTakesOurPlaceOnceAllIsAsWanted)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "127.0.0.1:" + std::to_string(port_of(listener));
    const auto outcome = run(
        {"probe", target, "--wait", "20s", "--", "sh", "-c", "cat; echo out; echo err >&2; exit 7"},
        {.input = "stdin\n"});
    EXPECT_TRUE(exited(outcome, 7));
    EXPECT_EQ(outcome.out, "stdin\nout\n") << "its stdout alone";
    EXPECT_EQ(outcome.err.substr(0, 12), "open        ") << outcome;
    EXPECT_TRUE(outcome.err.ends_with("\nerr\n")) << outcome;
    EXPECT_EQ(run({"probe", target, "-q", "--", "true"}).err, "");
    // Without --wait as well, and not where something is missing.
    const auto refused = run({"probe", "127.0.0.1:9", "--", "echo", "ran"});
    EXPECT_TRUE(exited(refused, 8));
    EXPECT_EQ(refused.out, "");
    EXPECT_TRUE(exited(run({"probe", "127.0.0.1:9", "--wait", "30ms", "--", "true"}), 3));
}

TEST(ProbeThen, ShellsStatusForWhatCannotBeRun)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "127.0.0.1:" + std::to_string(port_of(listener));
    const auto missing = run({"probe", "-q", target, "--", "/no/such/command"});
    EXPECT_TRUE(exited(missing, 127));
    EXPECT_EQ(missing.err, "sockit: exec /no/such/command: No such file or directory (ENOENT)\n");
    const TemporaryDirectory directory;
    write_file(directory.path("data"), "x");
    EXPECT_TRUE(exited(run({"probe", target, "--", directory.path("data")}), 126));
}

TEST(ProbeThen, TheCommandFindsEverythingAsWeFoundIt)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "127.0.0.1:" + std::to_string(port_of(listener));
    const std::string look = "grep -E 'SigBlk|SigIgn' /proc/self/status; ulimit -Sn; ls "
                             "/proc/self/fd | wc -l; echo $MARK";
    const std::map<std::string, std::string> environment{{"MARK", "kept"}};
    const auto direct = run_program({"sh", "-c", look}, {.environment = environment});
    const auto through = run({"probe", target, "-q", "--wait", "1s", "--", "sh", "-c", look},
                             {.environment = environment});
    EXPECT_EQ(through.out, direct.out) << through;
    EXPECT_NE(direct.out.find("kept"), std::string::npos);
    // SIGPIPE that was ignored before stays so.
    const auto ignoring =
        run_program({"sh", "-c", "trap '' PIPE; exec \"$@\"", "sh", sockit_binary(), "probe", "-q",
                     target, "--", "grep", "SigIgn", "/proc/self/status"});
    EXPECT_NE(ignoring.out.find("1000\n"), std::string::npos) << ignoring;
}

TEST(ProbeThen, RecordsGoToTheirFileFirst)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const TemporaryDirectory directory;
    const auto records = directory.path("records");
    const auto outcome = run({"probe", "127.0.0.1:" + std::to_string(port_of(listener)), "--json",
                              "--output", records, "--", "cat", records});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
}

} // namespace
} // namespace sockit::test::THIS_FILE
