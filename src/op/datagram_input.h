#pragma once

#include "op/datagram_framing.h"
#include "op/stream.h"
#include "sock/socket.h"

namespace sockit {

/// An input that is sent as datagrams.
class DatagramInput {
public:
    /// `to`: the socket they go out by.
    DatagramInput(Stream stream, const FramingPlan& plan, const Socket& to);

    [[nodiscard]] FdRef ref() const { return m_stream.ref(); }
    [[nodiscard]] InputKind kind() const { return m_stream.kind(); }
    /// Reads once, when nothing is waiting(). False: nothing is there to read. Errors: reading
    /// failed; EMSGSIZE: a line that is too long.
    Result<bool> read();
    /// A datagram that does not come from the input: to be sent before what does.
    void say(std::string_view text) { m_framer.add(std::as_bytes(std::span(text))); }
    /// No more is wanted: what is left is the last datagram.
    void end();

    /// The whole datagrams that are to be sent next, valid until read().
    [[nodiscard]] std::span<const std::span<const std::byte>> waiting() const
    {
        return m_framer.waiting();
    }
    void sent(std::size_t count) { m_framer.sent(count); }
    /// Nothing will come after what is waiting().
    [[nodiscard]] bool over() const { return m_over; }
    /// It was read to its own end.
    [[nodiscard]] bool at_eof() const { return m_eof; }

private:
    Stream m_stream;
    DatagramFramer m_framer;
    bool m_over = false;
    bool m_eof = false;
};

} // namespace sockit
