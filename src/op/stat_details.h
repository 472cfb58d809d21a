#pragma once

#include "diag/process_details.h"
#include "event/stat.h"
#include "op/port_names.h"
#include "op/stat_plan.h"
#include "sock/host_names.h"
#include "sock/user_names.h"

#include <cstdint>
#include <unordered_map>

namespace sockit {

/// What a plan wants to be known of a socket beyond the socket itself, each fact looked up once.
class StatDetails {
public:
    explicit StatDetails(const StatPlan& plan)
        : m_plan(plan), m_ports(plan.proc_root), m_process_details(plan.proc_root)
    {}

    /// Makes the names of its addresses wanted, where the plan wants names.
    void want_names(const SocketInfo& info);
    /// Asks for all names that are wanted; returns how many did not come in time.
    std::size_t look_up_names();
    /// Fills what belongs to `socket.info`.
    void complete(StatSocket& socket);

private:
    void add_processes(StatSocket& socket);

    const StatPlan& m_plan;
    PortNames m_ports;
    HostNames m_hosts;
    UserNames m_users;
    ProcessDetailsReader m_process_details;
    std::unordered_map<std::int32_t, StatProcess> m_processes;
};

} // namespace sockit
