#pragma once

#include "op/proxy_plan.h"
#include "op/proxy_refusal.h"

namespace sockit {

/// A client's side of SOCKS4 and SOCKS4a (openssh.com/txt/socks4.protocol, socks4a.protocol), as a
/// machine without I/O: bytes in, bytes out.
class Socks4Client {
public:
    /// The destination's endpoint, if it has one, is of IPv4.
    Socks4Client(const ProxyPlan& plan, const ProxyDestination& destination);

    /// What is to be sent next; empty while an answer is due.
    [[nodiscard]] std::string take_output();
    /// How many of the bytes, from their first on, belong to the answer. Errors: the proxy's no.
    Result<std::size_t> take(std::string_view bytes);
    /// From here on the connection is the target's.
    [[nodiscard]] bool done() const { return m_done; }
    /// What the proxy said of the target; empty before it has.
    [[nodiscard]] const std::string& reply() const { return m_reply; }

private:
    Result<> judged();

    ProxyNames m_names;
    std::string m_output;
    std::string m_input;
    std::string m_reply;
    bool m_done = false;
};

} // namespace sockit
