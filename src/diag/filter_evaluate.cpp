#include "diag/filter_evaluate.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fnmatch.h>

namespace sockit {

namespace {

constexpr std::size_t mapped_bytes = 12; ///< of ::ffff:0:0 before the IPv4 address

using AddressBytes = std::array<std::uint8_t, AddressPrefix::longest>;

Truth truth(bool value) { return value ? Truth::True : Truth::False; }

template <class T>
bool compare(T left, Comparison comparison, T right)
{
    switch (comparison) {
    case Comparison::Equal: return left == right;
    case Comparison::Less: return left < right;
    case Comparison::AtMost: return left <= right;
    case Comparison::Greater: return left > right;
    case Comparison::AtLeast: return left >= right;
    }
    return false;
}

/// Null: the peer of a socket that has none.
const Endpoint* end_of(const SocketInfo& info, SocketEnd end)
{
    if (end == SocketEnd::Local)
        return &info.local;
    return info.peer ? &*info.peer : nullptr;
}

AddressBytes address_bytes(const Endpoint* endpoint)
{
    AddressBytes bytes{};
    if (endpoint != nullptr && endpoint->family() == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, endpoint->data(), sizeof address);
        std::memcpy(bytes.data(), &address.sin_addr, sizeof address.sin_addr);
    } else if (endpoint != nullptr && endpoint->family() == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, endpoint->data(), sizeof address);
        std::memcpy(bytes.data(), &address.sin6_addr, sizeof address.sin6_addr);
    }
    return bytes;
}

bool same_bits(const std::uint8_t* left, const std::uint8_t* right, unsigned length)
{
    constexpr unsigned byte_bits = 8;
    const unsigned whole = length / byte_bits;
    const unsigned rest = length % byte_bits;
    if (!std::equal(left, left + whole, right))
        return false;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
    return rest == 0 || ((left[whole] ^ right[whole]) & mask) == 0;
}

bool contains(const AddressPrefix& prefix, int family, const AddressBytes& address)
{
    static constexpr std::array<std::uint8_t, mapped_bytes> mapped{0, 0, 0, 0, 0,    0,
                                                                   0, 0, 0, 0, 0xff, 0xff};
    if (prefix.family == family)
        return same_bits(prefix.bytes.data(), address.data(), prefix.length);
    return prefix.family == AF_INET && std::equal(mapped.begin(), mapped.end(), address.begin()) &&
           same_bits(prefix.bytes.data(), address.data() + mapped_bytes, prefix.length);
}

bool is_of(int family, int wanted)
{
    if (wanted == AF_UNSPEC)
        return family == AF_INET || family == AF_INET6;
    return family == wanted;
}

/// As ss shows it: the path, or @ and the abstract name.
std::string unix_text(const Endpoint* endpoint)
{
    if (endpoint == nullptr)
        return {};
    std::string name(endpoint->unix_name());
    if (endpoint->is_unix_abstract())
        name.insert(name.begin(), '@');
    std::ranges::replace(name, '\0', '@');
    return name;
}

bool has_autobind_form(const Endpoint& endpoint)
{
    constexpr std::size_t digits = 5; // unix(7), "Autobind feature"
    const auto name = endpoint.unix_name();
    if (!endpoint.is_unix_abstract())
        return name.empty();
    return name.size() == digits &&
           name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Truth run(const HostTest& test, const SocketInfo& info)
{
    if (!is_of(info.family, test.family))
        return Truth::False;
    const Endpoint* end = end_of(info, test.end);
    if (test.port && *test.port != (end != nullptr ? end->port() : 0))
        return Truth::False;
    if (test.addresses.empty())
        return Truth::True;
    const auto address = address_bytes(end);
    return truth(std::ranges::any_of(test.addresses, [&](const AddressPrefix& prefix) {
        return contains(prefix, info.family, address);
    }));
}

Truth run(const PortTest& test, const SocketInfo& info)
{
    if (!is_of(info.family, test.family))
        return Truth::False;
    const Endpoint* end = end_of(info, test.end);
    return truth(compare(end != nullptr ? end->port() : 0, test.comparison, test.port));
}

Truth run(const UnixTest& test, const SocketInfo& info)
{
    return truth(info.family == AF_UNIX &&
                 ::fnmatch(test.pattern.c_str(), unix_text(end_of(info, test.end)).c_str(),
                           FNM_CASEFOLD) == 0);
}

Truth run(const VsockTest& test, const SocketInfo& info)
{
    const Endpoint* end = end_of(info, test.end);
    if (info.family != AF_VSOCK)
        return Truth::False;
    if (end == nullptr)
        return truth(!test.cid && !test.port);
    return truth((!test.cid || *test.cid == end->cid()) &&
                 (!test.port || *test.port == end->port()));
}

Truth run(const NetlinkTest& test, const SocketInfo& info)
{
    const Endpoint* end = end_of(info, test.end);
    if (info.family != AF_NETLINK)
        return Truth::False;
    if (test.end == SocketEnd::Local && test.protocol && info.protocol != test.protocol)
        return Truth::False;
    return truth(!test.port || *test.port == (end != nullptr ? end->port() : 0));
}

bool is_on(const std::string& device, std::uint32_t index, const SocketInfo& info)
{
    // Where the name is known it is that of the socket's own namespace; numbers repeat there.
    if (!info.interface_name.empty() && !device.empty())
        return info.interface_name == device || std::to_string(info.interface) == device;
    return index != 0 ? info.interface == index : std::to_string(info.interface) == device;
}

Truth run(const PacketTest& test, const SocketInfo& info)
{
    if (info.family != AF_PACKET || test.end == SocketEnd::Peer)
        return Truth::False;
    if (test.protocol && info.protocol != test.protocol)
        return Truth::False;
    return truth(test.device.empty() || is_on(test.device, test.index, info));
}

/// Without a cookie it is a row of /proc, which has neither devices nor control groups.
bool is_proc_row(const SocketInfo& info) { return info.local.is_inet() && !info.cookie; }

Truth run(const DeviceTest& test, const SocketInfo& info)
{
    if (info.interface == 0 && is_proc_row(info))
        return Truth::Unknown;
    return truth(is_on(test.name, test.index, info));
}

Truth run(const MarkTest& test, const SocketInfo& info)
{
    if (!info.mark)
        return info.family == AF_UNIX ? Truth::False : Truth::Unknown;
    return truth((*info.mark & test.mask) == test.mark);
}

Truth run(const CgroupTest& test, const SocketInfo& info)
{
    if (!info.cgroup)
        return is_proc_row(info) ? Truth::Unknown : Truth::False;
    return truth(*info.cgroup == test.path);
}

Truth run(const AutoboundTest& test, const SocketInfo& info)
{
    if (info.family == AF_UNIX)
        return truth(has_autobind_form(info.local));
    const auto port = info.local.port();
    return truth(info.local.is_inet() && port >= test.first && port <= test.last);
}

/// Whether one of the processes does; unknown where some are hidden and none of the others does.
template <class Predicate>
Truth any_owner(const SocketInfo& info, const Predicate& predicate)
{
    if (info.processes && std::ranges::any_of(*info.processes, predicate))
        return Truth::True;
    return info.processes && !info.processes_incomplete ? Truth::False : Truth::Unknown;
}

Truth run(const NumberTest& test, const SocketInfo& info)
{
    const auto known = [&](const auto& value) {
        return value ? truth(compare<std::uint64_t>(*value, test.comparison, test.value))
                     : Truth::Unknown;
    };
    switch (test.field) {
    case NumberTest::Field::Uid: return known(info.uid);
    case NumberTest::Field::Inode: return known(info.inode);
    case NumberTest::Field::Pid: break;
    }
    return any_owner(info, [&](const SocketOwner& owner) {
        return compare(static_cast<std::uint64_t>(owner.pid), test.comparison, test.value);
    });
}

Truth run(const CommTest& test, const SocketInfo& info)
{
    return any_owner(info, [&](const SocketOwner& owner) {
        return ::fnmatch(test.pattern.c_str(), owner.comm.c_str(), 0) == 0;
    });
}

} // namespace

FilterEvaluator::FilterEvaluator(std::vector<FilterStep> steps) : m_steps(std::move(steps))
{
    m_stack.reserve(m_steps.size());
}

Truth FilterEvaluator::operator()(const SocketInfo& info)
{
    m_stack.clear();
    for (const auto& step : m_steps) {
        const auto* join = std::get_if<FilterOperator>(&step);
        if (join == nullptr) {
            m_stack.push_back(std::visit(
                [&](const auto& test) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(test)>, FilterOperator>)
                        return Truth::False;
                    else
                        return run(test, info);
                },
                step));
            continue;
        }
        const Truth right = m_stack.back();
        if (*join == FilterOperator::Not) {
            m_stack.back() = static_cast<Truth>(2 - std::to_underlying(right));
            continue;
        }
        m_stack.pop_back();
        Truth& left = m_stack.back();
        left = *join == FilterOperator::And ? std::min(left, right) : std::max(left, right);
    }
    return m_stack.empty() ? Truth::True : m_stack.back();
}

} // namespace sockit
