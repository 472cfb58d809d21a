#pragma once

#include "op/channel.h"
#include "op/echo_link.h"
#include "sock/datagram_io.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// What lines travel over: the bytes of a connection, plain or TLS, or messages that arrive whole.
class EchoLinesLink {
public:
    /// Over a link that stands; it is of no use afterwards.
    static Result<EchoLinesLink> open(EchoLink way);

    [[nodiscard]] FdRef ref() const { return m_channel.socket().ref(); }
    /// One line is one message, and so is its echo.
    [[nodiscard]] bool keeps_borders() const { return m_inbox != nullptr; }
    /// The peer's end cannot be seen.
    [[nodiscard]] bool connected() const { return m_channel.socket().type() != SOCK_DGRAM; }
    /// What is longer than that is sent in pieces.
    [[nodiscard]] std::size_t longest_line() const { return m_longest; }
    /// What to wait for.
    [[nodiscard]] Interest interest(bool send) const;
    [[nodiscard]] bool may_send(const Ready& ready) const { return m_channel.may_send(ready); }
    /// How many bytes went: all or none of a message.
    Result<std::size_t> send(std::string_view bytes);

    enum class Came : std::uint8_t { Nothing, Something, End };
    /// The next bytes, behind those in `echo`, or the next message in their place.
    Result<Came> receive(std::string& echo);

    /// Nothing more will be sent. False: again when send() need not wait.
    Result<bool> finish();

private:
    explicit EchoLinesLink(Channel channel) : m_channel(std::move(channel)) {}
    [[nodiscard]] std::string peer_text() const { return m_channel.peer().text(); }

    Channel m_channel;
    std::size_t m_longest = 0;
    std::vector<std::byte> m_buffer;        ///< for bytes
    std::unique_ptr<DatagramInbox> m_inbox; ///< for messages
    std::deque<std::string> m_messages;     ///< received and not yet given
    bool m_ended = false;
};

} // namespace sockit
