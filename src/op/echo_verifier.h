#pragma once

#include "event/echo.h"
#include "op/echo_payload.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Compares what comes back on one connection, as a stream cut anywhere, with what was sent on it:
/// one message at a time is outstanding. Knows no socket and no clock, keeps no copy of what was
/// sent, and bytes only while they are in doubt.
class EchoVerifier {
public:
    enum class Answer : std::uint8_t {
        Pending, ///< not all of the outstanding echo has come
        Right,   ///< it has, and nothing is outstanding any more
        Wrong,   ///< as many bytes have come, but other ones: noted, and nothing is outstanding
    };

    /// `payload` outlives the verifier. Without `compare` bytes are counted only.
    EchoVerifier(const EchoPayload& payload, bool compare);

    /// `message` is being sent. Nothing may be outstanding.
    void expect(const EchoMessage& message);
    [[nodiscard]] bool outstanding() const { return m_outstanding.has_value(); }
    /// These bytes came. Call until nothing is left to take: bytes behind an answer are kept for
    /// the next message.
    Answer take(std::span<const std::byte> bytes, EchoFlaws& flaws);
    /// The outstanding message's time is up. Should its echo come later, it is passed over.
    void give_up(EchoFlaws& flaws);
    /// The peer will send nothing more.
    void end(EchoFlaws& flaws);

private:
    /// A message whose echo may come (again) although nobody waits for it.
    struct Known {
        EchoMessage message;
        std::size_t from = 0; ///< so much of it had come in time
        bool late = false;    ///< already counted as lost; else a second echo is a duplicate
    };

    Answer sort_out(EchoFlaws& flaws);
    Known* find_known();
    [[nodiscard]] bool stray_agrees(const EchoMessage& message, std::size_t from) const;
    void remember(const Known& known);
    void drop(std::size_t count);
    void note_unanswered(EchoFlaw if_partial, EchoFlaws& flaws);
    [[nodiscard]] EchoDetail detail(EchoFlaw flaw, const EchoMessage& message,
                                    std::size_t offset) const;
    [[nodiscard]] EchoDetail difference() const;

    const EchoPayload* m_payload;
    std::optional<EchoMessage> m_outstanding;
    std::size_t m_received = 0;     ///< bytes of the outstanding echo, all of them right
    std::vector<std::byte> m_stray; ///< in doubt; starts where an echo should start
    std::array<Known, 4> m_known{}; ///< a ring of the latest
    std::uint8_t m_next_known = 0;
    bool m_compare;
};

} // namespace sockit
