#pragma once

#include "sock/tls_facts.h"

#include <cstdint>
#include <optional>

namespace sockit {

/// The handshake is done.
struct TlsEstablished {
    std::optional<std::uint64_t> connection; ///< its id, where there are several
    TlsFacts facts;

    bool operator==(const TlsEstablished&) const = default;
};

} // namespace sockit
