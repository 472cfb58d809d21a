#include "op/echo_payload.h"

#include "base/random.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <endian.h>

namespace sockit {

namespace {

constexpr std::size_t ring_length = 65521;

EchoPayload::Header header_of(const EchoMessage& message)
{
    const std::uint32_t connection = htobe32(message.connection);
    const std::uint64_t sequence = htobe64(message.sequence);
    EchoPayload::Header bytes{};
    std::memcpy(bytes.data(), &connection, sizeof connection);
    std::memcpy(bytes.data() + sizeof connection, &sequence, sizeof sequence);
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

std::size_t EchoPayload::pieces(const EchoMessage& message, std::size_t from, Header& begin,
                                std::span<std::span<const std::byte>, most_pieces> out) const
{
    std::size_t count = 0;
    begin = header_of(message);
    for_each_piece(message, from, message.size - from, [&](std::span<const std::byte> part) {
        const bool in_header = from < header && message.size >= header;
        out[count++] = in_header ? std::span<const std::byte>(begin).subspan(from) : part;
        from += part.size();
        return count < out.size();
    });
    return count;
}

std::optional<EchoPayload::Named> EchoPayload::read_header(std::span<const std::byte> bytes)
{
    if (bytes.size() < header)
        return std::nullopt;
    Named named{};
    std::memcpy(&named.connection, bytes.data(), sizeof named.connection);
    std::memcpy(&named.sequence, bytes.data() + sizeof named.connection, sizeof named.sequence);
    return Named{.connection = be32toh(named.connection), .sequence = be64toh(named.sequence)};
}

} // namespace sockit
