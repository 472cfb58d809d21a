#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

/// Sockets of the kinds that are neither TCP, UDP nor unix, in a network of their own.
class StatKindsTest : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        keep(AF_INET, SOCK_RAW, IPPROTO_ICMP);
        keep(AF_INET, SOCK_RAW, 200);
        const int connected = keep(AF_INET, SOCK_RAW, IPPROTO_ICMP);
        sockaddr_in loopback{};
        loopback.sin_family = AF_INET;
        loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(
            ::connect(connected, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback), 0);
        keep(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
        packet(SOCK_DGRAM, ETH_P_IP, "lo");
        packet(SOCK_RAW, ETH_P_LLDP, "lo");
        packet(SOCK_RAW, 0x1234, nullptr);
        keep(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
        const int listener = keep(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
        loopback.sin_port = htons(7777);
        const auto* address = reinterpret_cast<const sockaddr*>(&loopback);
        EXPECT_EQ(::bind(listener, address, sizeof loopback), 0);
        EXPECT_EQ(::listen(listener, 5), 0);
        EXPECT_EQ(::connect(keep(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), address, sizeof loopback),
                  0);
    }

    int keep(int family, int type, int protocol)
    {
        m_sockets.emplace_back(::socket(family, type | SOCK_CLOEXEC, protocol));
        EXPECT_TRUE(m_sockets.back().valid());
        return m_sockets.back().get();
    }

    void packet(int type, std::uint16_t protocol, const char* interface)
    {
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(protocol);
        if (interface != nullptr)
            address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
        EXPECT_EQ(::bind(keep(AF_PACKET, type, 0), reinterpret_cast<const sockaddr*>(&address),
                         sizeof address),
                  0);
    }

    std::vector<Fd> m_sockets;
};

using Rows = std::set<std::string>;

/// State, queues and ends of each row; what differs between two programs that look is left out.
Rows socket_rows(const std::string& text, bool with_netid)
{
    Rows rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string netid;
        if (with_netid)
            words >> netid;
        std::array<std::string, 5> columns;
        for (auto& column : columns)
            words >> column;
        // The socket that asks, its answer, and the wildcard of raw6 when read from /proc, which
        // does not tell whether it takes IPv4 too.
        if (columns[3].starts_with("tcpdiag:"))
            continue;
        std::string row;
        for (auto& column : columns) {
            if (column.starts_with("[::]:"))
                column.replace(0, 4, "*");
            row += column + " ";
        }
        rows.insert(row);
    }
    return rows;
}

TEST_F(StatKindsTest, SameRowsAsSs)
{
    struct Case {
        Words words;
        bool netid; ///< whether ss has that column, which it leaves out where it is always the same
    };
    for (const auto& [words, netid] : std::vector<Case>{{{"-aw"}, false},
                                                        {{"-a0"}, true},
                                                        {{"-0a", "-A", "packet_dgram"}, false},
                                                        {{"-aM"}, false},
                                                        {{"-Mln"}, false},
                                                        {{"-af", "netlink"}, false}}) {
        Words ours{"stat", "-H"};
        ours.insert(ours.end(), words.begin(), words.end());
        Words theirs{"ss", "-H"};
        theirs.insert(theirs.end(), words.begin(), words.end());
        const auto here = run(ours);
        const auto there = run_program(theirs);
        EXPECT_TRUE(exited(here, 0));
        auto rows = socket_rows(here.out, true);
        EXPECT_FALSE(rows.empty()) << here;
        EXPECT_EQ(rows, socket_rows(there.out, netid)) << words[0] << "\n" << here << there;
    }
}

TEST_F(StatKindsTest, NetlinkAndProcListTheSame)
{
    for (const Words& words : std::vector<Words>{{"-a0"}, {"-af", "netlink"}}) {
        std::array<std::set<std::string>, 2> sockets;
        for (const bool proc : {false, true}) {
            Words all{"stat", "--json", "--via", proc ? "proc" : "netlink"};
            all.insert(all.end(), words.begin(), words.end());
            const auto outcome = run(all);
            EXPECT_TRUE(valid_document(outcome.out)) << outcome;
            const auto document = parse_document(outcome.out);
            EXPECT_EQ(document["via"], proc ? "proc" : "netlink");
            for (auto socket : document["sockets"]) {
                socket.erase("cookie");
                socket.erase("send_q"); // not there for packet sockets
                socket.erase("drops");
                if (socket["local"]["protocol"] != "tcpdiag")
                    sockets[proc ? 1 : 0].insert(socket.dump());
            }
        }
        EXPECT_GT(sockets[0].size(), 2U);
        EXPECT_EQ(sockets[0], sockets[1]);
    }
}

TEST_F(StatKindsTest, WithoutAKindAllOfThemAreListedAndEveryRecordIsValid)
{
    for (const Words& flags : std::vector<Words>{{"-a"},
                                                 {"-apeimo", "--tos", "--inet-sockopt", "--cgroup"},
                                                 {"-a", "--via", "proc", "-e"}}) {
        Words words{"stat", "--json"};
        words.insert(words.end(), flags.begin(), flags.end());
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_TRUE(valid_document(outcome.out)) << outcome;
        EXPECT_EQ(outcome.err, "");
        const auto counts = parse_document(outcome.out)["summary"]["by_netid"];
        for (const char* netid : {"nl", "p_raw", "p_dgr", "raw", "tcp"})
            EXPECT_TRUE(counts.contains(netid)) << netid << "\n" << outcome;
    }
}

TEST_F(StatKindsTest, AKindThatTheKernelCannotListIsExitSevenAlone)
{
    // /proc never lists MPTCP.
    const auto alone = run({"stat", "-Ma", "--via", "proc"});
    EXPECT_TRUE(exited(alone, 7));
    EXPECT_EQ(alone.out, "");
    EXPECT_TRUE(alone.err.starts_with("sockit: ")) << alone;
    const auto mixed = run({"stat", "-Mwa", "--via", "proc"});
    EXPECT_TRUE(exited(mixed, 0));
    EXPECT_EQ(mixed.err, "");
}

TEST_F(StatKindsTest, OwnersOfEveryKind)
{
    const auto outcome = run({"stat", "-0wMap", "--json"});
    ASSERT_TRUE(exited(outcome, 0));
    for (const auto& socket : parse_document(outcome.out)["sockets"])
        if (!socket["inode"].is_null()) {
            ASSERT_EQ(socket["processes"].size(), 1U) << socket;
            EXPECT_EQ(socket["processes"][0]["pid"], ::getpid());
        }
}

} // namespace
} // namespace sockit::test::THIS_FILE
