#include "cmd/dialogue_options.h"

#include "base/parse.h"

namespace sockit {

Result<DialoguePlan> plan_dialogue(std::span<const GivenValue> given, Duration patience)
{
    DialoguePlan plan;
    if (!given.empty())
        plan.patience = patience;
    for (const auto& [option, value] : given) {
        if (value.empty())
            return bad_value(option, value, "expected some text");
        if (option == "--expect-re")
            plan.steps.emplace_back(TRY(Pattern::regular(value, option)));
        else if (auto text = TRY(parse_c_escapes(value, option)); option == "--expect")
            plan.steps.emplace_back(Pattern::literal(std::move(text)));
        else
            plan.steps.emplace_back(std::move(text));
    }
    return plan;
}

} // namespace sockit
