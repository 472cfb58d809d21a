#include "sock/host_names.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <netdb.h>

namespace sockit {

namespace {

constexpr std::size_t most_lookups_at_once = 16;

/// What the threads share with whoever waits for them, and keep when nobody does any more.
struct Lookups {
    std::mutex mutex;
    std::condition_variable answered;
    std::vector<Endpoint> addresses;
    std::vector<std::string> names;
    std::size_t next = 0;
    std::size_t done = 0;
    bool abandoned = false;
};

std::string name_from_database(const Endpoint& endpoint)
{
    std::array<char, NI_MAXHOST> host{};
    const int failed = ::getnameinfo(endpoint.data(), endpoint.size(), host.data(), host.size(),
                                     nullptr, 0, NI_NAMEREQD);
    return failed == 0 ? host.data() : "";
}

void answer_lookups(const std::shared_ptr<Lookups>& lookups)
{
    std::unique_lock lock(lookups->mutex);
    while (!lookups->abandoned && lookups->next < lookups->addresses.size()) {
        const auto at = lookups->next++;
        const auto address = lookups->addresses[at];
        lock.unlock();
        auto name = name_from_database(address);
        lock.lock();
        lookups->names[at] = std::move(name);
        if (++lookups->done == lookups->addresses.size())
            lookups->answered.notify_all();
    }
}

} // namespace

void HostNames::want(const Endpoint& endpoint)
{
    if (endpoint.is_inet() && !endpoint.is_wildcard())
        m_names.try_emplace(endpoint.address());
}

std::size_t HostNames::look_up(const Deadline& deadline)
{
    const auto lookups = std::make_shared<Lookups>();
    for (const auto& [address, name] : m_names)
        if (name.empty())
            lookups->addresses.push_back(*Endpoint::from_literal(address, 0));
    const auto count = lookups->addresses.size();
    lookups->names.resize(count);
    std::size_t started = 0;
    try {
        for (; started < std::min(count, most_lookups_at_once); ++started)
            std::thread([lookups] { answer_lookups(lookups); }).detach();
    } catch (const std::system_error&) {
        if (started == 0) // out of threads: without names, then
            return count;
    }
    std::unique_lock lock(lookups->mutex);
    const auto all_done = [&] { return lookups->done == count; };
    if (const auto end = deadline.point())
        lookups->answered.wait_until(lock, *end, all_done);
    else
        lookups->answered.wait(lock, all_done);
    lookups->abandoned = true;
    for (std::size_t i = 0; i < count; ++i)
        m_names[lookups->addresses[i].address()] = lookups->names[i];
    return count - lookups->done;
}

std::string_view HostNames::name_of(const Endpoint& endpoint) const
{
    if (!endpoint.is_inet())
        return {};
    const auto found = m_names.find(endpoint.address());
    return found != m_names.end() ? std::string_view(found->second) : std::string_view();
}

} // namespace sockit
