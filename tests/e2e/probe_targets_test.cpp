#include "support/run.h"
#include "support/schema.h"
#include "support/second_host.h"

#include <algorithm>
#include <csignal>

#include <fcntl.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// The targets told by `sockit probe --json WORDS…`, sorted.
Words targets_of(Words words, int status, Surroundings surroundings = {})
{
    words.insert(words.begin(), {"probe", "--json"});
    const auto outcome = run(words, std::move(surroundings));
    EXPECT_TRUE(exited(outcome, status));
    EXPECT_TRUE(valid_document(outcome.out));
    Words targets;
    const auto document = parse_document(outcome.out);
    for (const auto& result : document["results"])
        targets.push_back(result["target"]);
    std::ranges::sort(targets);
    return targets;
}

TEST(ProbeRange, EachAddressIsATargetOfItsOwn)
{
    const auto listener = listen_on("127.0.0.6", 0);
    const auto port = std::to_string(port_of(listener));
    const auto outcome = run({"probe", "--json", "127.0.0.4/30:" + port});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["summary"]["outcomes"], json({{"open", 1}, {"refused", 3}})) << outcome;
    for (const auto& result : document["results"]) {
        const std::string address = result["endpoint"]["address"];
        EXPECT_EQ(result["target"], address + ":" + port);
        EXPECT_EQ(result["outcome"] == "open", address == "127.0.0.6") << outcome;
    }
    EXPECT_EQ(targets_of({"127.0.0.0/31", "8,9", "--want", "refused"}, 0),
              (Words{"127.0.0.0:8", "127.0.0.0:9", "127.0.0.1:8", "127.0.0.1:9"}));
    EXPECT_EQ(targets_of({"[::1/128]:9", "--want", "refused"}, 0), Words{"[::1]:9"});
    EXPECT_TRUE(exited(run({"probe", "-6", "127.0.0.0/31:9"}), 4));
}

TEST(ProbeRange, AWideOneIsAnnouncedAndAWiderOneRefused)
{
    Running process({sockit_binary(), "probe", "--jsonl", "127.0.0.0/15:9"}, {});
    process.wait_for_output("warning");
    process.send_signal(SIGINT);
    const auto outcome = process.wait();
    EXPECT_TRUE(died_by(outcome, SIGINT));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto records = parse_lines(outcome.out);
    ASSERT_GE(records.size(), 3U);
    EXPECT_EQ(records[0]["targets"], 131072);
    EXPECT_EQ(records[1]["type"], "warning");
    EXPECT_EQ(records[1]["message"], "127.0.0.0/15 has 131072 addresses, 131072 targets");
    const auto wider = run({"probe", "--json", "0.0.0.0/0:80"});
    EXPECT_TRUE(exited(wider, 2));
    EXPECT_EQ(wider.out, "");
    EXPECT_EQ(wider.err, "sockit: bad target '0.0.0.0/0:80': too many addresses: a prefix has at "
                         "least 8 bits\n");
}

TEST(ProbeTargetsFrom, FilesStdinAndWordsTogether)
{
    const TemporaryDirectory directory;
    write_file(directory.path("a"), "# the first\r\n\r\n127.0.0.1:9\r\n127.0.0.1 10-11 # two\r\n");
    write_file(directory.path("b"), "unix:/nowhere/s\n[::1]:9");
    const Words expected{"127.0.0.1:10", "127.0.0.1:11", "127.0.0.1:8",    "127.0.0.1:9",
                         "[::1]:9",      "localhost:9",  "unix:/nowhere/s"};
    EXPECT_EQ(targets_of({"127.0.0.1:8", "--targets-from", directory.path("a"), "--targets-from",
                          "-", "--targets-from", directory.path("b"), "--want", "refused"},
                         0, {.input = "localhost:9\n"}),
              expected);
    // stdin may be such that reading it would have to wait.
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), 0);
    Running process({sockit_binary(), "probe", "--targets-from", "-", "--want", "refused"},
                    {.fds = {{0, pipe.read.ref()}}});
    ASSERT_EQ(::write(pipe.write.get(), "127.0.0.1:9", 11), 11);
    pipe.write.close();
    const auto outcome = process.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out.starts_with("refused      127.0.0.1:9 ")) << outcome;
}

TEST(ProbeTargetsFrom, ABadLineEndsItBeforeAnythingIsAsked)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("list");
    const auto expect = [&](std::string_view content, const std::string& line) {
        write_file(path, content);
        const auto outcome = run({"probe", "--jsonl", "--targets-from", path});
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "") << outcome;
        EXPECT_EQ(outcome.err, "sockit: " + line + "\n");
    };
    expect("127.0.0.1:9\n127.0.0.1:9\x1b[2J\n",
           path + ":2: bad target '127.0.0.1:9\\x1b[2J': a port is a service name or 0 to 65535");
    expect("127.0.0.1:9\nlocalhost 8 9\n",
           path + ":2: bad word '8': a line has one target, HOST:PORTS or HOST PORTS");
    expect(std::string_view("127.0.0.1:9\n\0", 13),
           path + ":2: a NUL byte: this is not a list of targets");
    expect("# nothing\n", "no target in " + path);
    const auto twice = run({"probe", "--targets-from", "-", "--targets-from", "-"});
    EXPECT_TRUE(exited(twice, 2));
    const auto empty = run({"probe", "--targets-from", "-"});
    EXPECT_TRUE(exited(empty, 2));
    EXPECT_EQ(empty.err, "sockit: no target in stdin\n");
}

TEST(ProbeTargetsFrom, AFileThatCannotBeReadIsALocalFailure)
{
    const auto text = run({"probe", "--targets-from", "/nowhere/list", "127.0.0.1:9"});
    EXPECT_TRUE(exited(text, 6));
    EXPECT_EQ(text.out, "");
    EXPECT_EQ(text.err, "sockit: open /nowhere/list: No such file or directory (ENOENT)\n");
    for (const char* format : {"--json", "--jsonl"}) {
        const auto outcome = run({"probe", format, "--targets-from", "/nowhere/list"});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_TRUE(std::string(format) == "--json" ? valid_document(outcome.out)
                                                    : valid_lines(outcome.out));
        EXPECT_EQ(parse_lines(outcome.out)[0]["error"]["code"], "ENOENT") << outcome;
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
