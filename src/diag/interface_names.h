#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace sockit {

/// Opens a netlink socket of that protocol (NETLINK_*) in some network namespace.
using NetlinkOpener = std::function<Result<Fd>(int protocol)>;

/// In the current namespace.
Result<Fd> open_netlink(int protocol);

/// Names of network interfaces by their index, in the namespace of the opener's sockets. Each is
/// asked for once (SIOCGIFNAME, netdevice(7)).
class InterfaceNames {
public:
    explicit InterfaceNames(NetlinkOpener open = open_netlink) : m_open(std::move(open)) {}

    /// Empty where there is no such interface (any more).
    const std::string& name_of(std::uint32_t index);

private:
    NetlinkOpener m_open;
    Fd m_socket;
    std::unordered_map<std::uint32_t, std::string> m_names;
};

} // namespace sockit
