#include "event/stat_columns.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sockit {

namespace {

/// The bytes of an address and its port in an order that compares like them.
std::string ordered(const Endpoint& endpoint)
{
    if (!endpoint.is_inet())
        return endpoint.text();
    std::string key(1, endpoint.family() == AF_INET ? '4' : '6');
    if (endpoint.family() == AF_INET) {
        const auto& in = *reinterpret_cast<const sockaddr_in*>(endpoint.data());
        key.append(reinterpret_cast<const char*>(&in.sin_addr), sizeof in.sin_addr);
    } else {
        const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(endpoint.data());
        key.append(reinterpret_cast<const char*>(&in6.sin6_addr), sizeof in6.sin6_addr);
    }
    const auto number = endpoint.port();
    key += static_cast<char>(number >> 8U);
    key += static_cast<char>(number & 0xffU);
    return key;
}

/// As it is compared: lower case, `-` where `_` may stand.
std::string normal(std::string_view name)
{
    std::string out(name);
    for (char& c : out)
        c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

struct OtherName {
    std::string_view typed;
    std::string_view name;
};

constexpr std::array other_names{
    OtherName{"cwnd", "snd-cwnd"},
    OtherName{"mss", "snd-mss"},
    OtherName{"ssthresh", "snd-ssthresh"},
    OtherName{"sport", "local-port"},
    OtherName{"dport", "peer-port"},
    OtherName{"src", "local"},
    OtherName{"dst", "peer"},
    OtherName{"processes", "process"},
    OtherName{"users", "process"},
    OtherName{"command", "comm"},
    OtherName{"command-line", "cmdline"},
    OtherName{"ino", "inode"},
    OtherName{"sk", "cookie"},
    OtherName{"dev", "interface"},
    OtherName{"protocol", "netid"},
    OtherName{"recvq", "recv-q"},
    OtherName{"sendq", "send-q"},
    OtherName{"accept-queue", "queue"},
};

} // namespace

const StatColumn* find_stat_column(std::string_view name)
{
    auto wanted = normal(name);
    const auto other = std::ranges::find(other_names, wanted, &OtherName::typed);
    if (other != other_names.end())
        wanted = other->name;
    for (const auto& column : stat_columns())
        if (normal(column.name) == wanted || normal(column.key) == wanted)
            return &column;
    return nullptr;
}

void add_need(const StatColumn& column, StatView& view)
{
    switch (column.need) {
    case StatNeed::Nothing: return;
    case StatNeed::Commands: view.commands = true; [[fallthrough]];
    case StatNeed::Processes: view.processes = true; return;
    case StatNeed::Users: view.users = true; return;
    case StatNeed::Extended: view.extended = true; return;
    case StatNeed::TcpInfo: view.tcp_info = true; return;
    case StatNeed::Memory: view.memory = true; return;
    }
}

StatValue stat_sort_value(const StatColumn& column, const StatSocket& socket)
{
    const auto& info = socket.info;
    if (column.name == "local")
        return ordered(info.local);
    if (column.name == "peer")
        return info.peer ? StatValue(ordered(*info.peer)) : StatValue();
    if (column.name == "timer")
        return info.timer ? StatValue(static_cast<std::uint64_t>(info.timer->expires_ns))
                          : StatValue();
    const auto* owner =
        info.processes && !info.processes->empty() ? &info.processes->front() : nullptr;
    return column.value(column, socket, owner);
}

} // namespace sockit
