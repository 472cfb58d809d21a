#pragma once

#include "diag/filter.h"

#include <cstddef>
#include <vector>

namespace sockit {

/// A filter as the kernel can run it on the sockets of one dump (INET_DIAG_REQ_BYTECODE;
/// include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c), and what is left to do here.
struct FilterProgram {
    bool never = false; ///< no such socket can match: there is nothing to ask for
    /// Passes every socket that matches and perhaps others; empty: all of them.
    std::vector<std::byte> code;
    std::vector<FilterStep>
        rest; ///< what of those that passed is still to be tested; none: nothing
};

/// The filter, which find_names() has been through, for the sockets that `query` asks for.
FilterProgram compile_filter(const Filter& filter, const SocketQuery& query);

/// The one TCP connection of that family that the filter lets through: where it asks for both
/// addresses and both ports, and nothing that only the kernel knows.
std::optional<SocketPair> only_connection(const Filter& filter, int family);

} // namespace sockit
