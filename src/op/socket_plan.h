#pragma once

#include "base/result.h"
#include "event/event.h"
#include "sock/endpoint.h"
#include "sock/resolve.h"
#include "sock/socket.h"
#include "sock/sockopt.h"
#include "sock/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What the user wants of every socket that an op makes.
struct SocketPlan {
    AddressFamily family = AddressFamily::Any;
    std::string interface;                 ///< SO_BINDTODEVICE; empty for none
    std::optional<Endpoint> source;        ///< clients: where to connect from
    std::optional<std::uint8_t> hop_limit; ///< routers drop what they got after so many hops
    std::vector<SockoptSetting> sockopts;
    bool strict = false; ///< a setting that the kernel took without granting it is an error

    bool operator==(const SocketPlan&) const = default;
};

/// socket(2) for that transport. What this kernel lacks is Domain::Unsupported with the transport's
/// name.
Result<Socket> open_socket(Transport transport, int family);

/// A socket for connecting to `to`: keeps ICMP errors, bound to interface and source, with the
/// options whose time is before the connect. A unix datagram socket gets an abstract name, so that
/// it can be answered. A source of the other family than `to` is
/// EADDRNOTAVAIL.
Result<Socket> open_client_socket(Transport transport, const Endpoint& to, const SocketPlan& plan,
                                  const Emit& emit);

/// Sets the options that belong to `phase` and reads them back. One that the kernel refused is the
/// error; of a strict plan, one that it did not grant as well (Domain::Unmet).
Result<std::vector<SockoptOutcome>> apply_options(const Socket& socket, const SocketPlan& plan,
                                                  SockoptPhase phase);

/// A Warning for each that the kernel took without granting it, a Note for any other. False: the
/// output can take no more.
bool tell_options(const std::vector<SockoptOutcome>& outcomes, const Emit& emit);

/// Both at once.
Result<> apply_options(const Socket& socket, const SocketPlan& plan, SockoptPhase phase,
                       const Emit& emit);

/// SO_BINDTODEVICE; nothing for an empty name.
Result<> bind_to_interface(const Socket& socket, const std::string& interface);

} // namespace sockit
