#include "diag/interface_names.h"

#include <cerrno>
#include <cstring>

#include <linux/netlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sockit {

Result<Fd> open_netlink(int protocol)
{
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
    if (!socket.valid())
        return Failure(Error::from_errno(Phase::Socket, "socket", "netlink", errno));
    return socket;
}

const std::string& InterfaceNames::name_of(std::uint32_t index)
{
    const auto [entry, added] = m_names.try_emplace(index);
    if (!added)
        return entry->second;
    if (!m_socket.valid())
        if (auto opened = m_open(NETLINK_ROUTE))
            m_socket = std::move(*opened);
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(index);
    if (::ioctl(m_socket.get(), SIOCGIFNAME, &request) == 0)
        entry->second.assign(request.ifr_name, ::strnlen(request.ifr_name, IFNAMSIZ));
    return entry->second;
}

} // namespace sockit
