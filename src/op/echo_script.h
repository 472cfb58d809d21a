#pragma once

#include "op/echo_payload.h"
#include "op/message_sizes.h"

#include <cstdint>
#include <utility>

namespace sockit {

/// All messages that a client may send: connection and sequence name one, and its size and bytes
/// follow from the seed. So none needs to be kept, and whatever comes back can be told whose it is.
class EchoScript {
public:
    EchoScript(std::uint64_t seed, MessageSizes sizes, std::uint32_t connections)
        : m_payload(seed), m_sizes(std::move(sizes)), m_connections(connections)
    {}

    [[nodiscard]] const EchoPayload& payload() const { return m_payload; }
    [[nodiscard]] std::uint32_t connections() const { return m_connections; }
    [[nodiscard]] EchoMessage message(std::uint32_t connection, std::uint64_t sequence) const
    {
        return {.connection = connection,
                .size = m_sizes.pick(m_payload.random(connection, sequence)),
                .sequence = sequence};
    }

private:
    EchoPayload m_payload;
    MessageSizes m_sizes;
    std::uint32_t m_connections;
};

} // namespace sockit
