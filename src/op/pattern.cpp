#include "op/pattern.h"

#include "base/parse.h"

#include <utility>

#include <re2/re2.h>

namespace sockit {

namespace {

re2::RE2::Options byte_options()
{
    re2::RE2::Options options(re2::RE2::Latin1); // peers send bytes, not always UTF-8
    options.set_log_errors(false);
    return options;
}

} // namespace

struct Pattern::Expression {
    explicit Expression(const std::string& text) : compiled(text, byte_options()) {}
    re2::RE2 compiled;
};

Pattern Pattern::literal(std::string text) { return {std::move(text), nullptr}; }

Result<Pattern> Pattern::regular(std::string text, std::string_view what)
{
    auto expression = std::make_shared<const Expression>(text);
    if (!expression->compiled.ok())
        return bad_value(what, text, expression->compiled.error());
    return Pattern(std::move(text), std::move(expression));
}

std::optional<Pattern::Match> Pattern::find(std::string_view bytes, std::size_t from) const
{
    if (!m_expression) {
        const auto begin = bytes.find(m_text, from);
        if (begin == std::string_view::npos)
            return std::nullopt;
        return Match{.begin = begin, .end = begin + m_text.size()};
    }
    const re2::StringPiece whole(bytes.data(), bytes.size());
    re2::StringPiece found;
    if (!m_expression->compiled.Match(whole, 0, whole.size(), re2::RE2::UNANCHORED, &found, 1))
        return std::nullopt;
    const auto begin = static_cast<std::size_t>(found.data() - bytes.data());
    return Match{.begin = begin, .end = begin + found.size()};
}

} // namespace sockit
