#include "op/stat_show.h"

#include "base/escape.h"

namespace sockit {

StatShow::StatShow(const StatPlan& plan, const Emit& emit) : m_emit(emit), m_details(plan)
{
    m_socket.view = plan.shown.value_or(plan.view);
}

void count_socket(std::vector<StatCount>& counts, const SocketInfo& info)
{
    for (auto& count : counts) {
        if (count.state == info.state && count.netid == info.netid) {
            ++count.sockets;
            return;
        }
    }
    counts.push_back({info.netid, info.state, 1});
}

bool StatShow::show()
{
    complete(m_socket);
    const auto& info = m_socket.info;
    const bool more = m_emit(m_socket);
    if (more && is_accept_queue_full(info) == true)
        return m_emit(Warning{"the accept queue of " + escape(info.local.text()) +
                                  " is full: " + std::to_string(*info.accept_length) +
                                  " wait, limit " + std::to_string(*info.accept_limit),
                              std::nullopt});
    return more;
}

} // namespace sockit
