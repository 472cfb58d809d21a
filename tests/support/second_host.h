#pragma once

#include "base/fd.h"
#include "support/run.h"

#include <cstdint>
#include <string>

namespace sockit::test {

/// Another network namespace that stands for another machine, joined to ours by a veth pair: here
/// v0 with 10.9.1.1/24 and fd09::1/64, there v1 with 10.9.1.2 and fd09::2. Call fresh_network()
/// before: the pair stays in the network it was made in. Needs iproute2 and nsenter (util-linux).
class SecondHost {
public:
    SecondHost();

    /// Why there is none; empty when there is one. `if (…) GTEST_SKIP() << host.obstacle();`
    [[nodiscard]] const std::string& obstacle() const { return m_obstacle; }
    /// Runs a program there; a failure fails the test.
    void run(const Words& words, const std::string& input = {}) const;
    /// It sends every ICMP error that it has reason to.
    void stop_limiting_icmp() const;
    /// A TCP listener there, on all addresses of both families. Nobody accepts.
    [[nodiscard]] Fd listen(std::uint16_t port, int backlog) const;

private:
    [[nodiscard]] std::string path() const;

    Fd m_namespace;
    std::string m_obstacle;
};

/// The same for commands on this side: `ip route add …`.
void run_here(const Words& words, const std::string& input = {});
/// A listener on a loopback address; port 0 gets one.
Fd listen_on(const std::string& address, std::uint16_t port, int backlog = 16);
std::uint16_t port_of(const Fd& socket);

} // namespace sockit::test
