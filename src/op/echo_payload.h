#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Which message: enough to compute every byte of it.
struct EchoMessage {
    std::uint32_t connection = 0; ///< counts from 1
    std::uint32_t size = 0;       ///< bytes, at least 1
    std::uint64_t sequence = 0;   ///< on its connection, from 0

    bool operator==(const EchoMessage&) const = default;
};

/// What messages hold, so that nobody needs to keep what was sent: connection (4 bytes) and
/// sequence (8), big-endian, then random bytes; messages too short for both are random bytes only.
/// The random bytes are a window into a ring of 65,521 whose place depends on seed, connection and
/// sequence: as quick to write and compare as memory, and, the ring's length being prime, different
/// for every piece of a message that is moved by a buffer's or page's length.
class EchoPayload {
public:
    static constexpr std::size_t header = 12;
    static constexpr std::size_t most_pieces = 4;
    using Header = std::array<std::byte, header>;

    explicit EchoPayload(std::uint64_t seed);

    /// Writes the message's bytes from offset `from` on.
    void write(const EchoMessage& message, std::size_t from, std::span<std::byte> out) const;
    /// How many of `bytes` at their start are the message's bytes from offset `from` on.
    [[nodiscard]] std::size_t matching(const EchoMessage& message, std::size_t from,
                                       std::span<const std::byte> bytes) const;

    /// The message's bytes from offset `from` on as they lie in memory; `begin` takes those of the
    /// header. At most `most_pieces`, and not necessarily all.
    std::size_t pieces(const EchoMessage& message, std::size_t from, Header& begin,
                       std::span<std::span<const std::byte>, most_pieces> out) const;

    /// What a message's header says.
    struct Named {
        std::uint32_t connection;
        std::uint64_t sequence;
    };
    /// Nothing where there are too few bytes for one.
    static std::optional<Named> read_header(std::span<const std::byte> bytes);

    /// Random bits of a message, the same whenever they are asked for.
    [[nodiscard]] std::uint64_t random(std::uint32_t connection, std::uint64_t sequence) const;

private:
    template <class Piece>
    void for_each_piece(const EchoMessage& message, std::size_t from, std::size_t length,
                        Piece piece) const;

    std::uint64_t m_seed;
    std::vector<std::byte> m_ring;
};

} // namespace sockit
