#pragma once

#include "op/proxy_plan.h"
#include "op/proxy_refusal.h"

namespace sockit {

/// A client's side of HTTP's CONNECT (RFC 9110, section 9.3.6) with Basic authentication (RFC
/// 7617), as a machine without I/O: bytes in, bytes out. Heads of answers have at most 64 KiB.
class HttpConnectClient {
public:
    HttpConnectClient(const ProxyPlan& plan, const ProxyDestination& destination);

    /// What is to be sent next; empty while an answer is due.
    [[nodiscard]] std::string take_output();
    /// How many of the bytes, from their first on, belong to the answer. Errors: the proxy's no.
    Result<std::size_t> take(std::string_view bytes);
    /// From here on the connection is the target's.
    [[nodiscard]] bool done() const { return m_done; }
    /// The status line without its version: "200 Connection established"; empty before it came.
    [[nodiscard]] const std::string& reply() const { return m_reply; }

private:
    Result<> line_ended();
    Result<> judge();
    [[nodiscard]] Error refusal(unsigned status) const;

    ProxyNames m_names;
    bool m_authenticated;
    std::string m_output;
    std::string m_line;       ///< of the head, so far
    std::size_t m_before = 0; ///< bytes of the head's lines before it
    std::string m_status_line;
    std::string m_proxy_status; ///< that header of RFC 9209, which says what went wrong
    std::string m_reply;
    bool m_done = false;
};

} // namespace sockit
