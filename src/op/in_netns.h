#pragma once

#include "base/result.h"
#include "diag/namespaces.h"

#include <cstdint>
#include <functional>

namespace sockit {

enum class NetnsVisit : std::uint8_t {
    Done,
    Gone, ///< the namespace has ended, or its process has left it
    NotPermitted,
};

/// Does `act` in a network namespace, on a thread that lives as long as that, and waits for it: the
/// sockets that `act` opens are of that namespace for good. An error is that of `act`, or that no
/// thread could be had.
Result<NetnsVisit> in_netns(const FoundNetns& space, const std::function<Result<>()>& act);

} // namespace sockit
