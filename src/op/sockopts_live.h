#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "diag/socket_query.h"
#include "sock/socket_info.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// A socket by its addresses.
struct SocketAddress {
    std::optional<SocketProtocol> protocol; ///< any where not given
    std::optional<Endpoint> local;          ///< any address with `port` where not given
    std::uint16_t port = 0;
    std::optional<Endpoint> peer; ///< any where not given

    bool operator==(const SocketAddress&) const = default;
};

/// Which sockets of processes are meant: those of which all that is given holds.
struct LiveTarget {
    std::optional<std::int32_t> pid;
    std::optional<int> fd; ///< of `pid`
    std::optional<SocketAddress> address;
    std::optional<std::uint64_t> inode;
    std::optional<std::uint64_t> cookie;
    std::string text; ///< the words for it, ready for a shell: "--pid 5 --fd 3"

    bool operator==(const LiveTarget&) const = default;
};

/// A socket that processes hold.
struct LiveSocket {
    std::uint64_t inode = 0;
    std::vector<SocketOwner> owners;          ///< at least one
    SocketState state = SocketState::Unknown; ///< as sock_diag(7) says; Unknown where it is silent
};

struct LiveSockets {
    std::vector<LiveSocket> sockets; ///< by pid and descriptor
    bool held_by_nobody = false;     ///< some that match have no process (any more): TIME-WAIT
    bool hidden = false;             ///< some that match belong to processes we may not look into
};

/// What is there at this moment. Errors are those of list_held_sockets() and find_owners().
Result<LiveSockets> find_live_sockets(const LiveTarget& target);

struct Duplicate {
    Fd fd;
    SocketOwner owner; ///< from whom we have it
};

/// A duplicate from the first owner who lets us have one; see duplicate_foreign_socket(). Close it
/// at once: within a millisecond.
Result<Duplicate> duplicate_live_socket(const LiveSocket& socket);

} // namespace sockit
