#pragma once

#include "op/op_loop.h"
#include "op/proxy_http.h"
#include "op/proxy_socks4.h"
#include "op/proxy_socks5.h"
#include "sock/socket.h"

#include <variant>

namespace sockit {

/// What a client says to a proxy, whatever its protocol. See the machines for what each call does.
class ProxyTalk {
public:
    ProxyTalk(const ProxyPlan& plan, const ProxyDestination& destination);

    [[nodiscard]] std::string take_output();
    Result<std::size_t> take(std::string_view bytes);
    [[nodiscard]] bool done() const;
    /// What the proxy said of the target; empty before it has.
    [[nodiscard]] const std::string& reply() const;

private:
    std::variant<Socks5Client, Socks4Client, HttpConnectClient> m_client;
};

/// Asks the proxy at the other end of `socket` for its destination; afterwards the connection is
/// the target's, and none of its bytes is taken. False: the loop was stopped. Nothing else may be
/// in its poller. Errors: what the proxy said; ECONNABORTED when it went away before it had
/// answered; ETIMEDOUT at `limit`; all with the names as their subject.
Result<bool> talk_to_proxy(OpLoop& loop, const Socket& socket, ProxyTalk& talk,
                           const ProxyNames& names, const Deadline& limit);

} // namespace sockit
