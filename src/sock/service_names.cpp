#include "sock/service_names.h"

#include <fstream>

#include <arpa/inet.h>
#include <netdb.h>

namespace sockit {

namespace {

std::uint32_t key(ServiceNames::Protocol protocol, std::uint16_t port)
{
    return std::uint32_t{protocol == ServiceNames::Protocol::Udp} << 16U | port;
}

} // namespace

std::string_view ServiceNames::name_of(Protocol protocol, std::uint16_t port)
{
    if (!m_loaded)
        load();
    if (port == 0 || (port >= m_first_ephemeral && port <= m_last_ephemeral))
        return {};
    const auto found = m_names.find(key(protocol, port));
    return found != m_names.end() ? std::string_view(found->second) : std::string_view();
}

void ServiceNames::load()
{
    m_loaded = true;
    std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    if (range >> first >> last) {
        m_first_ephemeral = first;
        m_last_ephemeral = last;
    }
    // One pass instead of a search of the whole file for each port.
    ::setservent(1);
    while (const servent* entry = ::getservent()) {
        const std::string_view protocol = entry->s_proto;
        if (protocol != "tcp" && protocol != "udp")
            continue;
        const auto port = ntohs(static_cast<std::uint16_t>(entry->s_port));
        m_names.try_emplace(key(protocol == "udp" ? Protocol::Udp : Protocol::Tcp, port),
                            entry->s_name);
    }
    ::endservent();
}

} // namespace sockit
