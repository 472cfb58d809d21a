#pragma once

#include "op/buffer.h"
#include "op/channel.h"
#include "op/destination.h"
#include "op/hex_dump.h"
#include "op/relay_plan.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// The half of a relay from the connection to the destination: splice into a pipe, else through a
/// buffer. Tells the Relay what happened, and the dialogue what came; nothing blocks.
class RelayReceiver {
public:
    RelayReceiver(Relay& relay, Channel& channel, Destination& destination, const RelayPlan& plan,
                  std::optional<Dialogue>& dialogue);

    /// The connection may have something. True: something moved, or the peer has ended.
    bool receive();
    /// The destination may take something. True: something moved.
    bool write();

    [[nodiscard]] std::uint64_t bytes() const { return m_received; }
    [[nodiscard]] DataPath path() const { return m_path; }
    [[nodiscard]] std::optional<Clock::time_point> first_byte() const { return m_first_byte; }
    /// What is dumped could not be written.
    [[nodiscard]] const std::optional<Error>& dump_error() const { return m_dump_error; }

private:
    bool receive_once();
    bool move_directly();
    void came(std::size_t bytes);

    Relay& m_relay;
    Channel& m_channel;
    Destination& m_destination;
    const RelayPlan& m_plan;
    std::optional<Dialogue>& m_dialogue;
    DataPath m_path;
    bool m_pipe_enlarged = false;
    Buffer m_buffer;
    HexDump m_dump;
    std::optional<Error> m_dump_error;
    std::uint64_t m_received = 0;
    std::optional<Clock::time_point> m_first_byte;
};

} // namespace sockit
