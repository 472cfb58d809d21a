#include "diag/filter.h"

#include <algorithm>

#include <strings.h>

namespace sockit {

namespace {

struct NamedStates {
    const char* name;
    StateMask states;
};

constexpr StateMask syn_recv = state_bit(SocketState::SynRecv) | state_bit(SocketState::NewSynRecv);
constexpr StateMask minisockets = syn_recv | state_bit(SocketState::TimeWait);
constexpr StateMask with_peer =
    all_states & ~(state_bit(SocketState::Listen) | state_bit(SocketState::Close));

constexpr std::array named_states{
    NamedStates{"established", state_bit(SocketState::Established)},
    NamedStates{"estab", state_bit(SocketState::Established)},
    NamedStates{"syn-sent", state_bit(SocketState::SynSent)},
    NamedStates{"syn-recv", syn_recv},
    NamedStates{"fin-wait-1", state_bit(SocketState::FinWait1)},
    NamedStates{"fin-wait-2", state_bit(SocketState::FinWait2)},
    NamedStates{"time-wait", state_bit(SocketState::TimeWait)},
    NamedStates{"closed", state_bit(SocketState::Close)},
    NamedStates{"close", state_bit(SocketState::Close)},
    NamedStates{"unconnected", state_bit(SocketState::Close)},
    NamedStates{"unconn", state_bit(SocketState::Close)},
    NamedStates{"close-wait", state_bit(SocketState::CloseWait)},
    NamedStates{"last-ack", state_bit(SocketState::LastAck)},
    NamedStates{"listening", state_bit(SocketState::Listen)},
    NamedStates{"listen", state_bit(SocketState::Listen)},
    NamedStates{"closing", state_bit(SocketState::Closing)},
    NamedStates{"bound-inactive", state_bit(SocketState::BoundInactive)},
    NamedStates{"all", all_states},
    NamedStates{"connected", with_peer},
    NamedStates{"synchronized", with_peer & ~state_bit(SocketState::SynSent)},
    NamedStates{"bucket", minisockets},
    NamedStates{"big", all_states & ~minisockets},
};

/// The family that a test was given by name; AF_UNSPEC: none, so that IP is meant.
std::optional<int> family_of(const FilterStep& step)
{
    if (const auto* host = std::get_if<HostTest>(&step))
        return host->family;
    if (const auto* port = std::get_if<PortTest>(&step))
        return port->family;
    if (std::holds_alternative<UnixTest>(step))
        return AF_UNIX;
    if (std::holds_alternative<VsockTest>(step))
        return AF_VSOCK;
    if (std::holds_alternative<NetlinkTest>(step))
        return AF_NETLINK;
    if (std::holds_alternative<PacketTest>(step))
        return AF_PACKET;
    return std::nullopt;
}

} // namespace

std::optional<StateMask> states_named(std::string_view name)
{
    const std::string word(name);
    for (const auto& named : named_states)
        if (::strcasecmp(named.name, word.c_str()) == 0)
            return named.states;
    return std::nullopt;
}

bool names_family(const Filter& filter, int family)
{
    const bool ip = family == AF_INET || family == AF_INET6;
    bool any_named = false;
    for (const auto& step : filter.steps) {
        const auto named = family_of(step);
        if (named == family || (named == AF_UNSPEC && ip))
            return true;
        any_named = any_named || named.value_or(AF_UNSPEC) != AF_UNSPEC;
    }
    return !any_named;
}

bool needs_owners(const Filter& filter)
{
    return std::ranges::any_of(filter.steps, [](const FilterStep& step) {
        const auto* number = std::get_if<NumberTest>(&step);
        return std::holds_alternative<CommTest>(step) ||
               (number != nullptr && number->field == NumberTest::Field::Pid);
    });
}

} // namespace sockit
