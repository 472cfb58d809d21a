#include "diag/socket_totals.h"
#include "support/proc_root.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

TEST(SocketTotals, FromTheKernelsOwnCounts)
{
    const ProcRoot root;
    root.write("net/sockstat", "sockets: used 155\n"
                               "TCP: inuse 5 orphan 1 tw 2 alloc 9 mem 3\n"
                               "UDP: inuse 4 mem 1\nUDPLITE: inuse 0\nRAW: inuse 6\n"
                               "FRAG: inuse 7 memory 0\n");
    root.write("net/sockstat6", "TCP6: inuse 8\nUDP6: inuse 1\nUDPLITE6: inuse 0\n"
                                "RAW6: inuse 2\nFRAG6: inuse 0 memory 0\n");
    root.write("net/snmp", "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
                           "Tcp: RtoAlgorithm MaxConn CurrEstab\nTcp: 1 -1 3\n");
    const auto page = static_cast<std::uint64_t>(::getpagesize());
    EXPECT_EQ(read_socket_totals(root.path()), (SocketTotals{.sockets = 155,
                                                             .tcp = {5, 8},
                                                             .udp = {4, 1},
                                                             .udplite = {0, 0},
                                                             .raw = {6, 2},
                                                             .fragments = {7, 0},
                                                             .tcp_established = 3,
                                                             .tcp_orphaned = 1,
                                                             .tcp_time_wait = 2,
                                                             .tcp_allocated = 9,
                                                             .tcp_memory = 3 * page,
                                                             .udp_memory = page}));
}

TEST(SocketTotals, WhatIsNotThereIsNotKnown)
{
    const ProcRoot root;
    root.write("net/sockstat", "sockets: used x\nTCP: inuse 5 orphan\n\x1b\n");
    EXPECT_EQ(read_socket_totals(root.path()), (SocketTotals{.tcp = {5, std::nullopt}}));
}

TEST(SocketTotals, WithoutTheFileAnErrorThatNamesIt)
{
    const ProcRoot root;
    const auto totals = read_socket_totals(root.path());
    ASSERT_FALSE(totals);
    EXPECT_EQ(totals.error().subject, root.path("net/sockstat"));
    EXPECT_EQ(code_name(totals.error()), "ENOENT");
}

} // namespace
} // namespace sockit::test::THIS_FILE
