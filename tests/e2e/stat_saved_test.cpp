#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <filesystem>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

sockaddr_in6 local_port(std::uint16_t port)
{
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    return address;
}

Fd listening_on(std::uint16_t port)
{
    Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto address = local_port(port);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 5), 0);
    return fd;
}

class StatSaved : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_server = listening_on(8080);
        m_client = Fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = local_port(8080);
        ASSERT_EQ(
            ::connect(m_client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
    }

    [[nodiscard]] std::string file(std::string_view name) const { return m_directory.path(name); }

    TemporaryDirectory m_directory;
    Fd m_server;
    Fd m_client;
};

TEST_F(StatSaved, TheSameCommandsOffline)
{
    const auto saving = run({"stat", "--save", file("a")});
    EXPECT_TRUE(exited(saving, 0));
    EXPECT_TRUE(valid_lines(read_file(file("a"))));
    EXPECT_EQ(saving.out, run({"stat"}).out); // shown is what is always shown
    for (const Words& flags : std::vector<Words>{{}, {"-tan"}, {"-tlnpe"}, {"-6tn"}, {"-4tan"}}) {
        Words live{"stat"};
        live.insert(live.end(), flags.begin(), flags.end());
        Words offline = live;
        offline.insert(offline.end(), {"--from", file("a")});
        const auto from = run(offline);
        EXPECT_TRUE(exited(from, 0));
        EXPECT_EQ(from.out, run(live).out);
    }
    const auto document = run({"stat", "-tapeimo", "--from", file("a"), "--json"});
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(parse_document(document.out)["via"], "file");
    EXPECT_EQ(parse_document(document.out)["sockets"].size(), 3U);
}

TEST_F(StatSaved, WhatIsShownMayBeLessThanWhatIsSaved)
{
    const auto shown = run({"stat", "-tln", "--save", file("a"), "--json"});
    EXPECT_TRUE(valid_document(shown.out)) << shown;
    EXPECT_EQ(shown.out.find("tcp_info"), std::string::npos) << shown;
    EXPECT_NE(read_file(file("a")).find("tcp_info"), std::string::npos);
    const auto again = run({"stat", "-a", "--from", file("a"), "--save", file("b")});
    EXPECT_TRUE(exited(again, 0));
    EXPECT_EQ(parse_lines(read_file(file("a")))[1], parse_lines(read_file(file("b")))[1]);
}

TEST_F(StatSaved, DiffSaysWhatOpenedClosedAndWasReplaced)
{
    ASSERT_TRUE(exited(run({"stat", "--save", file("a")}), 0));
    const auto same = run({"stat", "--diff", file("a"), file("a")});
    EXPECT_TRUE(exited(same, 0));
    EXPECT_EQ(same.out, "");
    m_server.close();
    m_server = listening_on(8080);
    const auto another = listening_on(9090);
    ASSERT_TRUE(exited(run({"stat", "--save", file("b")}), 0));
    const auto lines = run({"stat", "-l", "--diff", file("a"), file("b"), "--jsonl"});
    EXPECT_TRUE(exited(lines, 1));
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
    const auto records = parse_lines(lines.out);
    ASSERT_EQ(records.size(), 4U) << lines;
    const auto by_change = [&](std::string_view change) {
        for (const auto& record : records)
            if (record.value("change", "") == change)
                return record;
        return nlohmann::json();
    };
    EXPECT_EQ(by_change("replaced")["socket"]["local"]["port"], 8080);
    EXPECT_EQ(by_change("replaced")["was"]["local"]["port"], 8080);
    EXPECT_NE(by_change("replaced")["was"]["cookie"], by_change("replaced")["socket"]["cookie"]);
    EXPECT_EQ(by_change("opened")["socket"]["local"]["port"], 9090);
    const auto document = run({"stat", "--diff", file("b"), file("a"), "--json"});
    EXPECT_TRUE(exited(document, 1));
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(parse_document(document.out)["summary"]["replaced"], 1);
    EXPECT_NE(run({"stat", "-tln", "--diff", file("a"), file("b")}).out.find("opened"),
              std::string::npos);
}

TEST_F(StatSaved, BadLinesAreToldOnceAndTheRestIsRead)
{
    ASSERT_TRUE(exited(run({"stat", "-tl", "--save", file("a")}), 0));
    const auto whole = read_file(file("a"));
    write_file(file("bad"), whole.substr(0, whole.rfind("{\"type\":\"summary\"")) +
                                "\x1b[2J\n{\"type\":\"socket\"}\n{\"type\":\"sock");
    const auto outcome = run({"stat", "-tlnH", "--from", file("bad")});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, run({"stat", "-tlnH"}).out);
    EXPECT_EQ(outcome.err, "sockit: " + file("bad") + " has no summary: it was cut short\n" +
                               "sockit: 3 lines of " + file("bad") +
                               " could not be read and were skipped\n");
}

TEST_F(StatSaved, NothingToReadIsALocalFailureWithARecord)
{
    write_file(file("none"), "root:x:0:0\n");
    for (const auto& name : {file("none"), file("missing"), m_directory.path("")}) {
        const auto outcome = run({"stat", "--from", name, "--json"});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        const auto diff = run({"stat", "--diff", name, name, "--jsonl"});
        EXPECT_TRUE(exited(diff, 6));
        EXPECT_TRUE(valid_lines(diff.out)) << diff;
    }
}

TEST_F(StatSaved, AFileIsWholeOrNotThere)
{
    const auto outcome = run({"stat", "-t", "--save", m_directory.path("no/such")});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_TRUE(exited(run({"stat", "-t", "--save", "/dev/full"}), 6));
    Surroundings surroundings;
    surroundings.limits[RLIMIT_FSIZE] = 100;
    EXPECT_TRUE(exited(run({"stat", "-ta", "--save", file("cut")}, surroundings), 6));
    EXPECT_TRUE(std::filesystem::is_empty(m_directory.path("")));
}

} // namespace
} // namespace sockit::test::THIS_FILE
