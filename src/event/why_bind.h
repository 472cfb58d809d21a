#pragma once

#include "base/error.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// A socket that has the port of an address, as far as bind(2) goes by it.
struct BindHolder {
    bool datagram = false; ///< UDP, else TCP
    SocketState state = SocketState::Unknown;
    Endpoint local;
    std::optional<Endpoint> peer;
    std::uint32_t interface = 0; ///< bound device's index, 0 none
    std::uint64_t inode = 0;     ///< 0: nobody has it open any more
    std::optional<std::uint32_t> uid;
    std::vector<SocketOwner> processes; ///< empty: none, or not known
    std::optional<bool> v6only;         ///< nothing for IPv4
    std::optional<bool> reuseaddr;
    std::optional<bool> reuseport;
    bool inferred = false;                  ///< the flags come from binds of our own
    std::optional<std::int64_t> expires_ns; ///< a remainder: until the kernel lets go of it

    bool operator==(const BindHolder&) const = default;
};

/// Whether the kernel keeps no more than the addresses of a closed connection: TIME-WAIT, and
/// FIN-WAIT-2 once nobody has it open.
constexpr bool is_remainder(const BindHolder& holder)
{
    return holder.state == SocketState::TimeWait || holder.expires_ns.has_value();
}

/// `sockopts why-bind` begins.
struct WhyBindStarted {
    std::string kernel; ///< release, as uname(2) has it

    bool operator==(const WhyBindStarted&) const = default;
};

struct WhyBindHolder {
    BindHolder holder;
    std::size_t number = 0; ///< counts from 1, those in the way first
    std::string interface;  ///< name of its device; empty for none
    bool blocks = false;    ///< bind() cannot have the address because of it
    bool uncertain = false; ///< whether it blocks hangs on a flag that is not known

    bool operator==(const WhyBindHolder&) const = default;
};

struct WhyBindVerdict {
    bool datagram = false;
    Endpoint target;
    bool would_bind = false;
    std::optional<Error> error;
    std::string rule;              ///< one sentence, foreign parts escaped
    std::vector<std::string> cure; ///< what would help, best first
    std::vector<std::string> notes;
    bool predicted = false; ///< what the rules say, without asking the kernel
    bool tried = false;     ///< a bind() of our own has confirmed `would_bind`

    bool operator==(const WhyBindVerdict&) const = default;
};

struct WhyBindSummary {
    std::size_t holders = 0;
    std::size_t blocking = 0;
    std::optional<bool> would_bind; ///< nothing: it was not found out

    bool operator==(const WhyBindSummary&) const = default;
};

} // namespace sockit
