#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sockit {

/// Names of ports from the services database (services(5)), read as a whole when the first name is
/// asked for.
class ServiceNames {
public:
    enum class Protocol : std::uint8_t { Tcp, Udp };

    /// "ssh"; empty without a name, and for the ports the kernel hands out to clients
    /// (net.ipv4.ip_local_port_range), which say nothing about a service.
    std::string_view name_of(Protocol protocol, std::uint16_t port);

private:
    void load();

    bool m_loaded = false;
    std::uint16_t m_first_ephemeral = 1;
    std::uint16_t m_last_ephemeral = 0;
    std::unordered_map<std::uint32_t, std::string> m_names;
};

} // namespace sockit
