#include "cmd/sockopts.h"

#include <algorithm>
#include <cerrno>

namespace sockit {

namespace {

/// Refused and without effect are answers; what the kernel forbids or lacks is not.
ExitStatus failure_status(const SockoptsFailure& failure)
{
    if (failure.whole_socket && failure.error->domain != Domain::Usage)
        return exit_status(*failure.error);
    switch (failure.error ? failure.error->code : 0) {
    case EPERM:
    case EACCES: return ExitStatus::Denied;
    case ENOPROTOOPT: return ExitStatus::Unsupported;
    default: return ExitStatus::No;
    }
}

/// Nothing went wrong, but the answer is no.
bool is_no(const SockoptsSummary& summary)
{
    switch (summary.act) {
    case SockoptsAct::List: return summary.options == 0;
    case SockoptsAct::Get:
    case SockoptsAct::Set: return summary.sockets == 0;
    case SockoptsAct::Diff: return summary.differing > 0;
    default: return false;
    }
}

std::string no_text(const SockoptsSummary& summary)
{
    const auto count = summary.differing;
    switch (summary.act) {
    case SockoptsAct::Get:
    case SockoptsAct::Set: return "no socket matches " + summary.target;
    case SockoptsAct::Diff:
        return std::to_string(count) + (count == 1 ? " option differs" : " options differ");
    default: return "no option matches";
    }
}

} // namespace

ExitStatus sockopts_status(const SockoptsEnd& end)
{
    if (end.failures.empty())
        return is_no(end.summary) ? ExitStatus::No : ExitStatus::Done;
    const auto first = failure_status(end.failures.front());
    const bool shared = std::ranges::all_of(end.failures, [&](const SockoptsFailure& failure) {
        return failure_status(failure) == first;
    });
    return shared ? first : ExitStatus::No;
}

Error sockopts_reason(const SockoptsEnd& end)
{
    if (end.failures.empty())
        return Error::usage(no_text(end.summary));
    const auto& first = end.failures.front();
    Error reason = first.error ? *first.error : Error::usage(sockopt_outcome_text(*first.outcome));
    if (!first.error && first.outcome->limit)
        reason.hint =
            "raising " + std::string(first.outcome->limit->sysctl) + " would allow for more";
    if (end.failures.size() > 1)
        reason.detail += (reason.detail.empty() ? "and " : ", and ") +
                         std::to_string(end.failures.size() - 1) + " more";
    return reason;
}

} // namespace sockit
