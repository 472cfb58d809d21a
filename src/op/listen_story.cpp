#include "op/listen_story.h"

#include <cerrno>

namespace sockit {

void tell_closed(const ListenClosed& closed, const Emit& emit, ListenSummary& summary)
{
    const auto add = [](auto& sum, const auto& part) {
        if (sum && part)
            *sum += *part;
        else
            sum.reset();
    };
    ++summary.closed;
    summary.errors += closed.error ? 1 : 0;
    add(summary.bytes_received, closed.traffic.bytes_received);
    add(summary.bytes_sent, closed.traffic.bytes_sent);
    if (const auto& datagrams = closed.traffic.datagrams) {
        if (!summary.datagrams)
            summary.datagrams.emplace();
        summary.datagrams->sent += datagrams->sent;
        summary.datagrams->received += datagrams->received;
    }
    emit(closed);
}

Error nobody_came(const Endpoint& local)
{
    Error error = Error::from_errno(Phase::Listen, "accept", local.text(), ETIMEDOUT);
    error.detail = "nobody connected within --accept-timeout";
    return error;
}

} // namespace sockit
