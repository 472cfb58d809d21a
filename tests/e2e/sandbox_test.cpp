#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include <sys/stat.h>

namespace sockit::test::THIS_FILE {
namespace {

/// Looking for leaks at the end takes a process of its own, which the sandbox refuses.
const std::map<std::string, std::string> environment{{"ASAN_OPTIONS", "detect_leaks=0"}};

Words sandboxed(Words words)
{
    words.emplace_back("--sandbox=require");
    return words;
}

/// `sockit WORDS… --sandbox=require` to its end.
Outcome run_inside(const Words& words, const std::string& input = {})
{
    return run(sandboxed(words), {.input = input, .environment = environment});
}

Server server_inside(const Words& words)
{
    return Server(sandboxed(words), {.environment = environment});
}

class InSandbox : public testing::Test {
protected:
    void SetUp() override
    {
        if (run({"--version"})
                .out.find("sandbox-files=yes sandbox-tcp=yes sandbox-signals=yes "
                          "sandbox-syscalls=yes") == std::string::npos)
            GTEST_SKIP() << "this kernel has no whole sandbox";
    }

    TemporaryDirectory m_directory;
};

TEST_F(InSandbox, ItIsEnteredBeforeAnybodyIsServed)
{
    const std::string path = m_directory.path("socket");
    auto server = server_inside({"echo", "server", "unix:" + path});
    const auto status = read_file("/proc/" + std::to_string(server->pid()) + "/status");
    EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos) << status;
    EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos) << status;
    EXPECT_TRUE(exited(run_inside({"echo", "client", "unix:" + path, "-n", "10"}), 0));
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
    EXPECT_FALSE(std::filesystem::exists(path)) << "its own socket is removed";
}

TEST_F(InSandbox, AFileCrosses)
{
    const auto received = m_directory.path("received");
    const auto records = m_directory.path("records");
    const std::string text(300'000, 'x');
    auto server =
        server_inside({"listen", "127.0.0.1:0", "--out", received, "--report", records, "-q"});
    EXPECT_TRUE(exited(run_inside({"connect", "localhost", server.port()}, text), 0));
    EXPECT_TRUE(exited(server->wait(), 0));
    EXPECT_EQ(read_file(received), text);
    EXPECT_TRUE(valid_document(read_file(records)));
}

TEST_F(InSandbox, EachConnectionHasItsFile)
{
    const auto directory = m_directory.path("new");
    const auto port = m_directory.path("port");
    auto server = server_inside(
        {"listen", "-k", "127.0.0.1:0", "--out-dir", directory, "--port-file", port, "-q"});
    EXPECT_EQ(read_file(port), server.port() + "\n");
    for (const auto* text : {"one", "two"})
        EXPECT_TRUE(exited(run_inside({"connect", server.endpoint()}, text), 0));
    server->send_signal(SIGTERM);
    server->wait();
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(directory))
        all += read_file(file.path());
    EXPECT_TRUE(all == "onetwo" || all == "twoone") << all;
}

TEST_F(InSandbox, TlsFindsItsFiles)
{
    const auto& pki = common_pki();
    const auto server = server_inside({"echo", "server", "tls:127.0.0.1:0", "--tls-cert",
                                       pki.server.certificate, "--tls-key", pki.server.key});
    const auto target = "tls:localhost:" + server.port();
    EXPECT_TRUE(
        exited(run_inside({"echo", "client", target, "-n", "10", "--ca", pki.pki.authority()}), 0));
    EXPECT_TRUE(exited(run_inside({"probe", target, "--ca", pki.pki.authority()}), 0));
    EXPECT_TRUE(exited(run_inside({"connect", target, "--ca", pki.pki.authority()}, "x"), 0));
    EXPECT_TRUE(exited(run_inside({"connect", target}, "x"), 11)) << "nobody vouches for it";
}

TEST_F(InSandbox, FiguresAndRecordsAreWritten)
{
    const auto server = server_inside({"echo", "server", "127.0.0.1:0", "--threads", "2"});
    const auto log = m_directory.path("log");
    const auto page = m_directory.path("page");
    const auto records = m_directory.path("records");
    EXPECT_TRUE(
        exited(run_inside({"echo", "client", server.endpoint(), "-n", "100", "-c", "4", "--threads",
                           "2", "--hlog", log, "--html", page, "--json", "--output", records}),
               0));
    EXPECT_FALSE(read_file(log).empty());
    EXPECT_FALSE(read_file(page).empty());
    EXPECT_TRUE(valid_document(read_file(records)));
}

TEST_F(InSandbox, DatagramsAreAnsweredByEveryThread)
{
    const auto server = server_inside({"echo", "server", "udp:127.0.0.1:0", "--threads", "2"});
    EXPECT_TRUE(exited(
        run_inside({"echo", "client", "udp:" + server.endpoint(), "-c", "4", "-n", "100"}), 0));
}

TEST_F(InSandbox, AScanOnThreadsKeepsItsVerdicts)
{
    const auto outcome =
        run_inside({"probe", "localhost:7001-7040", "--threads", "2", "--source", "127.0.0.1"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_NE(outcome.out.find("40 refused"), std::string::npos) << outcome;
}

TEST(SandboxOption, WordsAndCommands)
{
    const auto wrong = run({"connect", "--sandbox=maybe", "127.0.0.1:1"});
    EXPECT_TRUE(exited(wrong, 2));
    EXPECT_EQ(wrong.err, "sockit: bad --sandbox 'maybe': expected auto, require or off\n");
    for (const Words& words :
         std::vector<Words>{{"listen", "127.0.0.1:0", "--sandbox=auto", "--sh", "cat"},
                            {"connect", "127.0.0.1:1", "--sandbox=require", "--", "cat"},
                            {"probe", "127.0.0.1:1", "--sandbox=auto", "--", "cat"}}) {
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.err, "sockit: --sandbox lets no command be run\n");
    }
    EXPECT_TRUE(exited(run({"probe", "127.0.0.1:1", "--sandbox=off"}), 8));
}

} // namespace
} // namespace sockit::test::THIS_FILE
