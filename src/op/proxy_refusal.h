#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace sockit {

/// Who a proxy's failure is told of.
struct ProxyNames {
    std::string url;    ///< the proxy's, without password
    std::string target; ///< what it was asked to connect to
};

// Failures on the way through a proxy: those of the target have the target as their subject and
// name the proxy as who says so; those of the proxy have the proxy as their subject. `words` are
// fit for a terminal.

/// The proxy could not reach the target, and why.
Error target_refused(const ProxyNames& names, int errno_value, std::string_view words);
/// The proxy could not resolve the target's name; `eai` as of getaddrinfo(3).
Error target_unresolved(const ProxyNames& names, int eai, std::string_view words);
/// The proxy said no without a reason that has a code.
Error target_not_reached(const ProxyNames& names, std::string_view words);
/// The proxy does not serve us, for lack of the right user and password.
Error proxy_denied(const ProxyNames& names, std::string_view words);
/// What the proxy sent is not its protocol (EPROTO).
Error proxy_nonsense(const ProxyNames& names, std::string_view words);

} // namespace sockit
