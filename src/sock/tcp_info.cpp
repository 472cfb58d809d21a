#include "sock/tcp_info.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sockit {

namespace {

using enum TcpInfoUnit;

constexpr TcpInfoRow bits(std::string_view name, std::uint16_t offset, std::uint8_t shift,
                          std::uint8_t width)
{
    return {.name = name, .offset = offset, .size = 1, .shift = shift, .width = width};
}

constexpr TcpInfoRow of_listeners(std::string_view name, std::uint16_t offset, std::uint8_t size)
{
    return {.name = name, .offset = offset, .size = size, .of_listeners = true};
}

/// Bytes per second; all ones where there is no limit.
constexpr TcpInfoRow rate(std::string_view name, std::uint16_t offset)
{
    TcpInfoRow row = of_listeners(name, offset, 8);
    row.unknown = ~std::uint64_t{0};
    return row;
}

/// A time that may not have been measured yet.
constexpr TcpInfoRow measured(std::string_view name, std::uint16_t offset, TcpInfoUnit unit,
                              std::uint32_t unknown)
{
    return {.name = name, .offset = offset, .size = 4, .unit = unit, .unknown = unknown};
}

// The last four bytes (276 to 279) have no row: Linux 6.18 has accecn_fail_mode and accecn_opt_seen
// there as 16 bits each, later kernels four bit-fields, and the length is the same.
constexpr std::array rows{
    of_listeners("state", 0, 1),
    TcpInfoRow{"ca_state", 1, 1},
    TcpInfoRow{"retransmits", 2, 1},
    TcpInfoRow{"probes", 3, 1},
    TcpInfoRow{"backoff", 4, 1},
    TcpInfoRow{"options", 5, 1},
    bits("snd_wscale", 6, 0, 4),
    bits("rcv_wscale", 6, 4, 4),
    bits("delivery_rate_app_limited", 7, 0, 1),
    bits("fastopen_client_fail", 7, 1, 2),
    TcpInfoRow{"rto_ns", 8, 4, Microseconds},
    TcpInfoRow{"ato_ns", 12, 4, Microseconds},
    TcpInfoRow{"snd_mss", 16, 4},
    TcpInfoRow{"rcv_mss", 20, 4},
    of_listeners("unacked", 24, 4),
    of_listeners("sacked", 28, 4),
    TcpInfoRow{"lost", 32, 4},
    TcpInfoRow{"retrans", 36, 4},
    TcpInfoRow{"fackets", 40, 4},
    TcpInfoRow{"last_data_sent_ns", 44, 4, Milliseconds},
    // The kernel has never filled this one.
    measured("last_ack_sent_ns", 48, Milliseconds, 0),
    TcpInfoRow{"last_data_recv_ns", 52, 4, Milliseconds},
    TcpInfoRow{"last_ack_recv_ns", 56, 4, Milliseconds},
    TcpInfoRow{"pmtu", 60, 4},
    TcpInfoRow{"rcv_ssthresh", 64, 4},
    measured("rtt_ns", 68, Microseconds, 0),
    TcpInfoRow{"rttvar_ns", 72, 4, Microseconds},
    TcpInfoRow{"snd_ssthresh", 76, 4},
    of_listeners("snd_cwnd", 80, 4),
    TcpInfoRow{"advmss", 84, 4},
    of_listeners("reordering", 88, 4),
    measured("rcv_rtt_ns", 92, Microseconds, 0),
    TcpInfoRow{"rcv_space", 96, 4},
    TcpInfoRow{"total_retrans", 100, 4},
    rate("pacing_rate", 104),
    rate("max_pacing_rate", 112),
    TcpInfoRow{"bytes_acked", 120, 8},
    TcpInfoRow{"bytes_received", 128, 8},
    TcpInfoRow{"segs_out", 136, 4},
    TcpInfoRow{"segs_in", 140, 4},
    TcpInfoRow{"notsent_bytes", 144, 4},
    measured("min_rtt_ns", 148, Microseconds, ~0U),
    TcpInfoRow{"data_segs_in", 152, 4},
    TcpInfoRow{"data_segs_out", 156, 4},
    TcpInfoRow{"delivery_rate", 160, 8},
    TcpInfoRow{"busy_time_ns", 168, 8, Microseconds},
    TcpInfoRow{"rwnd_limited_ns", 176, 8, Microseconds},
    TcpInfoRow{"sndbuf_limited_ns", 184, 8, Microseconds},
    TcpInfoRow{"delivered", 192, 4},
    TcpInfoRow{"delivered_ce", 196, 4},
    TcpInfoRow{"bytes_sent", 200, 8},
    TcpInfoRow{"bytes_retrans", 208, 8},
    TcpInfoRow{"dsack_dups", 216, 4},
    TcpInfoRow{"reord_seen", 220, 4},
    TcpInfoRow{"rcv_ooopack", 224, 4},
    TcpInfoRow{"snd_wnd", 228, 4},
    TcpInfoRow{"rcv_wnd", 232, 4},
    TcpInfoRow{"rehash", 236, 4},
    TcpInfoRow{"total_rto", 240, 2},
    TcpInfoRow{"total_rto_recoveries", 242, 2},
    TcpInfoRow{"total_rto_time_ns", 244, 4, Milliseconds},
    TcpInfoRow{"received_ce", 248, 4},
    TcpInfoRow{"delivered_e1_bytes", 252, 4},
    TcpInfoRow{"delivered_e0_bytes", 256, 4},
    TcpInfoRow{"delivered_ce_bytes", 260, 4},
    TcpInfoRow{"received_e1_bytes", 264, 4},
    TcpInfoRow{"received_e0_bytes", 268, 4},
    TcpInfoRow{"received_ce_bytes", 272, 4},
};

template <class T>
std::uint64_t load(const std::byte* from)
{
    T value{};
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint64_t raw_value(const TcpInfoRow& row, const std::byte* from)
{
    switch (row.size) {
    case 1: {
        const auto byte = load<std::uint8_t>(from);
        if (row.width == 0)
            return byte;
        const int shift =
            std::endian::native == std::endian::little ? row.shift : 8 - row.shift - row.width;
        return (byte >> shift) & ((1U << row.width) - 1U);
    }
    case 2: return load<std::uint16_t>(from);
    case 4: return load<std::uint32_t>(from);
    default: return load<std::uint64_t>(from);
    }
}

constexpr std::uint64_t nanoseconds_per(TcpInfoUnit unit)
{
    switch (unit) {
    case Plain: break;
    case Microseconds: return 1'000;
    case Milliseconds: return 1'000'000;
    }
    return 1;
}

std::optional<std::int64_t> nanoseconds(std::uint32_t microseconds)
{
    if (microseconds == 0)
        return std::nullopt;
    return std::int64_t{microseconds} * 1'000;
}

/// The row of that name; a name without one does not compile.
consteval const TcpInfoRow& row_named(std::string_view name)
{
    std::size_t i = 0;
    while (rows[i].name != name)
        ++i;
    return rows[i];
}

} // namespace

std::span<const TcpInfoRow> tcp_info_rows() { return rows; }

void decode_tcp_info(std::span<const std::byte> bytes, std::vector<TcpInfoField>& fields)
{
    const bool listening =
        !bytes.empty() && static_cast<SocketState>(bytes.front()) == SocketState::Listen;
    fields.resize(rows.size());
    auto field = fields.begin();
    for (const auto& row : rows) {
        if (std::size_t{row.offset} + row.size > bytes.size())
            break;
        if (listening && !row.of_listeners)
            continue;
        const auto raw = raw_value(row, bytes.data() + row.offset);
        field->name = row.name;
        if (raw == row.unknown)
            field->value.reset();
        else
            field->value = raw * nanoseconds_per(row.unit);
        ++field;
    }
    fields.erase(field, fields.end());
}

std::vector<TcpInfoField> decode_tcp_info(std::span<const std::byte> bytes)
{
    std::vector<TcpInfoField> fields;
    fields.reserve(rows.size());
    decode_tcp_info(bytes, fields);
    return fields;
}

Result<TcpInfoSummary> read_tcp_info(FdRef socket)
{
    std::array<std::byte, rows.back().offset + rows.back().size> buffer{};
    socklen_t length = buffer.size();
    if (::getsockopt(socket.value, IPPROTO_TCP, TCP_INFO, buffer.data(), &length) != 0)
        return Failure(Error::from_errno(Phase::None, "getsockopt", "TCP_INFO", errno));

    const auto value = [&](const TcpInfoRow& row) -> std::optional<std::uint64_t> {
        if (std::size_t{row.offset} + row.size > length)
            return std::nullopt;
        return raw_value(row, buffer.data() + row.offset);
    };
    const auto count = [&](const TcpInfoRow& row) {
        return static_cast<std::uint32_t>(value(row).value_or(0));
    };
    TcpInfoSummary summary;
    summary.state = static_cast<SocketState>(count(row_named("state")));
    summary.rtt_ns = nanoseconds(count(row_named("rtt_ns")));
    if (summary.rtt_ns)
        summary.rttvar_ns = nanoseconds(count(row_named("rttvar_ns")));
    summary.retransmits = count(row_named("retransmits"));
    summary.total_retrans = count(row_named("total_retrans"));
    summary.unacked = count(row_named("unacked"));
    summary.bytes_acked = value(row_named("bytes_acked"));
    if (const auto unsent = value(row_named("notsent_bytes")))
        summary.notsent_bytes = static_cast<std::uint32_t>(*unsent);
    return summary;
}

} // namespace sockit
