#pragma once

#include "event/echo.h"
#include "op/echo_script.h"
#include "op/echo_window.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// Compares what comes back on one connection with what was sent on it, and names what is wrong:
/// any number of messages may be under way. Knows no socket and no clock, keeps no copy of what was
/// sent, and bytes only while they are in doubt.
class EchoVerifier {
public:
    enum class Answer : std::uint8_t {
        Pending, ///< none of what is outstanding has been answered
        Right,   ///< answered() has
        Wrong,   ///< answered() has, with a flaw, which is noted
    };

    /// `script` outlives the verifier. Without `compare` a stream's bytes are counted only, and of
    /// datagrams nothing but the header is looked at.
    EchoVerifier(const EchoScript& script, std::uint32_t connection, bool compare);

    /// The next message in sequence is being sent.
    void expect(const EchoSent& sent)
    {
        m_window.push(sent);
        m_next_sequence = sent.message.sequence + 1;
    }
    [[nodiscard]] EchoWindow& window() { return m_window; }
    [[nodiscard]] const EchoWindow& window() const { return m_window; }

    /// These bytes came on a stream, cut anywhere. Takes them away as far as it looked at them:
    /// call until it is Pending.
    Answer take(std::span<const std::byte>& bytes, EchoFlaws& flaws);
    /// This datagram came. One call is enough.
    Answer take_datagram(std::span<const std::byte> datagram, EchoFlaws& flaws);
    [[nodiscard]] const EchoSent& answered() const { return m_answered; }

    /// The time of the oldest message is up. Should its echo come later, it is passed over.
    void give_up(EchoFlaws& flaws);
    /// The peer will send nothing more. What comes next is of another stream.
    void end(EchoFlaws& flaws);

private:
    /// A message whose echo may come (again) although nobody waits for it.
    struct Known {
        EchoMessage message;
        std::size_t from = 0; ///< so much of it had come in time
        bool late = false;    ///< already counted as lost; else a second echo is a duplicate
    };

    /// Whose bytes some are, as far as they go.
    struct Origin {
        enum class Kind : std::uint8_t { Unknown, Outstanding, Known, Other };

        Kind kind = Kind::Unknown;
        EchoMessage message{};
        std::size_t index = 0; ///< Outstanding: in the window
        std::size_t from = 0;  ///< Known: where in the message they begin
        bool late = false;     ///< Known: see Known::late
    };

    Answer take_in_doubt(std::span<const std::byte> bytes, EchoFlaws& flaws);
    Answer sort_out(EchoFlaws& flaws);
    Answer answer(std::size_t index, EchoFlaws& flaws);
    Answer answer_wrong(std::size_t index);
    Answer corrupt_stream(EchoFlaws& flaws);
    Answer corrupt_datagram(EchoFlaws& flaws);
    Answer unasked(EchoFlaws& flaws);
    void pass_over(const Origin& origin, EchoFlaws& flaws);

    [[nodiscard]] Origin origin_of(std::span<const std::byte> bytes) const;
    [[nodiscard]] std::optional<Origin> origin_by_header(std::span<const std::byte> bytes) const;
    [[nodiscard]] std::optional<Origin> origin_by_bytes(std::span<const std::byte> bytes) const;
    [[nodiscard]] bool agrees(std::span<const std::byte> bytes, const EchoMessage& message,
                              std::size_t from = 0) const;
    [[nodiscard]] std::size_t length_of_damage() const;
    void remember(const Known& known);
    void drop(std::size_t count);
    void note_unanswered(EchoFlaw if_partial, EchoFlaws& flaws);
    [[nodiscard]] EchoDetail detail(EchoFlaw flaw, const EchoMessage& message,
                                    std::size_t offset) const;
    [[nodiscard]] EchoDetail difference(const EchoMessage& message) const;

    const EchoScript* m_script;
    EchoWindow m_window;
    EchoSent m_answered;
    std::size_t m_received = 0;        ///< bytes of the oldest message's echo, all of them right
    std::vector<std::byte> m_stray;    ///< in doubt; starts where an echo should start
    std::array<Known, 4> m_known{};    ///< a ring of the latest
    std::vector<std::uint64_t> m_late; ///< sequences of those given up, oldest first
    std::uint64_t m_next_sequence = 0;
    std::uint32_t m_connection;
    std::uint8_t m_next_known = 0;
    bool m_compare;
};

} // namespace sockit
