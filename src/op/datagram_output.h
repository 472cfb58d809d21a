#pragma once

#include "op/destination.h"
#include "sock/datagram_io.h"

#include <optional>

namespace sockit {

/// Where received datagrams go: each an event of its own, or their bytes to stdout or a file, or
/// into what is kept for the connection's last event.
class DatagramOutput {
public:
    /// What all the peers of a run together may have kept for the end.
    static constexpr std::size_t kept_in_all = 64UL << 20U;

    /// What it refers to outlives it; `destinations` are those of `plan`.
    DatagramOutput(const PayloadPlan& plan, const Destinations& destinations, const Emit& emit);

    /// Takes the next datagram to write out, told as PayloadReceived where records are wanted. One
    /// that is empty is a Note else; one that was cut is a Warning.
    Result<> take(const ReceivedDatagram& datagram, const Endpoint& peer,
                  std::optional<std::uint64_t> id, std::optional<KeptPayload>& kept);
    /// False: ref() takes no more, call again when it is writable. True: all taken is written.
    Result<bool> write();
    /// No more will come for this connection.
    void finish(std::optional<KeptPayload>& kept) const;
    [[nodiscard]] bool writing() const { return !m_rest.empty(); }
    [[nodiscard]] FdRef ref() const { return m_stream ? m_stream->ref() : FdRef(); }

private:
    void keep(std::string_view bytes, std::optional<KeptPayload>& kept);

    const PayloadPlan& m_plan;
    const Emit& m_emit;
    std::optional<Destination> m_stream;
    std::span<const std::byte> m_rest;
    std::size_t m_kept = 0; ///< of all peers
};

} // namespace sockit
