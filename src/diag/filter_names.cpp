#include "diag/filter_names.h"

#include "base/deadline.h"
#include "diag/cgroup_names.h"
#include "diag/filter_value.h"
#include "sock/resolve.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include <net/if.h>
#include <netinet/in.h>

namespace sockit {

namespace {

constexpr std::chrono::seconds host_limit{10};

AddressPrefix prefix_of(const Endpoint& endpoint)
{
    constexpr unsigned v4_bits = 32;
    constexpr unsigned v6_bits = 128;
    AddressPrefix prefix;
    prefix.family = endpoint.family();
    if (prefix.family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, endpoint.data(), sizeof address);
        std::memcpy(prefix.bytes.data(), &address.sin_addr, sizeof address.sin_addr);
        prefix.length = v4_bits;
    } else {
        sockaddr_in6 address{};
        std::memcpy(&address, endpoint.data(), sizeof address);
        std::memcpy(prefix.bytes.data(), &address.sin6_addr, sizeof address.sin6_addr);
        prefix.length = v6_bits;
    }
    return prefix;
}

Result<> find_host(HostTest& test)
{
    if (test.name.empty() || !test.addresses.empty())
        return {};
    Target target;
    target.host = test.name;
    target.text = test.name;
    const auto family = test.family == AF_INET    ? AddressFamily::Inet
                        : test.family == AF_INET6 ? AddressFamily::Inet6
                                                  : AddressFamily::Any;
    for (const auto& endpoint : TRY(resolve(target, family, Deadline::after(host_limit))))
        test.addresses.push_back(prefix_of(endpoint));
    return {};
}

/// The index of a device by name or by number (of one that may be gone).
Result<std::uint32_t> find_device(const std::string& name)
{
    if (const auto index = ::if_nametoindex(name.c_str()); index != 0)
        return index;
    const auto number = parse_filter_number(name, std::numeric_limits<std::uint32_t>::max());
    if (number && *number != 0)
        return static_cast<std::uint32_t>(*number);
    return Failure(Error::from_errno(Phase::Receive, "filter", "dev " + name, ENODEV));
}

void find_port_range(AutoboundTest& test)
{
    std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    if (range >> first >> last) {
        test.first = first;
        test.last = last;
    }
}

} // namespace

Result<> find_names(Filter& filter)
{
    TRY(find_hosts(filter));
    for (auto& step : filter.steps) {
        if (auto* device = std::get_if<DeviceTest>(&step)) {
            device->index = TRY(find_device(device->name));
        } else if (auto* packet = std::get_if<PacketTest>(&step)) {
            if (!packet->device.empty())
                packet->index = TRY(find_device(packet->device));
        } else if (auto* cgroup = std::get_if<CgroupTest>(&step)) {
            const auto found = TRY(find_cgroup(cgroup->path));
            *cgroup = {.path = found.path, .id = found.id};
        } else if (auto* autobound = std::get_if<AutoboundTest>(&step)) {
            find_port_range(*autobound);
        }
    }
    return {};
}

Result<> find_hosts(Filter& filter)
{
    for (auto& step : filter.steps)
        if (auto* host = std::get_if<HostTest>(&step))
            TRY(find_host(*host));
    return {};
}

} // namespace sockit
