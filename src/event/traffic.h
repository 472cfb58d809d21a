#pragma once

#include "base/deadline.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sockit {

/// Which end of a connection.
enum class Side : std::uint8_t { Local, Peer };

/// How the bytes of one direction were moved.
enum class DataPath : std::uint8_t {
    Copy,     ///< through a buffer of ours
    Splice,   ///< splice(2) between a pipe and the socket
    Sendfile, ///< sendfile(2) from a file
};

/// The first bytes of what a connection received.
struct KeptPayload {
    std::string bytes;
    bool truncated = false; ///< there was more

    bool operator==(const KeptPayload&) const = default;
};

/// How many went over one connection, or between us and one peer.
struct Datagrams {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;

    bool operator==(const Datagrams&) const = default;
};

/// What went over one connection. Unknown is nullopt: a child that has the socket to itself does
/// not tell us.
struct Traffic {
    std::optional<std::uint64_t> bytes_sent;
    std::optional<std::uint64_t> bytes_received;
    std::optional<std::uint64_t> bytes_unacked; ///< of those sent
    std::optional<Side> closed_first;           ///< whose FIN or reset came first
    bool fin_sent = false;
    bool stdin_eof = false;
    std::optional<DataPath> send_path; ///< nullopt: not moved by us
    std::optional<DataPath> receive_path;
    std::optional<Datagrams> datagrams = std::nullopt; ///< where there are any: not of streams

    bool operator==(const Traffic&) const = default;
};

/// Of a connection whose bytes we move, before the first.
inline Traffic no_traffic()
{
    Traffic traffic;
    traffic.bytes_sent = traffic.bytes_received = traffic.bytes_unacked = 0;
    return traffic;
}

/// Bytes that a connection received, where they are told as they come; of datagrams each one, even
/// if it is empty.
struct PayloadReceived {
    std::optional<std::uint64_t> connection; ///< its id, where there are several
    std::string bytes;

    bool operator==(const PayloadReceived&) const = default;
};

/// How far a transfer is, for somebody who waits for it.
struct TransferProgress {
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    Duration elapsed = {};

    bool operator==(const TransferProgress&) const = default;
};

} // namespace sockit
