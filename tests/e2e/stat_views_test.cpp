#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <sstream>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// A listener on 127.0.0.1:8080 with two connections, in a network of their own.
class StatViewsTest : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(8080);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* any = reinterpret_cast<const sockaddr*>(&address);
        for (Fd* fd : {&m_listener, &m_first, &m_second}) {
            *fd = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (fd == &m_listener) {
                EXPECT_EQ(::bind(fd->get(), any, sizeof address), 0);
                EXPECT_EQ(::listen(fd->get(), 1), 0);
            } else {
                EXPECT_EQ(::connect(fd->get(), any, sizeof address), 0);
            }
        }
    }

    Fd m_listener;
    Fd m_first;
    Fd m_second;
};

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

TEST_F(StatViewsTest, CountsByState)
{
    const auto text = run({"stat", "-ta", "--count-by", "state,process"});
    EXPECT_TRUE(exited(text, 0));
    const auto lines = lines_of(text.out);
    ASSERT_EQ(lines.size(), 4U) << text;
    EXPECT_TRUE(lines[0].starts_with("Count  State   Process")) << text;
    EXPECT_TRUE(lines[1].starts_with("    2  ESTAB   ")) << text;

    const auto document = run({"stat", "-ta", "--count-by", "state", "--json"});
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(parse_document(document.out)["counts"],
              json::parse(R"([{"type":"count","key":{"state":"ESTAB"},"count":4},)"
                          R"({"type":"count","key":{"state":"LISTEN"},"count":1}])"));
    const auto records = run({"stat", "-ta", "--count-by", "pid,peer,peer-port", "--jsonl"});
    EXPECT_TRUE(valid_lines(records.out)) << records;
    EXPECT_NE(records.out.find(R"("peer":"127.0.0.1","peer_port":8080},"count":2})"),
              std::string::npos)
        << records;
}

TEST_F(StatViewsTest, CheckSaysWhetherAnythingMatched)
{
    EXPECT_TRUE(exited(run({"stat", "-ltn", "--check"}), 0));
    const auto none = run({"stat", "-lun", "--check"});
    EXPECT_TRUE(exited(none, 1));
    EXPECT_EQ(none.err, "sockit: no socket matches\n");
    const auto document = run({"stat", "-lu", "--check", "--json"});
    EXPECT_TRUE(exited(document, 1));
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_TRUE(exited(run({"stat", "-u", "--check", "--count-by", "state"}), 1));
    EXPECT_TRUE(exited(run({"stat", "-lun"}), 0));
}

TEST_F(StatViewsTest, TotalsAreThoseOfSs)
{
    const auto ours = run({"stat", "-s"});
    const auto theirs = run_program({"ss", "-s"});
    EXPECT_TRUE(exited(ours, 0));
    const auto own_lines = lines_of(ours.out);
    const auto lines = lines_of(theirs.out);
    ASSERT_GE(own_lines.size(), 9U) << ours;
    for (std::size_t i = 0; i < 9; ++i) {
        if (i == 1) // counts sockets of the whole host
            continue;
        std::istringstream a(own_lines[i]);
        std::istringstream b(lines.at(i));
        std::string ours_word;
        std::string theirs_word;
        while (a >> ours_word, b >> theirs_word)
            EXPECT_EQ(ours_word, theirs_word) << ours << theirs;
        EXPECT_FALSE(a >> ours_word) << ours;
    }
    const auto document = run({"stat", "-s", "--json"});
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(parse_document(document.out)["totals"]["tcp"]["established"], 4) << document;
    const auto lines_out = run({"stat", "-st", "--jsonl"});
    EXPECT_TRUE(valid_lines(lines_out.out)) << lines_out;
    EXPECT_EQ(parse_lines(lines_out.out).size(), 7U) << lines_out;
}

TEST_F(StatViewsTest, ColumnsInTheirOrderAndSorted)
{
    const auto outcome = run({"stat", "-tan", "--columns", "state,queue,local-port,pid,rb,rtt",
                              "--sort", "state,-local-port"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), 6U) << outcome;
    EXPECT_TRUE(lines[0].starts_with("State      Queue  LPort  ")) << outcome;
    EXPECT_TRUE(lines[1].starts_with("ESTAB ")) << outcome;
    EXPECT_NE(lines[4].find(" 8080 "), std::string::npos) << outcome;
    EXPECT_TRUE(lines[5].starts_with("LISTEN  2/1 full   8080  ")) << outcome;
    EXPECT_NE(lines[5].find("  " + std::to_string(::getpid()) + "  "), std::string::npos)
        << outcome;
}

TEST_F(StatViewsTest, MachinesGetWhatTheColumnsNeed)
{
    const auto outcome =
        run({"stat", "-tl", "--columns", "cmdline,user,rtt", "--sort", "recv-q", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto socket = parse_document(outcome.out)["sockets"].at(0);
    EXPECT_EQ(socket["user"], "root");
    EXPECT_TRUE(socket.contains("tcp_info"));
    EXPECT_NE(socket["processes"][0]["cmdline"].get<std::string>().find("test_e2e"),
              std::string::npos);
}

TEST_F(StatViewsTest, ThreadsAreOwnersOfTheirOwn)
{
    const auto socket = parse_document(run({"stat", "-tlT", "--json"}).out)["sockets"].at(0);
    bool first_thread = false;
    for (const auto& owner : socket["processes"]) {
        EXPECT_TRUE(owner.contains("tid")) << socket;
        first_thread = first_thread || owner["tid"] == ::getpid();
    }
    EXPECT_TRUE(first_thread) << socket;
}

TEST_F(StatViewsTest, NamesOfAddresses)
{
    const auto text = run({"stat", "-tlr"});
    EXPECT_TRUE(exited(text, 0));
    EXPECT_NE(text.out.find(" localhost:http-alt "), std::string::npos) << text;
    const auto document = run({"stat", "-tlr", "--json"});
    EXPECT_TRUE(valid_document(document.out)) << document;
    const auto socket = parse_document(document.out)["sockets"].at(0);
    EXPECT_EQ(socket["local_name"], "localhost");
    EXPECT_EQ(socket["peer_name"], nullptr);
}

/// What `words` print on a terminal of so many columns.
std::string on_terminal(int columns, const std::string& words)
{
    const auto outcome = run_program({"script", "-qec",
                                      "stty cols " + std::to_string(columns) + "; exec " +
                                          sockit_binary() + " " + words + " --color=never",
                                      "/dev/null"});
    EXPECT_TRUE(exited(outcome, 0));
    return outcome.out;
}

TEST_F(StatViewsTest, RowsAreNoWiderThanTheTerminal)
{
    for (const int columns : {60, 80}) {
        for (const std::string words : {"stat", "stat -tanp", "stat -taonepim",
                                        "stat -ta --columns local,peer,process,cmdline,rtt"}) {
            for (auto line : lines_of(on_terminal(columns, words))) {
                if (line.starts_with("sockit: ")) // a warning, on stderr
                    continue;
                std::size_t width = 0;
                for (const char c : line)
                    width += c != '\r' && (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
                EXPECT_LE(width, static_cast<std::size_t>(columns)) << line;
            }
        }
    }
    const auto narrow = on_terminal(80, "stat");
    EXPECT_NE(narrow.find("  2/1 full  127.0.0.1:http-alt  "), std::string::npos) << narrow;
    EXPECT_NE(on_terminal(60, "stat -tan").find("127.0.0.1:8080  0.0.0.0:*"), std::string::npos);
}

TEST_F(StatViewsTest, OneLineKeepsARowASocket)
{
    EXPECT_EQ(lines_of(run({"stat", "-tanimO", "-H"}).out).size(), 5U);
}

TEST(StatViews, AnUnknownColumnIsAUsageErrorWithTheNearest)
{
    const auto outcome = run({"stat", "--columns", "sate", "--json"});
    EXPECT_TRUE(exited(outcome, 2));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err,
              "sockit: unknown column 'sate' in --columns\nhint: did you mean state?\n");
}

} // namespace
} // namespace sockit::test::THIS_FILE
