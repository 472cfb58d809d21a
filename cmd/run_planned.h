#pragma once

#include "cmd/command.h"
#include "cmd/session.h"
#include "sock/netns.h"

namespace sockit {

/// The steps of every command once its words are understood: the session is opened, the namespace
/// entered, and the act done, which is `Result<Ending> act(plan, emit)`. What goes wrong before
/// that is told by `early(plan, emit, error)`: the records of a run in which nothing happened.
/// Usage errors leave stdout empty; a word that names no namespace is one.
template <class Plan, class Act, class Early>
ExitStatus run_planned(const Result<OutputPlan>& output, const Result<Plan>& plan,
                       const std::optional<std::string>& netns, const StreamUse& use,
                       const Act& act, const Early& early)
{
    if (!output)
        return fail(output.error());
    if (!plan)
        return fail(plan.error());
    const Result<> entered = netns ? enter_netns(*netns) : Result<>();
    if (!entered && entered.error().domain == Domain::Usage)
        return fail(entered.error());
    const auto session = Session::open(*output, use);
    if (!session)
        return fail(session.error());
    const Emit emit = (*session)->emit();
    const Result<Ending> ending =
        entered ? act(*plan, emit) : Result<Ending>(Failure(entered.error()));
    if (ending)
        return (*session)->finish(*ending);
    const Error& error = ending.error();
    early(*plan, emit, error);
    return (*session)->finish({.status = exit_status(error), .why = error, .signal = {}});
}

/// Of a relay that may have had a child in its place.
template <class End>
Ending relay_ending(const End& end)
{
    Ending ending{.why = end.error, .signal = end.signal};
    if (end.error)
        ending.status = exit_status(*end.error);
    else if (end.child_status)
        ending.status = static_cast<ExitStatus>(*end.child_status);
    return ending;
}

} // namespace sockit
