#pragma once

#include "op/buffer.h"
#include "op/channel.h"
#include "op/direct_move.h"
#include "op/hex_dump.h"
#include "op/line_ends.h"
#include "op/relay_plan.h"
#include "op/stream.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// The half of a relay from the input to the connection. Moves bytes by the cheapest way that its
/// ends and the plan allow: sendfile from a file, splice from a pipe, else through a buffer; what
/// the kernel refuses is copied. Tells the Relay what happened; nothing blocks.
class RelaySender {
public:
    RelaySender(Relay& relay, Channel& channel, Stream input, const RelayPlan& plan);

    [[nodiscard]] const Stream& input() const { return m_input; }
    /// The input may have something. True: something moved, or it has ended.
    bool read();
    /// These bytes go out next; as many as fit are taken. Nothing may be held.
    std::size_t say(std::string_view bytes);
    /// The connection may take something. True: something moved.
    bool send();
    /// Sends FIN, where the Relay wants it; if `unheard`, it is no matter whether anybody hears.
    /// False: it would block.
    bool finish(bool unheard);
    /// Nothing may be sent before.
    [[nodiscard]] Deadline not_before() const { return m_pace.next(); }

    [[nodiscard]] std::uint64_t bytes() const { return m_sent; }
    [[nodiscard]] DataPath path() const { return m_path; }
    /// What is dumped could not be written.
    [[nodiscard]] const std::optional<Error>& dump_error() const { return m_dump_error; }

private:
    [[nodiscard]] DataPath best_path() const;
    bool move_directly();
    void fill(std::span<const std::byte> bytes);

    Relay& m_relay;
    Channel& m_channel;
    Stream m_input;
    const RelayPlan& m_plan;
    DataPath m_path;
    bool m_pipe_enlarged = false;
    Buffer m_buffer;
    LineEnds m_line_ends;
    Pace m_pace;
    HexDump m_dump;
    std::optional<Error> m_dump_error;
    std::uint64_t m_sent = 0;
};

} // namespace sockit
