#pragma once

#include "op/proxy_plan.h"
#include "op/send_proxy_header.h"
#include "sock/cidr.h"
#include "sock/resolve.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

// Options about proxies and about who may connect: strings in, typed plans or usage errors out.

/// `--proxy URL` for that target; nothing when absent.
Result<std::optional<ProxyPlan>> plan_proxy(const std::optional<std::string>& url,
                                            const Target& target, AddressFamily family);

/// `--proxy-protocol v1|v2[=SRC[:PORT]]` of a client; nothing when absent.
Result<std::optional<ProxyHeaderPlan>> plan_proxy_header(const std::optional<std::string>& text,
                                                         const Target& target);

/// `--allow CIDR` and `--deny CIDR` of a server at that target.
Result<AccessRules> plan_access(const std::vector<std::string>& allow,
                                const std::vector<std::string>& deny, const Target& target);

} // namespace sockit
