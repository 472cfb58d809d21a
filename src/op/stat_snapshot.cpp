#include "op/stat_snapshot.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace sockit {

namespace {

/// FNV-1a: spreads well and needs no table.
class Hash {
public:
    void add(const void* bytes, std::size_t length)
    {
        const auto* at = static_cast<const unsigned char*>(bytes);
        for (std::size_t i = 0; i < length; ++i)
            m_value = (m_value ^ at[i]) * 0x100000001b3ULL;
    }
    void add(std::uint64_t number) { add(&number, sizeof number); }

    void add(const Endpoint& endpoint)
    {
        add(static_cast<std::uint64_t>(endpoint.family()));
        add(endpoint.port());
        if (endpoint.family() == AF_INET)
            add(&reinterpret_cast<const sockaddr_in*>(endpoint.data())->sin_addr, sizeof(in_addr));
        else if (endpoint.family() == AF_INET6)
            add(&reinterpret_cast<const sockaddr_in6*>(endpoint.data())->sin6_addr,
                sizeof(in6_addr));
        else
            add(endpoint.unix_name().data(), endpoint.unix_name().size());
    }

    [[nodiscard]] std::uint64_t value() const { return m_value; }

private:
    std::uint64_t m_value = 0xcbf29ce484222325ULL;
};

std::uint64_t hash_of_addresses(const SocketInfo& info)
{
    Hash hash;
    hash.add(info.netid.data(), info.netid.size());
    hash.add(info.netns ? info.netns->inode : 0);
    hash.add(info.interface);
    hash.add(info.interface_name.data(), info.interface_name.size());
    hash.add(info.local);
    if (info.peer)
        hash.add(*info.peer);
    return hash.value();
}

/// Whether its addresses are its own: a unix connection bears the name of its listener, or none.
bool is_placed(const SocketInfo& info)
{
    if (info.family == AF_UNIX)
        return !info.local.unix_name().empty() && info.peer_inode.value_or(0) == 0;
    return (info.family == AF_INET || info.family == AF_INET6) && info.local.port() != 0;
}

} // namespace

void Snapshot::add(const SocketInfo& info)
{
    Hash inode;
    inode.add(info.netns ? info.netns->inode : 0);
    inode.add(info.inode.value_or(0));
    m_entries.push_back({.place = m_sockets.add(info),
                         .cookie = info.cookie.value_or(0),
                         .inode = info.inode.value_or(0) != 0 ? inode.value() : 0,
                         .addresses = hash_of_addresses(info),
                         .placed = is_placed(info)});
    m_has_cookies = m_has_cookies || info.cookie.value_or(0) != 0;
}

void Snapshot::clear()
{
    m_sockets.clear();
    m_entries.clear();
    m_has_cookies = false;
}

void Snapshot::get(std::size_t index, SocketInfo& info) const
{
    m_sockets.get(m_entries[index].place, info);
}

std::vector<Snapshot::Identity> Snapshot::identities(bool by_cookie) const
{
    std::vector<Identity> identities;
    identities.reserve(m_entries.size());
    for (std::size_t index = 0; index < m_entries.size(); ++index) {
        const auto& entry = m_entries[index];
        const auto id = by_cookie ? entry.cookie : entry.inode;
        identities.push_back({id != 0 ? id : entry.addresses, index});
    }
    std::ranges::sort(identities, {},
                      [](const Identity& one) { return std::pair(one.id, one.index); });
    return identities;
}

std::vector<Snapshot::Difference> Snapshot::compare(const Snapshot& before, const Snapshot& after,
                                                    const Pair& stays)
{
    const bool by_cookie = (before.m_has_cookies || before.m_entries.empty()) &&
                           (after.m_has_cookies || after.m_entries.empty());
    const auto old_ones = before.identities(by_cookie);
    const auto new_ones = after.identities(by_cookie);
    std::vector<std::size_t> closed;
    std::vector<std::size_t> opened;
    auto old_one = old_ones.begin();
    auto new_one = new_ones.begin();
    while (old_one != old_ones.end() || new_one != new_ones.end()) {
        if (new_one == new_ones.end() || (old_one != old_ones.end() && old_one->id < new_one->id)) {
            closed.push_back((old_one++)->index);
        } else if (old_one == old_ones.end() || new_one->id < old_one->id) {
            opened.push_back((new_one++)->index);
        } else {
            if (stays)
                stays(old_one->index, new_one->index);
            ++old_one;
            ++new_one;
        }
    }
    std::ranges::sort(closed);
    std::ranges::sort(opened);

    std::unordered_multimap<std::uint64_t, std::size_t> vacated; // where closed ones were
    for (const auto index : closed)
        if (before.m_entries[index].placed)
            vacated.emplace(before.m_entries[index].addresses, index);
    std::vector<Difference> arrivals;
    std::vector<std::size_t> replaced;
    for (const auto index : opened) {
        auto& arrival =
            arrivals.emplace_back(Difference{SocketChange::Opened, std::nullopt, index});
        const auto there = vacated.find(after.m_entries[index].addresses);
        if (there == vacated.end())
            continue;
        arrival.change = SocketChange::Replaced;
        arrival.before = there->second;
        replaced.push_back(there->second);
        vacated.erase(there);
    }
    std::ranges::sort(replaced);
    std::vector<Difference> differences;
    for (const auto index : closed)
        if (!std::ranges::binary_search(replaced, index))
            differences.push_back({SocketChange::Closed, index, std::nullopt});
    differences.insert(differences.end(), arrivals.begin(), arrivals.end());
    return differences;
}

} // namespace sockit
