#include "diag/filter.h"

#include "base/escape.h"
#include "diag/filter_evaluate.h"
#include "diag/filter_program.h"
#include "fuzz.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include <linux/inet_diag.h>

// The words of a filter; the program for the kernel that is made of them, run by a machine of our
// own as net/ipv4/inet_diag.c describes it; and what is left to be tested. Together they say of any
// socket what the whole filter says.

namespace sockit::fuzz {

namespace {

using Address = std::array<std::uint8_t, 16>;

Address address_of(const Endpoint& endpoint)
{
    Address bytes{};
    if (endpoint.family() == AF_INET) {
        const auto& in = *reinterpret_cast<const sockaddr_in*>(endpoint.data());
        std::memcpy(bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    } else if (endpoint.family() == AF_INET6) {
        const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(endpoint.data());
        std::memcpy(bytes.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    }
    return bytes;
}

/// What the kernel's machine knows of a socket.
struct Entry {
    int family;
    Address source;
    Address destination;
    std::uint32_t source_port;
    std::uint32_t destination_port;
    std::uint32_t interface;
    std::uint32_t mark;
    bool port_locked; ///< the user chose it
};

template <class T>
T object_at(std::span<const std::byte> bytes)
{
    T object;
    must(bytes.size() >= sizeof object);
    std::memcpy(&object, bytes.data(), sizeof object);
    return object;
}

bool same_bits(const std::uint8_t* left, const std::uint8_t* right, unsigned length)
{
    for (unsigned bit = 0; bit < length; ++bit)
        if (((left[bit / 8] ^ right[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

bool meets(const Entry& entry, bool source, std::span<const std::byte> operand)
{
    const auto condition = object_at<inet_diag_hostcond>(operand);
    const auto port = source ? entry.source_port : entry.destination_port;
    if (condition.port != -1 && static_cast<std::uint32_t>(condition.port) != port)
        return false;
    Address wanted{};
    const auto given = operand.subspan(sizeof condition);
    std::memcpy(wanted.data(), given.data(), std::min(given.size(), wanted.size()));
    const auto& address = source ? entry.source : entry.destination;
    if (condition.family != AF_UNSPEC && condition.family != entry.family) {
        constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        return entry.family == AF_INET6 && condition.family == AF_INET &&
               std::equal(mapped.begin(), mapped.end(), address.begin()) &&
               same_bits(wanted.data(), address.data() + mapped.size(), condition.prefix_len);
    }
    return same_bits(wanted.data(), address.data(), condition.prefix_len);
}

bool operation_says(const Entry& entry, const inet_diag_bc_op& operation,
                    std::span<const std::byte> operand)
{
    const auto bound = [&] { return object_at<inet_diag_bc_op>(operand).no; };
    switch (operation.code) {
    case INET_DIAG_BC_NOP: return true;
    case INET_DIAG_BC_JMP: return false;
    case INET_DIAG_BC_S_GE: return entry.source_port >= bound();
    case INET_DIAG_BC_S_LE: return entry.source_port <= bound();
    case INET_DIAG_BC_D_GE: return entry.destination_port >= bound();
    case INET_DIAG_BC_D_LE: return entry.destination_port <= bound();
    case INET_DIAG_BC_AUTO: return !entry.port_locked;
    case INET_DIAG_BC_S_COND: return meets(entry, true, operand);
    case INET_DIAG_BC_D_COND: return meets(entry, false, operand);
    case INET_DIAG_BC_DEV_COND: return object_at<std::uint32_t>(operand) == entry.interface;
    case INET_DIAG_BC_MARK_COND: {
        const auto wanted = object_at<inet_diag_markcond>(operand);
        return (entry.mark & wanted.mask) == wanted.mark;
    }
    default: must(false); return false;
    }
}

/// inet_diag_bc_run(), and of inet_diag_bc_audit() that nothing jumps into the middle or far out.
bool kernel_passes(std::span<const std::byte> code, const Entry& entry)
{
    std::size_t at = 0;
    while (at < code.size()) {
        const auto operation = object_at<inet_diag_bc_op>(code.subspan(at));
        must(operation.yes >= sizeof operation && operation.yes % 4 == 0);
        must(operation.no >= sizeof operation && operation.no % 4 == 0);
        must(at + operation.yes <= code.size());
        must(at + operation.no <= code.size() + 4);
        const auto operand = code.subspan(at + sizeof operation, operation.yes - sizeof operation);
        at += operation_says(entry, operation, operand) ? operation.yes : operation.no;
    }
    return at == code.size();
}

SocketInfo socket_of(FuzzedDataProvider& input)
{
    static const std::array ports{0U, 22U, 80U, 443U, 32768U, 60999U, 65535U};
    static const std::array addresses{*Endpoint::from_literal("127.0.0.1", 0),
                                      *Endpoint::from_literal("10.1.2.3", 0),
                                      *Endpoint::from_literal("0.0.0.0", 0),
                                      *Endpoint::from_literal("::", 0),
                                      *Endpoint::from_literal("::1", 0),
                                      *Endpoint::from_literal("fe80::7", 0),
                                      *Endpoint::from_literal("::ffff:10.1.2.3", 0)};
    const auto end = [&](int family) {
        auto endpoint = addresses[input.ConsumeIntegralInRange<std::size_t>(0, 6)];
        if (endpoint.family() != family)
            endpoint = addresses[family == AF_INET ? 0 : 4];
        endpoint.set_port(static_cast<std::uint16_t>(input.PickValueInArray(ports)));
        return endpoint;
    };
    SocketInfo info;
    info.netid = "tcp";
    info.family = input.ConsumeBool() ? AF_INET : AF_INET6;
    info.local = end(info.family);
    info.peer = end(info.family);
    info.cookie = 5;
    info.interface = input.ConsumeIntegralInRange(0U, 2U);
    info.mark = input.ConsumeIntegralInRange(0U, 20U);
    info.uid = input.ConsumeIntegralInRange(0U, 2U);
    info.inode = input.ConsumeIntegralInRange(0U, 20U);
    if (input.ConsumeBool())
        info.processes = {{{.pid = 1, .fd = 3, .comm = "init", .tid = {}}}};
    return info;
}

/// Stands for find_names(), which asks this machine: no addresses for names of hosts, no ids.
void find_no_names(Filter& filter)
{
    for (auto& step : filter.steps) {
        if (auto* host = std::get_if<HostTest>(&step); host != nullptr && !host->name.empty())
            host->addresses = {{.family = AF_INET, .bytes = {127, 0, 0, 1}, .length = 32}};
        if (auto* device = std::get_if<DeviceTest>(&step))
            device->index = device->name == "1" ? 1 : 2;
    }
}

void look_at_socket(const Filter& filter, const SocketInfo& info)
{
    const SocketQuery query{.protocol = SocketProtocol::Tcp, .family = info.family};
    const auto program = compile_filter(filter, query);
    FilterEvaluator whole(filter.steps);
    FilterEvaluator rest(program.rest);
    const auto wanted = names_family(filter, info.family) ? whole(info) : Truth::False;
    const auto left = rest(info);
    const Entry entry{.family = info.family,
                      .source = address_of(info.local),
                      .destination = address_of(*info.peer),
                      .source_port = info.local.port(),
                      .destination_port = info.peer->port(),
                      .interface = info.interface,
                      .mark = *info.mark,
                      .port_locked = false};
    const bool passed = !program.never && kernel_passes(program.code, entry);
    if (!passed)
        must(wanted == Truth::False);
    else
        must(left == wanted);
}

} // namespace

/// Some bytes that choose a socket, from the end; the others are the filter.
void look_at(std::string_view bytes)
{
    constexpr std::size_t choices = 12;
    const auto text = bytes.substr(0, bytes.size() - std::min(choices, bytes.size()));
    auto filter = parse_filter(text);
    if (!filter) {
        must(filter.error().domain == Domain::Usage);
        must(is_utf8(describe_error(filter.error())));
        return;
    }
    find_no_names(*filter);
    const auto rest = bytes.substr(text.size());
    FuzzedDataProvider input(reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size());
    look_at_socket(*filter, socket_of(input));
}

} // namespace sockit::fuzz
