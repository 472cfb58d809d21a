#pragma once

#include "base/histogram.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What can be wrong with the echo of a message.
enum class EchoFlaw : std::uint8_t {
    Corrupt,   ///< bytes differ, or bytes came that nobody asked for
    Lost,      ///< nothing came before the limit or the end
    Duplicate, ///< it came twice
    Reorder,   ///< it came after one that was sent later
    Truncated, ///< half of it came, then the end
};

/// One flaw, with the bytes at hand.
struct EchoDetail {
    static constexpr std::size_t most_bytes = 16; ///< of `expected` and of `actual`

    EchoFlaw flaw = EchoFlaw::Corrupt;
    std::uint32_t connection = 0; ///< counts from 1
    std::uint64_t sequence = 0;   ///< of the message on its connection, from 0
    std::uint64_t offset = 0;     ///< within the message
    std::string expected;         ///< raw bytes from `offset` on, the first ones
    std::string actual;           ///< what came instead, as long as it differs
    /// What came instead is the echo of that message, of another connection.
    struct Other {
        std::uint32_t connection = 0;
        std::uint64_t sequence = 0;

        bool operator==(const Other&) const = default;
    };
    std::optional<Other> other = std::nullopt;

    bool operator==(const EchoDetail&) const = default;
};

/// What verification found.
struct EchoFlaws {
    static constexpr std::size_t most_details = 100;

    std::uint64_t corrupt = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t truncated = 0;
    std::vector<EchoDetail> details; ///< the first ones

    void add(EchoDetail detail);
    /// Those of another thread, whose details come after ours.
    void add(const EchoFlaws& others);
    [[nodiscard]] std::uint64_t total() const
    {
        return corrupt + lost + duplicated + reordered + truncated;
    }

    bool operator==(const EchoFlaws&) const = default;
};

/// What the echo client was asked for.
struct EchoSettings {
    bool lines = false; ///< lines of stdin; else messages of our own making
    std::uint64_t connections = 1;
    std::optional<std::uint64_t> count; ///< messages in all
    std::optional<Duration> duration;
    std::string sizes; ///< as the user writes them: "64", "1k-16k", "64,16k"
    std::uint64_t seed = 0;
    bool verify = true;
    Duration timeout{};
    Duration warmup{};
    std::uint64_t threads = 1;
    std::optional<std::uint64_t> rate; ///< messages a second, all connections together: open loop
    std::uint64_t pipeline = 1;        ///< messages under way on a connection, at most
    bool reconnect = false;            ///< a connection for each message
    std::optional<std::uint64_t> connect_rate; ///< connections a second

    bool operator==(const EchoSettings&) const = default;
};

/// The echo client begins.
struct EchoStart {
    std::string target;
    EchoSettings settings;

    bool operator==(const EchoStart&) const = default;
};

/// User and system time.
struct CpuTime {
    Duration user{};
    Duration system{};

    bool operator==(const CpuTime&) const = default;
};

/// What came back within a part of the measured time. Parts follow each other without gaps.
struct EchoInterval {
    Duration start{}; ///< since the measuring began
    Duration duration{};
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t flaws = 0;       ///< found in it
    std::uint64_t connections = 0; ///< open at its end
    Histogram latency;             ///< as EchoSummary::latency
    bool asked = false; ///< the user wants a record of it; else it is for charts and progress only

    bool operator==(const EchoInterval&) const = default;
};

/// What the echo client found.
struct EchoSummary {
    EchoSettings settings;
    std::uint64_t messages = 0;                  ///< verified echoes
    std::uint64_t bytes = 0;                     ///< of them
    Duration duration{};                         ///< measured, without connecting and warm-up
    std::map<std::string, std::uint64_t> errors; ///< failed connections by code
    EchoFlaws flaws;
    /// To the end of a message's echo, from the time at which it should have been sent (open loop),
    /// or from its send.
    Histogram latency;
    /// From its send. Empty where that is what `latency` is: in a closed loop.
    Histogram service;
    bool corrected = false;      ///< `latency` counts from the intended time
    bool client_bound = false;   ///< our own CPU was the limit
    std::optional<Duration> rtt; ///< the kernel's smoothed round trip, mean of the connections
    std::optional<std::uint64_t> retransmits;
    CpuTime cpu;
    std::optional<CpuTime> server_cpu; ///< of the server's process, where that is on this machine
    std::uint64_t connects = 0;        ///< connections made
    std::optional<std::string> stopped_by; ///< "SIGINT", "deadline"

    bool operator==(const EchoSummary&) const = default;
};

/// What an echo server does wrong when it is told to.
enum class EchoFaultKind : std::uint8_t {
    Delay,
    Corrupt,
    Drop,
    Duplicate,
    Reorder,
    CloseAfter,
    ResetAfter,
    HalfCloseAfter,
};

/// A fault fired.
struct EchoFault {
    std::uint64_t id = 0; ///< the connection's
    EchoFaultKind kind = EchoFaultKind::Delay;
    std::uint64_t offset = 0; ///< of the first byte concerned, in all that the peer sent

    bool operator==(const EchoFault&) const = default;
};

/// How often each fault of the server's fired.
struct EchoFaultCounts {
    std::uint64_t delay = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t drop = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t reorder = 0;
    std::uint64_t close_after = 0;
    std::uint64_t reset_after = 0;
    std::uint64_t half_close_after = 0;

    bool operator==(const EchoFaultCounts&) const = default;
};

/// The echo server ended.
struct EchoServerSummary {
    std::uint64_t accepted = 0;
    std::uint64_t closed = 0;
    std::uint64_t errors = 0;   ///< of those closed, how many by a reset or another error
    std::uint64_t messages = 0; ///< pieces received; a stream has no other messages
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    EchoFaultCounts faults;
    std::uint64_t dropped = 0; ///< datagrams that the kernel or we had no room for
    std::uint64_t unanswered =
        0; ///< datagrams whose senders would answer the answer, or have no name
    std::optional<std::string> stopped_by; ///< "SIGTERM", "deadline"

    bool operator==(const EchoServerSummary&) const = default;
};

} // namespace sockit
