#include "op/echo_payload.h"

#include "base/random.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sockit {

namespace {

constexpr std::size_t ring_length = 65521;

std::array<std::byte, EchoPayload::header> header_of(const EchoMessage& message)
{
    std::array<std::byte, EchoPayload::header> bytes{};
    for (unsigned i = 0; i < 4; ++i)
        bytes[i] = static_cast<std::byte>(message.connection >> (24 - 8 * i));
    for (unsigned i = 0; i < 8; ++i)
        bytes[4 + i] = static_cast<std::byte>(message.sequence >> (56 - 8 * i));
    return bytes;
}

} // namespace

EchoPayload::EchoPayload(std::uint64_t seed) : m_seed(mix(seed)), m_ring(ring_length)
{
    for (std::size_t at = 0; at < m_ring.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = mix(m_seed + at);
        std::memcpy(&m_ring[at], &word, std::min(sizeof word, m_ring.size() - at));
    }
}

/// Hands out the message's bytes [from, from + length) in the pieces that lie in memory;
/// piece(bytes) says whether to go on.
template <class Piece>
void EchoPayload::for_each_piece(const EchoMessage& message, std::size_t from, std::size_t length,
                                 Piece piece) const
{
    if (from < header && message.size >= header) {
        const auto bytes = header_of(message);
        const auto part = std::span(bytes).subspan(from, std::min(length, header - from));
        if (!piece(std::span<const std::byte>(part)))
            return;
        from += part.size();
        length -= part.size();
    }
    const auto place = below(ring_length, random(message.connection, message.sequence));
    std::size_t at = (place + from) % ring_length;
    while (length > 0) {
        const auto part = std::span(m_ring).subspan(at, std::min(length, ring_length - at));
        if (!piece(std::span<const std::byte>(part)))
            return;
        length -= part.size();
        at = 0;
    }
}

std::uint64_t EchoPayload::random(std::uint32_t connection, std::uint64_t sequence) const
{
    return mix(mix(m_seed ^ connection) + sequence);
}

void EchoPayload::write(const EchoMessage& message, std::size_t from,
                        std::span<std::byte> out) const
{
    for_each_piece(message, from, out.size(), [&](std::span<const std::byte> part) {
        std::ranges::copy(part, out.begin());
        out = out.subspan(part.size());
        return true;
    });
}

std::size_t EchoPayload::matching(const EchoMessage& message, std::size_t from,
                                  std::span<const std::byte> bytes) const
{
    std::size_t same = 0;
    for_each_piece(message, from, bytes.size(), [&](std::span<const std::byte> part) {
        const auto here = bytes.subspan(same, part.size());
        if (part.empty() || std::memcmp(here.data(), part.data(), part.size()) == 0) {
            same += part.size();
            return true;
        }
        same += static_cast<std::size_t>(std::ranges::mismatch(here, part).in1 - here.begin());
        return false;
    });
    return same;
}

} // namespace sockit
