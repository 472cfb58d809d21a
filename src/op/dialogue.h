#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "op/pattern.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sockit {

/// What is to be said and heard, in order, before stdin has its turn.
struct DialoguePlan {
    /// Bytes to send, or what must come.
    using Step = std::variant<std::string, Pattern>;

    std::vector<Step> steps;
    Duration patience = std::chrono::seconds(10); ///< for each expectation

    [[nodiscard]] bool wanted() const { return !steps.empty(); }
    bool operator==(const DialoguePlan&) const = default;
};

/// Goes through a DialoguePlan: says what to send next, and looks for what is expected in what
/// comes. Remembers at most 64 KiB of it.
class Dialogue {
public:
    explicit Dialogue(const DialoguePlan& plan);

    /// The next bytes to send; nothing while an answer is awaited or once it is over.
    std::optional<std::string_view> next_to_send();
    [[nodiscard]] bool expecting() const;
    void received(std::string_view bytes);
    [[nodiscard]] bool over() const { return m_next == m_plan.steps.size(); }
    /// Over, and with an answer: nothing is left to be said.
    [[nodiscard]] bool answered() const;
    /// Something came after the last match.
    [[nodiscard]] bool has_unmatched() const { return !m_seen.empty(); }
    /// What is expected; only while expecting().
    [[nodiscard]] const std::string& awaited() const
    {
        return std::get<Pattern>(m_plan.steps[m_next]).text();
    }
    /// By when what is expected must have come.
    [[nodiscard]] Deadline deadline() const { return m_deadline; }
    /// The expectation was missed; `why`: "the peer ended". Exit status 1.
    [[nodiscard]] Error missed(std::string_view why) const;

private:
    void look();
    void advance();

    const DialoguePlan& m_plan;
    std::size_t m_next = 0;
    std::string m_seen;         ///< since the last match
    std::size_t m_searched = 0; ///< of m_seen: no literal begins before
    Deadline m_deadline;
};

} // namespace sockit
