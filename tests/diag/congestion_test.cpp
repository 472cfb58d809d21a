#include "diag/congestion.h"

#include <gtest/gtest.h>

#include <linux/inet_diag.h>

namespace sockit::test::THIS_FILE {
namespace {

template <class T>
std::span<const std::byte> bytes_of(const T& object)
{
    return std::as_bytes(std::span(&object, 1));
}

TEST(Congestion, BbrJoinsTheHalvesOfItsBandwidth)
{
    const tcp_bbr_info state{.bbr_bw_lo = 5,
                             .bbr_bw_hi = 1,
                             .bbr_min_rtt = 30,
                             .bbr_pacing_gain = 739,
                             .bbr_cwnd_gain = 512};
    SocketInfo info;
    decode_bbr(bytes_of(state), info);
    EXPECT_EQ(info.congestion_block, "bbr");
    EXPECT_EQ(info.congestion_info, (std::vector<TcpInfoField>{{"bw", 0x1'0000'0005U},
                                                               {"min_rtt_ns", 30'000U},
                                                               {"pacing_gain", 739U},
                                                               {"cwnd_gain", 512U}}));
}

TEST(Congestion, VegasAndDctcp)
{
    SocketInfo info;
    decode_vegas(bytes_of(tcpvegas_info{
                     .tcpv_enabled = 1, .tcpv_rttcnt = 2, .tcpv_rtt = 3, .tcpv_minrtt = 4}),
                 info);
    EXPECT_EQ(info.congestion_block, "vegas");
    EXPECT_EQ(info.congestion_info.back(), (TcpInfoField{"minrtt_ns", 4'000U}));
    decode_dctcp(bytes_of(tcp_dctcp_info{.dctcp_enabled = 1, .dctcp_ab_tot = 9}), info);
    EXPECT_EQ(info.congestion_block, "dctcp");
    EXPECT_EQ(info.congestion_info.back(), (TcpInfoField{"ab_tot", 9U}));
}

TEST(Congestion, TooFewBytesAreNone)
{
    const tcp_bbr_info state{};
    SocketInfo info;
    decode_bbr(bytes_of(state).first(sizeof state - 1), info);
    decode_vegas({}, info);
    decode_dctcp({}, info);
    EXPECT_EQ(info.congestion_block, "");
    EXPECT_TRUE(info.congestion_info.empty());
}

} // namespace
} // namespace sockit::test::THIS_FILE
