#pragma once

#include "base/error.h"

#include <string_view>

namespace sockit {

/// The fatal alert (RFC 8446, 6.2) that the peer ended the session with, as an error. OpenSSL must
/// be loaded.
Error tls_alert(std::string_view call, std::string_view peer, int alert);

} // namespace sockit
