#include "support/network.h"
#include "support/proc_root.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

Fd open_socket(int family, int type)
{
    Fd fd(::socket(family, type | SOCK_CLOEXEC, 0));
    EXPECT_TRUE(fd.valid());
    return fd;
}

sockaddr_in6 address_of(int family, std::uint16_t port)
{
    sockaddr_in6 address{}; // as long as both
    if (family == AF_INET6) {
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        address.sin6_addr = in6addr_loopback;
        return address;
    }
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

Fd bound(int family, int type, std::uint16_t port)
{
    Fd fd = open_socket(family, type);
    const auto address = address_of(family, port);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
}

Fd listening(int family, std::uint16_t port, int backlog)
{
    Fd fd = bound(family, SOCK_STREAM, port);
    EXPECT_EQ(::listen(fd.get(), backlog), 0);
    return fd;
}

Fd connected(int family, int type, std::uint16_t port)
{
    Fd fd = open_socket(family, type);
    const auto address = address_of(family, port);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
}

Fd unix_socket(int type, std::string_view sun_path)
{
    Fd fd = open_socket(AF_UNIX, type);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(sun_path, address.sun_path);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + sun_path.size());
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    return fd;
}

/// Until the other end has acknowledged: the kernel takes its time for that.
void wait_for_state(int socket, int state)
{
    tcp_info info{};
    do {
        socklen_t length = sizeof info;
        ASSERT_EQ(::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    } while (info.tcpi_state != state);
}

/// Sockets of every kind and in many states, in a network of their own.
class StatTest : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        for (const int family : {AF_INET, AF_INET6}) {
            keep(listening(family, 8080, 5));
            keep(connected(family, SOCK_STREAM, 8080));
            const int accepted =
                ::accept4(m_sockets[m_sockets.size() - 2].get(), nullptr, nullptr, SOCK_CLOEXEC);
            keep(Fd(accepted));
            EXPECT_EQ(::send(accepted, "12345", 5, 0), 5);
            EXPECT_EQ(::shutdown(accepted, SHUT_WR), 0);
            wait_for_state(accepted, TCP_FIN_WAIT2);
            keep(connected(family, SOCK_STREAM, 8080)); // waits to be accepted
            keep(bound(family, SOCK_DGRAM, 5353));
            keep(connected(family, SOCK_DGRAM, 5353));
        }
        for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
            keep(unix_socket(type, m_directory.path("s" + std::to_string(type))));
            if (type != SOCK_DGRAM) {
                EXPECT_EQ(::listen(m_sockets.back().get(), 3), 0);
            }
            keep(open_socket(AF_UNIX, type));
            std::array<int, 2> ends{};
            EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), 0);
            keep(Fd(ends[0]));
            keep(Fd(ends[1]));
        }
        keep(unix_socket(SOCK_DGRAM, std::string_view("\0abstract", 9)));
    }

    void keep(Fd fd) { m_sockets.push_back(std::move(fd)); }

    std::vector<Fd> m_sockets;
    TemporaryDirectory m_directory;
};

using Rows = std::multiset<std::vector<std::string>>;

/// The words of each line.
Rows rows_of(const std::string& text)
{
    Rows rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::vector<std::string> row;
        for (std::string word; words >> word;)
            row.push_back(word);
        rows.insert(row);
    }
    return rows;
}

TEST_F(StatTest, SameRowsAsSs)
{
    // ss leaves the column Netid out where it would always be the same, and State likewise.
    for (const std::string flags :
         {"-tuna", "-tun", "-tunl", "-tuan4", "-tuan6", "-xan", "-xn", "-xln"}) {
        const auto ours = run({"stat", flags, "-H"});
        const auto theirs = run_program({"ss", flags, "-H"});
        EXPECT_TRUE(exited(ours, 0));
        EXPECT_EQ(rows_of(ours.out), rows_of(theirs.out)) << flags << "\n" << ours << theirs;
    }
}

TEST_F(StatTest, SameListenersAsSsWithProcesses)
{
    const auto ours = run({"stat", "-tlnpH"});
    const auto theirs = run_program({"ss", "-tlnpH"});
    Rows without_netid;
    for (auto row : rows_of(ours.out)) {
        row.erase(row.begin());
        without_netid.insert(row);
    }
    EXPECT_EQ(without_netid, rows_of(theirs.out)) << ours << theirs;
}

TEST_F(StatTest, NetlinkAndProcSayTheSame)
{
    const auto facts = [](const Words& words) {
        std::multiset<std::string> sockets;
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        const auto document = parse_document(outcome.out);
        for (auto socket : document.at("sockets")) {
            const bool local = socket["family"] == "unix";
            for (const char* key : {"cookie", "peer_inode", "drops"})
                socket.erase(key);
            if (local || socket["state"] == "LISTEN")
                socket.erase("send_q");
            if (local)
                for (const char* key : {"recv_q", "uid", "accept_queue"})
                    socket.erase(key);
            if (socket.contains("accept_queue"))
                socket["accept_queue"] = socket["accept_queue"]["length"];
            if (!socket["timer"].is_null())
                socket["timer"].erase("expires_ns");
            sockets.insert(socket.dump());
        }
        return sockets;
    };
    const auto from_netlink = facts({"stat", "-tuxa", "--via", "netlink", "--json"});
    EXPECT_GT(from_netlink.size(), 20U);
    EXPECT_EQ(from_netlink, facts({"stat", "-tuxa", "--via", "proc", "--json"}));
}

TEST_F(StatTest, EveryRecordIsValidAndLinesSayWhatTheDocumentSays)
{
    for (const Words& flags :
         std::vector<Words>{{}, {"-apeimo"}, {"-tlnp"}, {"-x"}, {"-aie", "--via", "proc"}}) {
        Words words{"stat"};
        words.insert(words.end(), flags.begin(), flags.end());
        words.push_back("--json");
        const auto document = run(words);
        EXPECT_TRUE(exited(document, 0));
        EXPECT_TRUE(valid_document(document.out)) << document;
        words.back() = "--jsonl";
        const auto lines = run(words);
        EXPECT_TRUE(exited(lines, 0));
        EXPECT_TRUE(valid_lines(lines.out)) << lines;
        std::size_t sockets = 0;
        for (const auto& line : parse_lines(lines.out))
            sockets += line["type"] == "socket" ? 1 : 0;
        EXPECT_EQ(parse_document(document.out)["sockets"].size(), sockets);
    }
}

TEST_F(StatTest, DocumentOfListenersWithQueueProcessesAndTcpInfo)
{
    const auto outcome = run({"stat", "-tli", "-4p", "--json"});
    ASSERT_TRUE(exited(outcome, 0));
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["via"], "netlink");
    ASSERT_EQ(document["sockets"].size(), 1U) << outcome;
    const auto& socket = document["sockets"][0];
    EXPECT_EQ(socket["state"], "LISTEN");
    EXPECT_EQ(socket["local"],
              json::parse(R"({"family":"inet","address":"127.0.0.1","port":8080})"));
    EXPECT_EQ(socket["accept_queue"], json::parse(R"({"length":1,"limit":5,"full":false})"));
    EXPECT_EQ(socket["tcp_info"]["unacked"], 1);
    ASSERT_EQ(socket["processes"].size(), 1U) << outcome;
    EXPECT_EQ(socket["processes"][0]["pid"], ::getpid());
    EXPECT_EQ(document["summary"],
              json::parse(
                  R"({"sockets":1,"by_state":{"LISTEN":1},"by_netid":{"tcp":1},"unreadable":0})"));
}

TEST_F(StatTest, OverviewCountsEverythingAndListsThoseWhoWait)
{
    const auto text = run({"stat"});
    ASSERT_TRUE(exited(text, 0));
    EXPECT_NE(text.out.find("\ntcp     10 (2 CLOSE-WAIT, 4 ESTAB, 2 FIN-WAIT-2, 2 LISTEN)\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.out.find("127.0.0.1:http-alt"), std::string::npos) << text;
    EXPECT_NE(text.out.find(m_directory.path("s1")), std::string::npos) << text;
    EXPECT_EQ(text.out.find("ESTAB "), std::string::npos) << text;
    const auto document = parse_document(run({"stat", "--json"}).out);
    EXPECT_EQ(document["sockets"].size(), 8U);
    EXPECT_EQ(document["summary"]["by_netid"]["tcp"], 10);
}

TEST_F(StatTest, FullAcceptQueueIsMarkedAndWarnedOf)
{
    keep(listening(AF_INET, 9000, 0));
    keep(connected(AF_INET, SOCK_STREAM, 9000));
    const auto outcome = run({"stat", "-tln4"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "sockit: the accept queue of 127.0.0.1:9000 is full: 1 wait, limit 0\n");
    EXPECT_NE(outcome.out.find("127.0.0.1:9000      0.0.0.0:*          accept-queue-full"),
              std::string::npos)
        << outcome;
    const auto json_outcome = run({"stat", "-tln4", "--json"});
    EXPECT_TRUE(valid_document(json_outcome.out)) << json_outcome;
    EXPECT_EQ(parse_document(json_outcome.out)["warnings"].size(), 1U);
    EXPECT_EQ(json_outcome.err, outcome.err);
}

TEST_F(StatTest, HostileNamesStayOnTheirRow)
{
    keep(unix_socket(SOCK_STREAM, m_directory.path("\x1b[2J\nLISTEN \u202e\xff")));
    ASSERT_EQ(::listen(m_sockets.back().get(), 1), 0);
    std::array<char, 16> name{};
    ASSERT_EQ(::prctl(PR_GET_NAME, name.data()), 0);
    ASSERT_EQ(::prctl(PR_SET_NAME, "\x1b[31m\n\"\xff"), 0);
    const auto text = run({"stat", "-xlpH"});
    const auto document = run({"stat", "-xlp", "--json"});
    ASSERT_EQ(::prctl(PR_SET_NAME, name.data()), 0);
    EXPECT_TRUE(exited(text, 0));
    EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << text;
    EXPECT_NE(text.out.find(R"(\x1b[2J\nLISTEN \u{202e}\xff)"), std::string::npos) << text;
    EXPECT_NE(text.out.find(R"(users:(("\x1b[31m\n\"\xff",pid=)"), std::string::npos) << text;
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_NE(document.out.find("\"path_base64\":"), std::string::npos) << document;
    EXPECT_NE(document.out.find("\"comm_base64\":"), std::string::npos) << document;
}

TEST_F(StatTest, RowsAreNeverCutInAPipe)
{
    const auto outcome = run({"stat", "-apeimo"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out.find("…"), std::string::npos) << outcome;
}

TEST_F(StatTest, FullDiskIsALocalFailure)
{
    for (const Words& format : std::vector<Words>{{}, {"--json"}, {"--jsonl"}}) {
        Words words{"stat", "-a"};
        words.insert(words.end(), format.begin(), format.end());
        const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        Surroundings surroundings;
        surroundings.fds[STDOUT_FILENO] = full.ref();
        const auto outcome = run(words, surroundings);
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_EQ(outcome.err, "sockit: write stdout: No space left on device (ENOSPC)\n");
    }
}

TEST_F(StatTest, AReaderThatWentAwayIsNoError)
{
    Pipe pipe;
    pipe.read.close();
    Surroundings surroundings;
    surroundings.fds[STDOUT_FILENO] = pipe.write.ref();
    const auto outcome = run({"stat", "-a"}, surroundings);
    EXPECT_TRUE(died_by(outcome, SIGPIPE));
    EXPECT_EQ(outcome.err, "");
}

TEST(Stat, RowsOfProcThatAreNoneAreSkippedAndToldOnce)
{
    const ProcRoot root;
    root.write("net/tcp",
               "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
               "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000 "
               "       0 4711 1 0000000000000000 100 0 0 10 0\n"
               "   1: 0100007F:1F90 00000000:0000 EE 00000000:00000003 00:00000000 00000000  1000 "
               "       0 4712 1 0000000000000000 100 0 0 10 0\n"
               "\x1b[2J\n");
    const auto outcome = run({"stat", "-ta", "--proc-root", root.path(), "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["via"], "proc");
    EXPECT_EQ(document["sockets"].size(), 1U);
    EXPECT_EQ(document["sockets"][0]["send_q"], nullptr);
    EXPECT_EQ(document["sockets"][0]["accept_queue"],
              json::parse(R"({"length":3,"limit":null,"full":null})"));
    EXPECT_EQ(document["summary"]["unreadable"], 2);
    EXPECT_EQ(outcome.err,
              "sockit: 2 lines of " + root.path() + "/net could not be read and were skipped\n");
}

TEST(Stat, NothingToReadIsALocalFailureWithARecord)
{
    const ProcRoot root;
    const auto text = run({"stat", "-t", "--proc-root", root.path()});
    EXPECT_TRUE(exited(text, 6));
    EXPECT_EQ(text.out, "");
    EXPECT_EQ(text.err,
              "sockit: open " + root.path() + "/net/tcp: No such file or directory (ENOENT)\n");
    const auto lines = run({"stat", "-t", "--proc-root", root.path(), "--jsonl"});
    EXPECT_TRUE(exited(lines, 6));
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
    const auto document = run({"stat", "-t", "--proc-root", root.path(), "--json"});
    EXPECT_TRUE(exited(document, 6));
    EXPECT_TRUE(valid_document(document.out)) << document;
    EXPECT_EQ(parse_document(document.out)["error"]["code"], "ENOENT");
}

TEST(Stat, UsageErrorsLeaveStdoutEmpty)
{
    for (const Words& words : std::vector<Words>{{"stat", "--json", "dst", ":no-such"},
                                                 {"stat", "--json", "--via", "ebpf"},
                                                 {"stat", "--json", "--netns", "no-such-namespace"},
                                                 {"stat", "--jsonl", "-tZ"}}) {
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "") << outcome;
        EXPECT_TRUE(outcome.err.starts_with("sockit: ")) << outcome;
    }
}

TEST(Stat, AnOrdinaryUserIsToldWhatIsNotKnown)
{
    fresh_network();
    const Fd server = listening(AF_INET, 8080, 1);
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can become somebody else";
    const auto outcome = run_program({"setpriv", "--reuid", "65534", "--clear-groups",
                                      sockit_binary(), "stat", "-tlp", "--json"});
    if (outcome.status == 127 || outcome.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << "no other user here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["sockets"][0]["processes"], nullptr);
    EXPECT_EQ(document["sockets"][0]["processes_incomplete"], "permission");
}

} // namespace
} // namespace sockit::test::THIS_FILE
