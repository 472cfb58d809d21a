#pragma once

#include "base/fd.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace sockit::test {

/// What runs on the server of ThreeHosts: made, and run, by a thread in its namespace.
class ServerServices {
public:
    ServerServices();

    [[nodiscard]] const std::string& obstacle() const { return m_obstacle; }
    /// Serves until `stop` is readable.
    void run(FdRef stop);

private:
    void listen(std::uint16_t port, int backlog);
    void listen_ipv6_datagrams(std::uint16_t port);
    void require(const Fd& socket, const char* what);
    void take_connection(std::uint16_t port, const Fd& listener);
    void echo();
    void answer_name();
    void forge();
    void forge_v4(std::span<std::uint8_t> packet);
    void forge_v6(std::span<std::uint8_t> packet);

    struct Listener {
        std::uint16_t port;
        Fd socket;
    };

    std::vector<Listener> m_listeners;
    std::vector<Fd> m_held;
    Fd m_echo;
    Fd m_names;
    Fd m_packets;
    Fd m_icmp4;
    Fd m_icmp6;
    std::string m_obstacle;
};

} // namespace sockit::test
