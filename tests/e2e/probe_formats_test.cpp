#include "support/network.h"
#include "support/run.h"
#include "support/second_host.h"

#include <csignal>
#include <filesystem>
#include <iterator>

#include <poll.h>

namespace sockit::test::THIS_FILE {
namespace {

std::string at_loopback(const Fd& listener)
{
    return "127.0.0.1:" + std::to_string(port_of(listener));
}

TEST(ProbeFormat, TapCountsAndExplains)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto outcome = run(
        {"probe", "--format", "tap", "--label", "env=test", at_loopback(listener), "unix:/nobody"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(outcome.out.starts_with("TAP version 14\n")) << outcome;
    EXPECT_TRUE(outcome.out.ends_with("  ...\n1..2\n") || outcome.out.ends_with("\n1..2\n"))
        << outcome;
    EXPECT_NE(outcome.out.find(" - " + at_loopback(listener) + " open {env=test}\n"),
              std::string::npos)
        << outcome;
    EXPECT_NE(outcome.out.find("  message: \"connect unix:/nobody: No such file or directory "
                               "(ENOENT)\"\n"),
              std::string::npos)
        << outcome;
    EXPECT_EQ(outcome.err, "sockit: 1 of 2 targets failed: 1 refused\n");
}

TEST(ProbeFormat, ARunThatCannotBeginIsToldInEachFormat)
{
    for (const auto& [format, words] : std::vector<std::pair<const char*, const char*>>{
             {"tap", "Bail out! "}, {"junit", "<error type=\"failed\""}, {"prom", "# failed: "}}) {
        const auto outcome = run({"probe", "--format", format, "--targets-from", "/nowhere"});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_NE(outcome.out.find(words), std::string::npos) << outcome;
    }
}

TEST(ProbeFormat, JunitIsXml)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto outcome = run({"probe", "--format", "junit", "--label", "note=<&\">\x01",
                              at_loopback(listener), "127.0.0.1:9", "unix:/no<bo>dy\x02\xff"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_NE(outcome.out.find("tests=\"3\" failures=\"2\" errors=\"0\""), std::string::npos)
        << outcome;
    const auto parsed = run_program({"xmllint", "--noout", "--nonet", "-"}, {.input = outcome.out});
    EXPECT_TRUE(exited(parsed, 0)) << outcome;
}

TEST(ProbeFormat, NamesOfTheSwitchesAreKnown)
{
    const auto jsonl = run({"probe", "--format", "jsonl", "unix:/nobody"});
    EXPECT_TRUE(jsonl.out.starts_with("{\"schema\":\"sockit.probe/1\",\"type\":\"start\""));
    const auto text = run({"probe", "--format", "text", "--label", "a=b", "unix:/nobody"});
    EXPECT_EQ(text.out, "refused      unix:/nobody           No such file or directory (ENOENT) "
                        "{a=b}\n");
    const auto both = run({"probe", "--json", "--format", "prom", "unix:/nobody"});
    EXPECT_TRUE(exited(both, 2));
    EXPECT_EQ(both.out, "");
}

/// node_exporter reads the file at any time.
TEST(ProbeFormat, AStoppedRunLeavesAWholeFile)
{
    fresh_network();
    run_here({"ip", "link", "add", "mute0", "type", "veth", "peer", "name", "mute1"});
    run_here({"ip", "address", "add", "10.5.0.1/24", "dev", "mute0"});
    run_here({"ip", "link", "set", "mute0", "up"});
    run_here({"ip", "link", "set", "mute1", "up"});
    const TemporaryDirectory directory;
    const auto file = directory.path("sockit.prom");
    write_file(file, "the last run\n");
    const auto listener = listen_on("127.0.0.1", 0);
    Running probe({sockit_binary(), "probe", "--format", "prom", "--output", file, "--timeout",
                   "25s", at_loopback(listener), "10.5.0.2:80"},
                  {});
    pollfd waiting{.fd = listener.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 25'000), 1);
    EXPECT_EQ(read_file(file), "the last run\n");
    probe.send_signal(SIGTERM);
    EXPECT_TRUE(died_by(probe.wait(), SIGTERM));
    const auto text = read_file(file);
    for (const auto* line : {"\nsockit_probe_results{state=\"ok\"} 1\n",
                             "\nsockit_probe_results{state=\"unfinished\"} 1\n",
                             "\"} 1\n# HELP sockit_probe_outcome "})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    const std::filesystem::directory_iterator entries(directory.path(""));
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

} // namespace
} // namespace sockit::test::THIS_FILE
