#pragma once

#include "base/result.h"
#include "sock/endpoint.h"
#include "sock/resolve.h"
#include "sock/socket.h"
#include "sock/target.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What the user wants of every socket that an op makes.
struct SocketPlan {
    AddressFamily family = AddressFamily::Any;
    std::string interface;          ///< SO_BINDTODEVICE; empty for none
    std::optional<Endpoint> source; ///< clients: where to connect from

    bool operator==(const SocketPlan&) const = default;
};

/// A socket for connecting to `to`: keeps ICMP errors, bound to interface and source. A source of
/// the other family than `to` is EADDRNOTAVAIL.
Result<Socket> open_client_socket(Transport transport, const Endpoint& to, const SocketPlan& plan);

/// SO_BINDTODEVICE; nothing for an empty name.
Result<> bind_to_interface(const Socket& socket, const std::string& interface);

} // namespace sockit
