#include "sock/sockopt_struct.h"

#include "base/parse.h"

#include <array>
#include <cstring>
#include <limits>

namespace sockit {

namespace {

constexpr StructMember u8(std::string_view name, std::uint16_t offset) { return {name, offset, 1}; }
constexpr StructMember u32(std::string_view name, std::uint16_t offset)
{
    return {name, offset, 4};
}
constexpr StructMember u64(std::string_view name, std::uint16_t offset)
{
    return {name, offset, 8};
}
constexpr StructMember s32(std::string_view name, std::uint16_t offset)
{
    return {.name = name, .offset = offset, .size = 4, .is_signed = true};
}
/// A user or group id; -1 is nobody.
constexpr StructMember id(std::string_view name, std::uint16_t offset)
{
    return {.name = name, .offset = offset, .size = 4, .all_ones_unknown = true};
}

constexpr std::array ucred{
    StructMember{.name = "pid", .offset = 0, .size = 4, .is_signed = true, .zero_unknown = true},
    id("uid", 4),
    id("gid", 8),
};
// SK_MEMINFO_*, by the names that ss prints in skmem:(…).
constexpr std::array meminfo{
    u32("r", 0),  u32("rb", 4), u32("t", 8),   u32("tb", 12), u32("f", 16),
    u32("w", 20), u32("o", 24), u32("bl", 28), u32("d", 32),
};
constexpr std::array txtime{s32("clockid", 0), u32("flags", 4)};
constexpr std::array timestamping{u32("flags", 0), s32("bind_phc", 4)};
constexpr std::array bbr{
    u32("bw_lo", 0),        u32("bw_hi", 4),      u32("min_rtt", 8),
    u32("pacing_gain", 12), u32("cwnd_gain", 16),
};
constexpr std::array repair_window{
    u32("snd_wl1", 0),  u32("snd_wnd", 4),  u32("max_window", 8),
    u32("rcv_wnd", 12), u32("rcv_wup", 16),
};
constexpr std::array mptcp_info{
    u8("subflows", 0),
    u8("add_addr_signal", 1),
    u8("add_addr_accepted", 2),
    u8("subflows_max", 3),
    u8("add_addr_signal_max", 4),
    u8("add_addr_accepted_max", 5),
    u32("flags", 8),
    u32("token", 12),
    u64("write_seq", 16),
    u64("snd_una", 24),
    u64("rcv_nxt", 32),
    u8("local_addr_used", 40),
    u8("local_addr_max", 41),
    u8("csum_enabled", 42),
    u32("retransmits", 44),
    u64("bytes_retrans", 48),
    u64("bytes_sent", 56),
    u64("bytes_received", 64),
    u64("bytes_acked", 72),
    u8("subflows_total", 80),
    u32("last_data_sent", 84),
    u32("last_data_recv", 88),
    u32("last_ack_recv", 92),
};
constexpr std::array ring_request{
    u32("block_size", 0),
    u32("block_nr", 4),
    u32("frame_size", 8),
    u32("frame_nr", 12),
};
constexpr std::array packet_statistics{u32("packets", 0), u32("drops", 4)};
constexpr std::array rollover_statistics{u64("all", 0), u64("huge", 8), u64("failed", 16)};
constexpr std::array xdp_offsets{
    u64("rx_producer", 0),  u64("rx_consumer", 8),   u64("rx_desc", 16),  u64("rx_flags", 24),
    u64("tx_producer", 32), u64("tx_consumer", 40),  u64("tx_desc", 48),  u64("tx_flags", 56),
    u64("fr_producer", 64), u64("fr_consumer", 72),  u64("fr_desc", 80),  u64("fr_flags", 88),
    u64("cr_producer", 96), u64("cr_consumer", 104), u64("cr_desc", 112), u64("cr_flags", 120),
};
constexpr std::array xdp_umem{
    u64("addr", 0),      u64("len", 8),    u32("chunk_size", 16),
    u32("headroom", 20), u32("flags", 24), u32("tx_metadata_len", 28),
};
constexpr std::array xdp_statistics{
    u64("rx_dropped", 0),    u64("rx_invalid_descs", 8),          u64("tx_invalid_descs", 16),
    u64("rx_ring_full", 24), u64("rx_fill_ring_empty_descs", 32), u64("tx_ring_empty_descs", 40),
};

/// `size` bytes in machine order, zero-extended.
std::uint64_t load(std::string_view bytes, std::size_t size)
{
    const auto as = [&]<class T>(T value) {
        std::memcpy(&value, bytes.data(), sizeof value);
        return std::uint64_t{value};
    };
    switch (size) {
    case 1: return as(std::uint8_t{});
    case 2: return as(std::uint16_t{});
    case 4: return as(std::uint32_t{});
    default: return as(std::uint64_t{});
    }
}

void store(char* to, std::size_t size, std::uint64_t value)
{
    const auto as = [&]<class T>(T narrow) { std::memcpy(to, &narrow, sizeof narrow); };
    switch (size) {
    case 1: as(static_cast<std::uint8_t>(value)); break;
    case 2: as(static_cast<std::uint16_t>(value)); break;
    case 4: as(static_cast<std::uint32_t>(value)); break;
    default: as(value); break;
    }
}

SockoptValue value_of(const StructMember& member, std::string_view bytes)
{
    const auto value = load(bytes, member.size);
    const auto all_ones = std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * member.size);
    if ((member.zero_unknown && value == 0) || (member.all_ones_unknown && value == all_ones))
        return {};
    if (member.is_signed)
        return {std::int64_t{static_cast<std::int32_t>(value)}};
    return {value};
}

} // namespace

std::span<const StructMember> struct_members(SockoptCodec codec)
{
    switch (codec) {
    case SockoptCodec::Ucred: return ucred;
    case SockoptCodec::Meminfo: return meminfo;
    case SockoptCodec::Txtime: return txtime;
    case SockoptCodec::Timestamping: return timestamping;
    case SockoptCodec::CongestionInfo: return bbr;
    case SockoptCodec::RepairWindow: return repair_window;
    case SockoptCodec::MptcpInfo: return mptcp_info;
    case SockoptCodec::RingRequest: return ring_request;
    case SockoptCodec::PacketStatistics: return packet_statistics;
    case SockoptCodec::RolloverStatistics: return rollover_statistics;
    case SockoptCodec::XdpOffsets: return xdp_offsets;
    case SockoptCodec::XdpUmem: return xdp_umem;
    case SockoptCodec::XdpStatistics: return xdp_statistics;
    default: return {};
    }
}

SockoptValue::Fields decode_struct(std::span<const StructMember> members, std::string_view bytes)
{
    SockoptValue::Fields fields;
    for (const auto& member : members)
        if (member.offset + std::size_t{member.size} <= bytes.size())
            fields.push_back({member.name, value_of(member, bytes.substr(member.offset))});
    return fields;
}

Result<std::string> encode_struct(std::span<const StructMember> members, std::string_view text,
                                  std::string_view what)
{
    const auto& last = members.back();
    std::string bytes(last.offset + std::size_t{last.size}, '\0');
    auto rest = text;
    for (const auto& member : members) {
        const auto comma = rest.find(',');
        auto word = rest.substr(0, comma);
        const bool negative = member.is_signed && word.starts_with('-');
        if (negative)
            word.remove_prefix(1);
        const auto bits = 8U * member.size - (member.is_signed ? 1U : 0U);
        const auto most = std::numeric_limits<std::uint64_t>::max() >> (64 - bits);
        const auto number = parse_number(word, what, 0, most);
        if (!number)
            return bad_value(what, text,
                             "expected numbers separated by commas; " + std::string(member.name) +
                                 " is 0 to " + std::to_string(most));
        store(bytes.data() + member.offset, member.size, negative ? 0 - *number : *number);
        if (comma == std::string_view::npos)
            return bytes;
        rest.remove_prefix(comma + 1);
    }
    return bad_value(what, text, "at most " + std::to_string(members.size()) + " numbers");
}

} // namespace sockit
