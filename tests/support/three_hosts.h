#pragma once

#include "base/fd.h"
#include "support/run.h"

#include <string>
#include <thread>

namespace sockit::test {

/// Our network and two namespaces more: a client (ours), a router and a server, with everything
/// between them that answers a connection in some way of its own. Call fresh_network() before.
/// Needs iproute2, nftables and nsenter.
///
///   client 10.77.1.1 fd77:1::1 -- 10.77.1.254 fd77:1::fe router 10.77.2.254 fd77:2::fe --
///   server 10.77.2.2 fd77:2::2
///
/// TCP ports of the server, and of UDP where it makes sense: 7001 open (UDP: echo), 7002 closed,
/// 7003 RST of a rule, 7004 drop, 7005 open with a backlog of 0, 7006 accept and RST, 7007 accept
/// and FIN, 7008 drops every second SYN, 7010-7016 nft's reject with net, host, prot and port
/// unreachable, net, host and admin prohibited (IPv6: 7010, 7011, 7013, 7016), 7020-7023 drop, RST,
/// admin-prohibited and port-unreachable by an OUTPUT rule of ours, 7030 admin-prohibited by the
/// router (UDP: host-prohibited), 20000 + 100 * TYPE + CODE an ICMP message of that type and code.
/// Name server on 10.77.2.2: NAME.zoo.test for nx, servfail, refused, nodata, dual (the server),
/// and mute. Routes of ours: 10.77.8.1-4 and fd77:8::1-4 unreachable, prohibit, blackhole, throw;
/// of the router's: 10.77.9.1-3 and fd77:9::1-3 the first three of these. No neighbour:
/// 10.77.1.77, fd77:1::77; of the router's: 10.77.2.77, fd77:2::77. A device that is down: down0,
/// with 172.31.5.1/24.
class ThreeHosts {
public:
    ThreeHosts();
    ThreeHosts(const ThreeHosts&) = delete;
    ThreeHosts& operator=(const ThreeHosts&) = delete;
    ~ThreeHosts();

    /// Why there are none; empty when there are.
    [[nodiscard]] const std::string& obstacle() const { return m_obstacle; }
    /// Runs a program on that host; a failure fails the test.
    void run_on_router(const Words& words, const std::string& input = {}) const;
    void run_on_server(const Words& words, const std::string& input = {}) const;

private:
    [[nodiscard]] std::string lay_wires() const;
    void start_services();

    Fd m_router;
    Fd m_server;
    Fd m_stop;
    std::string m_obstacle;
    std::thread m_services;
};

} // namespace sockit::test
