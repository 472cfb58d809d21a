#include "op/probe_queue.h"

#include "base/random.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sockit {

namespace {

/// People read short lists in the order they typed them.
constexpr std::size_t longest_in_order = 16;
/// So late a thread may come without what is due piling up: the slack of its timers.
constexpr Duration longest_catching_up = std::chrono::milliseconds(10);

/// Coprime to `size`, and far from its neighbours.
std::size_t stride_through(std::size_t size, std::uint64_t random)
{
    auto stride = size / 3 + static_cast<std::size_t>(below(size / 3, random));
    while (std::gcd(stride, size) != 1)
        ++stride;
    return stride;
}

} // namespace

ProbeQueue::ProbeQueue(std::span<const TargetGroup> groups, Lookups& lookups,
                       const Options& options)
    : m_lookups(lookups), m_each_address(options.each_address)
{
    if (options.rate)
        m_interval = Duration(std::chrono::seconds(1)) / static_cast<Duration::rep>(*options.rate);
    auto random = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    for (const auto& group : groups) {
        Cursor cursor{.group = &group, .lookup = lookups.add(group.target), .first = m_size};
        const auto size = group.size();
        if (size > longest_in_order) {
            random = mix(random);
            cursor.at = static_cast<std::size_t>(below(size, random));
            cursor.stride = stride_through(size, mix(random));
        }
        m_waiting.push_back(cursor);
        m_size += size;
    }
}

bool ProbeQueue::refresh()
{
    const std::scoped_lock lock(m_mutex);
    const auto now = Clock::now();
    std::erase_if(m_nameless, [&](Item& item) {
        if (m_lookups.may_improve(item.lookup))
            return false;
        m_later.emplace(now, std::move(item));
        return true;
    });
    return std::erase_if(m_waiting, [&](Cursor& cursor) {
               cursor.answer = m_lookups.answer(cursor.lookup);
               if (cursor.answer == nullptr)
                   return false;
               const auto& addresses = cursor.answer->addresses;
               if (m_each_address && addresses && addresses->size() > 1)
                   spread(cursor);
               else
                   m_ready.push_back(cursor);
               return true;
           }) > 0;
}

/// A cursor for each address of the name.
void ProbeQueue::spread(Cursor cursor)
{
    const auto& answer = *cursor.answer;
    for (std::size_t i = 0; i < answer.addresses->size(); ++i) {
        if (i > 0) {
            cursor.first = m_size;
            m_size += cursor.group->size();
        }
        cursor.answer = &m_single.emplace_back(
            LookupAnswer{.addresses = std::vector{(*answer.addresses)[i]}, .took = answer.took});
        m_ready.push_back(cursor);
    }
}

void ProbeQueue::take(std::vector<Item>& into, std::size_t most)
{
    const auto now = Clock::now();
    const std::scoped_lock lock(m_mutex);
    while (most-- > 0) {
        if (m_interval && now < m_not_before)
            return;
        auto item = next(now);
        if (!item)
            return;
        into.push_back(*std::move(item));
        if (m_interval)
            m_not_before = std::max(m_not_before, now - longest_catching_up) + *m_interval;
    }
}

std::optional<ProbeQueue::Item> ProbeQueue::next(Clock::time_point now)
{
    while (!m_later.empty() && m_later.begin()->first <= now) {
        auto item = std::move(m_later.extract(m_later.begin()).mapped());
        if (!m_lookups.may_improve(item.lookup))
            return item;
        m_nameless.push_back(std::move(item));
    }
    if (m_ready.empty())
        return std::nullopt;
    Cursor cursor = m_ready.front();
    m_ready.pop_front();
    auto item = take_from(cursor);
    if (cursor.taken < cursor.group->size())
        m_ready.push_back(cursor);
    return item;
}

ProbeQueue::Item ProbeQueue::take_from(Cursor& cursor) const
{
    const auto size = cursor.group->size();
    Item item{.target = cursor.group->at(cursor.at),
              .answer = cursor.answer,
              .lookup = cursor.lookup,
              .number = cursor.first + cursor.at};
    cursor.at = (cursor.at + cursor.stride) % size;
    ++cursor.taken;
    return item;
}

std::optional<ProbeQueue::Item> ProbeQueue::take_unresolved()
{
    const std::scoped_lock lock(m_mutex);
    m_later.clear();
    m_nameless.clear();
    std::erase_if(m_ready,
                  [&](const Cursor& cursor) { return cursor.answer->addresses.has_value(); });
    return next(Clock::now());
}

void ProbeQueue::again(Item item, Clock::time_point due)
{
    const std::scoped_lock lock(m_mutex);
    m_later.emplace(due, std::move(item));
}

std::size_t ProbeQueue::forget(std::size_t number)
{
    const std::scoped_lock lock(m_mutex);
    const auto is_it = [&](const Item& item) { return item.number == number; };
    return std::erase_if(m_later, [&](const auto& entry) { return is_it(entry.second); }) +
           std::erase_if(m_nameless, is_it);
}

Deadline ProbeQueue::next_due() const
{
    const std::scoped_lock lock(m_mutex);
    if (m_ready.empty() && m_later.empty())
        return {};
    const auto due = m_ready.empty() ? m_later.begin()->first : Clock::now();
    return Deadline::at(m_interval ? std::max(due, m_not_before) : due);
}

} // namespace sockit
