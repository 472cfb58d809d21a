#pragma once

#include "op/proxy_plan.h"
#include "op/proxy_refusal.h"

namespace sockit {

/// A client's side of SOCKS5 (RFC 1928) with or without user and password (RFC 1929), as a machine
/// without I/O: bytes in, bytes out.
class Socks5Client {
public:
    Socks5Client(const ProxyPlan& plan, ProxyDestination destination);

    /// What is to be sent next; empty while an answer is due.
    [[nodiscard]] std::string take_output();
    /// How many of the bytes, from their first on, belong to the answer. Errors: the proxy's no.
    Result<std::size_t> take(std::string_view bytes);
    /// From here on the connection is the target's.
    [[nodiscard]] bool done() const { return m_step == Step::Done; }
    /// What the proxy said of the target; empty before it has.
    [[nodiscard]] const std::string& reply() const { return m_reply; }

private:
    enum class Step : std::uint8_t { Method, Password, Verdict, Address, Done };

    Result<> answered();
    Result<> method_chosen();
    Result<> judged();
    void request();

    ProxyDestination m_destination;
    std::optional<ProxyCredentials> m_credentials;
    ProxyNames m_names;
    Step m_step = Step::Method;
    std::string m_output;
    std::string m_input;   ///< of the answer that is due
    std::size_t m_due = 2; ///< bytes of it
    std::string m_reply;
};

} // namespace sockit
