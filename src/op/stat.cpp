#include "op/stat.h"

#include "base/escape.h"
#include "diag/owner.h"
#include "op/stat_source.h"
#include "sock/service_names.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sockit {

namespace {

constexpr StateMask listening = state_bit(SocketState::Listen);
constexpr StateMask unconnected = state_bit(SocketState::Close);
/// ss's idea of connected: neither waiting for clients, nor for the end, nor half open.
constexpr StateMask connected =
    all_states & ~(listening | unconnected | state_bit(SocketState::TimeWait) |
                   state_bit(SocketState::SynRecv) | state_bit(SocketState::NewSynRecv));

StateMask states_of(SocketProtocol protocol, StatSelection selection)
{
    switch (selection) {
    case StatSelection::Overview:
    case StatSelection::All: return all_states;
    case StatSelection::Listening:
        // Unconnected TCP sockets are on no list; not to ask for them spares the kernel the walk
        // over all connections.
        return protocol == SocketProtocol::Tcp ? listening : listening | unconnected;
    case StatSelection::Connected: break;
    }
    return connected;
}

/// Whether clients may come to it: a listener, or a datagram socket with a name and no peer.
bool awaits_clients(const SocketInfo& info)
{
    if (info.state != SocketState::Close)
        return info.state == SocketState::Listen;
    if (info.family == AF_UNIX)
        return info.netid == "u_dgr" && !info.local.unix_name().empty();
    return info.local.port() != 0;
}

/// One run of the command.
class Listing {
public:
    Listing(const StatPlan& plan, const Emit& emit)
        : m_plan(plan), m_emit(emit), m_source(plan.source, plan.proc_root)
    {
        m_socket.view = plan.view;
    }

    Result<> run()
    {
        auto read = dump_all();
        if (!read) {
            m_emit(Failed{read.error()});
            m_emit(StatSummary{std::move(m_counts), m_unreadable});
            return read;
        }
        start();
        if (m_plan.selection == StatSelection::Overview)
            m_emit(StatOverview{m_counts});
        emit_held();
        if (m_unreadable > 0)
            m_emit(Warning{std::to_string(m_unreadable) +
                               (m_source.via() == "proc"
                                    ? " lines of " + escape(m_plan.proc_root) + "/net"
                                    : std::string(" messages of sock_diag")) +
                               " could not be read and were skipped",
                           std::nullopt});
        m_emit(StatSummary{std::move(m_counts), m_unreadable});
        return {};
    }

private:
    Result<> dump_all()
    {
        for (const auto& query : stat_queries(m_plan))
            TRY(dump(query));
        if (m_first_failure && !m_anything_read)
            return Failure(std::move(*m_first_failure));
        return {};
    }

    /// A list that is not there (IPv6 switched off) is empty; other failures end the run.
    Result<> dump(const SocketQuery& query)
    {
        if (m_stopped)
            return {};
        const auto unreadable = m_source.dump(query, m_socket.info, [this](const SocketInfo& info) {
            m_stopped = !visit(info);
            return !m_stopped;
        });
        if (unreadable) {
            m_unreadable += *unreadable;
            m_anything_read = true;
            return {};
        }
        if (unreadable.error().code != ENOENT || m_source.via() != "proc")
            return Failure(unreadable.error());
        if (!m_first_failure)
            m_first_failure = unreadable.error();
        return {};
    }

    void start()
    {
        if (!std::exchange(m_started, true))
            m_emit(StatStart{m_source.via(), std::chrono::system_clock::now()});
    }

    /// False: nobody reads any more.
    bool visit(const SocketInfo& info)
    {
        count(info);
        if (m_plan.selection == StatSelection::Overview && !awaits_clients(info))
            return true;
        if (m_plan.view.processes) {
            m_held.push_back(info);
            return true;
        }
        start();
        return emit_socket();
    }

    void count(const SocketInfo& info)
    {
        for (auto& count : m_counts) {
            if (count.state == info.state && count.netid == info.netid) {
                ++count.sockets;
                return;
            }
        }
        m_counts.push_back({info.netid, info.state, 1});
    }

    /// Passes on what is in m_socket.info.
    bool emit_socket()
    {
        const auto& info = m_socket.info;
        if (m_plan.services && info.family != AF_UNIX) {
            const auto protocol =
                info.netid == "udp" ? ServiceNames::Protocol::Udp : ServiceNames::Protocol::Tcp;
            m_socket.local_service =
                m_services.name_of(protocol, static_cast<std::uint16_t>(info.local.port()));
            m_socket.peer_service =
                info.peer
                    ? m_services.name_of(protocol, static_cast<std::uint16_t>(info.peer->port()))
                    : "";
        }
        const bool more = m_emit(m_socket);
        if (more && is_accept_queue_full(info) == true)
            return m_emit(Warning{"the accept queue of " + escape(info.local.text()) +
                                      " is full: " + std::to_string(*info.accept_length) +
                                      " wait, limit " + std::to_string(*info.accept_limit),
                                  std::nullopt});
        return more;
    }

    void emit_held()
    {
        if (m_held.empty())
            return;
        std::vector<std::uint64_t> inodes;
        inodes.reserve(m_held.size());
        for (const auto& info : m_held) {
            inodes.push_back(info.inode.value_or(0));
            inodes.push_back(info.peer_inode.value_or(0));
        }
        const auto owners = find_owners(std::move(inodes), m_plan.proc_root);
        if (!owners)
            m_emit(Warning{"processes are not known", owners.error()});
        for (auto& info : m_held) {
            m_socket.info = std::move(info);
            m_socket.info.processes_asked = true;
            if (owners)
                owners->assign_to(m_socket.info);
            if (!emit_socket())
                return;
        }
        if (owners && owners->unreadable() > 0)
            m_emit(Note{"processes whose descriptors may not be seen: " +
                        std::to_string(owners->unreadable())});
    }

    const StatPlan& m_plan;
    const Emit& m_emit;
    SocketSource m_source;
    StatSocket m_socket; ///< filled anew for every row
    ServiceNames m_services;
    std::vector<StatCount> m_counts;
    std::vector<SocketInfo> m_held; ///< rows that wait for their processes
    std::optional<Error> m_first_failure;
    std::uint64_t m_unreadable = 0;
    bool m_anything_read = false;
    bool m_started = false;
    bool m_stopped = false;
};

} // namespace

std::vector<SocketQuery> stat_queries(const StatPlan& plan)
{
    std::vector<SocketQuery> queries;
    const auto add = [&](SocketProtocol protocol, int family) {
        queries.push_back({.protocol = protocol,
                           .family = family,
                           .states = states_of(protocol, plan.selection),
                           .tcp_info = plan.view.tcp_info,
                           .memory = plan.view.memory,
                           .cgroup = plan.view.extended});
    };
    if (plan.local)
        add(SocketProtocol::Unix, AF_UNIX);
    for (const auto protocol : {SocketProtocol::Udp, SocketProtocol::Tcp}) {
        if (protocol == SocketProtocol::Udp ? !plan.udp : !plan.tcp)
            continue;
        if (plan.v4)
            add(protocol, AF_INET);
        if (plan.v6)
            add(protocol, AF_INET6);
    }
    return queries;
}

Result<> stat_sockets(const StatPlan& plan, const Emit& emit) { return Listing(plan, emit).run(); }

} // namespace sockit
