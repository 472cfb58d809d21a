#include "diag/congestion.h"

#include "diag/netlink_message.h"

#include <linux/inet_diag.h>

namespace sockit {

namespace {

constexpr std::uint64_t nanoseconds_per_microsecond = 1000;

} // namespace

void decode_vegas(std::span<const std::byte> payload, SocketInfo& info)
{
    const auto state = read_object<tcpvegas_info>(payload);
    if (!state)
        return;
    info.congestion_block = "vegas";
    info.congestion_info = {{"enabled", state->tcpv_enabled},
                            {"rttcnt", state->tcpv_rttcnt},
                            {"rtt_ns", state->tcpv_rtt * nanoseconds_per_microsecond},
                            {"minrtt_ns", state->tcpv_minrtt * nanoseconds_per_microsecond}};
}

void decode_dctcp(std::span<const std::byte> payload, SocketInfo& info)
{
    const auto state = read_object<tcp_dctcp_info>(payload);
    if (!state)
        return;
    info.congestion_block = "dctcp";
    info.congestion_info = {{"enabled", state->dctcp_enabled},
                            {"ce_state", state->dctcp_ce_state},
                            {"alpha", state->dctcp_alpha},
                            {"ab_ecn", state->dctcp_ab_ecn},
                            {"ab_tot", state->dctcp_ab_tot}};
}

void decode_bbr(std::span<const std::byte> payload, SocketInfo& info)
{
    const auto state = read_object<tcp_bbr_info>(payload);
    if (!state)
        return;
    info.congestion_block = "bbr";
    info.congestion_info = {{"bw", std::uint64_t{state->bbr_bw_hi} << 32U | state->bbr_bw_lo},
                            {"min_rtt_ns", state->bbr_min_rtt * nanoseconds_per_microsecond},
                            {"pacing_gain", state->bbr_pacing_gain},
                            {"cwnd_gain", state->bbr_cwnd_gain}};
}

} // namespace sockit
