#pragma once

#include "event/probe.h"

#include <string>

namespace sockit {

/// "SSH-2.0-OpenSSH_9.2": the first line of what came, escaped; empty where nothing did.
std::string banner_text(const ProbeResult& result);

/// "TLSv1.3 TLS_AES_256_GCM_SHA384, h2, CN=localhost, 29 days left", as far as it is known; empty
/// where nothing is.
std::string tls_text(const ProbeResult& result);

} // namespace sockit
