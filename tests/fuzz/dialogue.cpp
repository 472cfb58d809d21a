#include "op/dialogue.h"

#include "base/escape.h"
#include "fuzz.h"

// --expect: what is awaited is found in whatever pieces it comes.

namespace sockit::fuzz {

namespace {

/// What a literal dialogue does, by looking at all that came.
bool all_in_order(std::string_view bytes, std::string_view first, std::string_view second)
{
    const auto at = bytes.find(first);
    return at != std::string_view::npos &&
           bytes.find(second, at + first.size()) != std::string_view::npos;
}

bool goes_through(const DialoguePlan& plan, std::string_view bytes, bool whole)
{
    Dialogue dialogue(plan);
    Pieces pieces(bytes);
    for (auto piece = whole ? bytes : pieces.next(); !piece.empty();
         piece = whole ? std::string_view() : pieces.next())
        dialogue.received(piece);
    if (!dialogue.over())
        must(is_utf8(describe_error(dialogue.missed("the peer ended"))));
    return dialogue.over();
}

} // namespace

/// `FIRST\nSECOND\nBYTES`: both words are awaited, the first also as a regular expression.
void look_at(std::string_view text)
{
    const auto one = text.find('\n');
    const auto two = one == std::string_view::npos ? one : text.find('\n', one + 1);
    if (two == std::string_view::npos || one == 0 || two == one + 1)
        return;
    const std::string first(text.substr(0, one));
    const std::string second(text.substr(one + 1, two - one - 1));
    const auto bytes = text.substr(two + 1);
    DialoguePlan plan;
    plan.steps = {Pattern::literal(first), Pattern::literal(second)};
    const bool through = goes_through(plan, bytes, true);
    must(through == goes_through(plan, bytes, false));
    must(through == all_in_order(bytes, first, second));

    if (const auto pattern = Pattern::regular(first, "--expect")) {
        const auto match = pattern->find(bytes, 0);
        must(!match || (match->begin <= match->end && match->end <= bytes.size()));
    }
}

} // namespace sockit::fuzz
