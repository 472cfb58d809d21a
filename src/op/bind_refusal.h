#pragma once

#include "op/bind_rules.h"
#include "sock/socket.h"

#include <string>
#include <vector>

namespace sockit {

/// A refusal in words, without full stops, foreign parts escaped.
struct BindRefusal {
    std::string rule;              ///< one sentence
    std::vector<std::string> cure; ///< what would help, best first

    bool operator==(const BindRefusal&) const = default;
};

/// Why a bind() failed that no other socket is to blame for: EACCES, EADDRNOTAVAIL and their kin,
/// with the sysctls as they are now. Of EADDRINUSE: that whoever has the port is not to be seen.
BindRefusal explain_refusal(const Error& error, const BindWish& wish);

/// Why bind() of `socket` to `address` failed with `error`, in one line: the holder and the rule.
/// Binds nothing itself. Empty where nothing is known; never fails.
std::string bind_hint(const Socket& socket, const Endpoint& address, const Error& error);

/// What is worth knowing of that port although it stops no bind(): that the kernel keeps it back
/// from its own choices (net.ipv4.ip_local_reserved_ports).
std::vector<std::string> port_notes(std::uint32_t port);

/// Whether `port` is in a list like `8080,9000-9010`.
bool is_in_port_list(std::string_view list, std::uint32_t port);

} // namespace sockit
