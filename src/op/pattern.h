#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// What a received text should hold: a literal, or a regular expression in RE2's syntax over bytes.
class Pattern {
public:
    struct Match {
        std::size_t begin = 0;
        std::size_t end = 0;

        bool operator==(const Match&) const = default;
    };

    static Pattern literal(std::string text);
    /// Usage error, quoting it, when it is no regular expression. `what` names the option.
    static Result<Pattern> regular(std::string text, std::string_view what);

    /// The first place in `bytes`; a literal is not looked for before `from`, where the caller
    /// knows that none begins.
    [[nodiscard]] std::optional<Match> find(std::string_view bytes, std::size_t from) const;
    [[nodiscard]] const std::string& text() const { return m_text; }
    [[nodiscard]] bool is_literal() const { return !m_expression; }

    bool operator==(const Pattern& other) const
    {
        return m_text == other.m_text && is_literal() == other.is_literal();
    }

private:
    struct Expression; ///< RE2's
    Pattern(std::string text, std::shared_ptr<const Expression> expression)
        : m_text(std::move(text)), m_expression(std::move(expression))
    {}

    std::string m_text;
    std::shared_ptr<const Expression> m_expression; ///< null for a literal
};

} // namespace sockit
