#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/socket_info.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sockit {

/// What the number in a tcp_info row counts; times become nanoseconds.
enum class TcpInfoUnit : std::uint8_t { Plain, Microseconds, Milliseconds };

/// One member of struct tcp_info (include/uapi/linux/tcp.h).
struct TcpInfoRow {
    std::string_view name; ///< without `tcpi_`; times end in `_ns`
    std::uint16_t offset;
    std::uint8_t size; ///< bytes
    TcpInfoUnit unit = TcpInfoUnit::Plain;
    std::uint8_t shift = 0;    ///< bit-fields: position in the byte as little-endian ABIs lay it
    std::uint8_t width = 0;    ///< bit-fields: number of bits; 0 for whole members
    bool of_listeners = false; ///< filled for listening sockets too
    std::optional<std::uint64_t> unknown{}; ///< the raw value for: not measured, or no limit
};

/// The rows in the kernel's order. The layout is our own, since headers say nothing about the
/// running kernel, which only ever appends members.
std::span<const TcpInfoRow> tcp_info_rows();

/// Appends as many members of another such structure as `bytes` holds whole; `rows` by offset.
void decode_rows(std::span<const TcpInfoRow> rows, std::span<const std::byte> bytes,
                 std::vector<TcpInfoField>& fields);

/// Fills `fields` with as many members as `bytes` (what the kernel returned) holds whole. A value
/// the kernel does not know, and a rate without a limit, is nullopt; of a listener only what the
/// kernel fills is there (unacked and sacked are then the accept queue and its limit).
void decode_tcp_info(std::span<const std::byte> bytes, std::vector<TcpInfoField>& fields);
std::vector<TcpInfoField> decode_tcp_info(std::span<const std::byte> bytes);

/// The members that reports on one connection need.
struct TcpInfoSummary {
    SocketState state = SocketState::Unknown;
    std::optional<std::int64_t> rtt_ns; ///< smoothed; nullopt without a sample
    std::optional<std::int64_t> rttvar_ns;
    std::uint32_t retransmits = 0; ///< timeouts in a row for what is unanswered now (SYN too)
    std::uint32_t total_retrans = 0;
    std::uint32_t unacked = 0;                ///< segments sent and not acknowledged
    std::optional<std::uint64_t> bytes_acked; ///< Linux 4.1; counts an acknowledged SYN as one
    std::optional<std::uint32_t> notsent_bytes;

    bool operator==(const TcpInfoSummary&) const = default;
};

/// getsockopt(TCP_INFO) of any TCP socket.
Result<TcpInfoSummary> read_tcp_info(FdRef socket);

} // namespace sockit
