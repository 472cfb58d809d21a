#include "op/audience.h"

#include "op/delivery.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

constexpr auto longest_hold_up = std::chrono::milliseconds(250);

Error takes_too_little(const Endpoint& peer)
{
    Error error = Error::from_errno(Phase::Send, "send", peer.text(), ENOBUFS);
    error.detail = "it does not take what is sent: 1 MiB waits for it";
    return error;
}

} // namespace

Audience::Audience(Poller& poller, const ListenPlan& plan, Moved moved)
    : m_poller(poller), m_plan(plan), m_moved(std::move(moved)), m_input({STDIN_FILENO}, "stdin"),
      m_watch_input(poller, m_input.ref(), input_token)
{
    if (m_plan.broadcast)
        m_buffer.emplace();
}

void Audience::join(Guest& guest)
{
    if (!wanted())
        return;
    m_seats[guest.story.id] = &guest;
    if (m_plan.chat)
        guest.lines.emplace(guest.story.id, TaggedLines::Clean::Yes);
    serve(guest);
    watch(guest);
}

void Audience::part(Guest& guest)
{
    if (m_seats.erase(guest.story.id) == 0)
        return;
    if (guest.full)
        --m_full;
    m_full_until.set(guest.story.id, {});
    auto& traffic = guest.story.traffic;
    const auto left = unacknowledged(guest.channel->socket(), traffic.fin_sent);
    traffic.bytes_unacked = left ? std::optional(*left) : std::nullopt;
    if (guest.lines)
        spread(nullptr, guest.lines->finish());
}

void Audience::heard(Guest& from, std::string_view bytes)
{
    if (from.lines)
        spread(&from, from.lines->add(bytes));
}

void Audience::spread(const Guest* from, std::string bytes)
{
    const auto chunk = std::make_shared<const std::string>(std::move(bytes));
    if (chunk->empty())
        return;
    for (auto& [id, guest] : m_seats) {
        if (guest == from || guest->lost)
            continue;
        const bool idle = guest->queue.empty();
        guest->queue.push(chunk);
        if (idle)
            serve(*guest);
        judge_fullness(*guest);
        watch(*guest);
    }
}

void Audience::serve(Guest& guest)
{
    if (!m_seats.contains(guest.story.id) || guest.lost)
        return;
    auto& sent = *guest.story.traffic.bytes_sent;
    const auto before = sent;
    const auto flushed = guest.queue.flush(*guest.channel, sent);
    if (sent != before)
        m_moved(guest);
    if (!flushed) // a guest that has said all it had to may go when it likes
        return lose(guest, guest.ended ? std::nullopt : std::optional(flushed.error()));
    judge_fullness(guest);
    finish(guest);
    watch(guest);
}

void Audience::judge_fullness(Guest& guest)
{
    if (!guest.full && guest.queue.overfull()) {
        guest.full = true;
        ++m_full;
        m_full_until.set(guest.story.id, Deadline::after(longest_hold_up));
    } else if (guest.full && guest.queue.size() <= OutQueue::limit / 2) {
        guest.full = false;
        --m_full;
        m_full_until.set(guest.story.id, {});
    }
}

/// FIN once everything is said and sent.
void Audience::finish(Guest& guest)
{
    auto& traffic = guest.story.traffic;
    if (!all_said() || !guest.queue.empty())
        return;
    if (m_plan.relay.rules.half_close && !traffic.fin_sent) {
        const auto finished = guest.channel->finish_sending();
        if (!finished)
            return lose(guest, guest.ended ? std::nullopt : std::optional(finished.error()));
        guest.finishing = !*finished;
        if (guest.finishing)
            return;
        traffic.fin_sent = true;
        if (!traffic.closed_first)
            traffic.closed_first = Side::Local;
    }
    traffic.stdin_eof = true;
    if (guest.ended)
        lose(guest, std::nullopt);
}

bool Audience::keeps(Guest& guest)
{
    guest.ended = true;
    if (!m_plan.broadcast || m_plan.chat)
        return false;
    serve(guest);
    return true;
}

Result<> Audience::read_input()
{
    const auto read = TRY(m_input.read(m_buffer->space()));
    if (read.would_block())
        return {};
    if (!read.end()) {
        m_buffer->filled(read.bytes);
        const auto bytes = m_buffer->rest();
        spread(nullptr, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        return {};
    }
    m_input_over = true;
    for (auto& [id, guest] : m_seats)
        serve(*guest);
    return {};
}

Result<> Audience::prepare()
{
    while (const auto late = m_full_until.expired(Clock::now())) {
        Guest& guest = *m_seats.at(*late);
        guest.channel->socket().reset_on_close(); // a FIN would tell it that this was all
        guest.story.traffic.closed_first = Side::Local;
        lose(guest, takes_too_little(guest.story.peer));
    }
    const bool held_up = m_full > 0;
    if (std::exchange(m_held_up, held_up) != held_up)
        for (auto& [id, guest] : m_seats)
            watch(*guest);
    const bool reads = m_plan.broadcast && !m_input_over && !held_up && !m_seats.empty();
    m_watch_input.want(reads ? std::optional(Interest{.read = true}) : std::nullopt);
    return m_watch_input.error() ? Result<>(Failure(*m_watch_input.error())) : Result<>();
}

void Audience::watch(Guest& guest)
{
    const Interest wanted{.read = !m_held_up && !guest.ended,
                          .write = !guest.queue.empty() || guest.finishing};
    if (guest.lost || guest.interest == wanted)
        return;
    guest.interest = wanted;
    if (auto changed = m_poller.modify(guest.ref(), guest.story.id, wanted); !changed)
        lose(guest, changed.error());
}

void Audience::lose(Guest& guest, std::optional<Error> error)
{
    if (!std::exchange(guest.lost, true))
        m_lost.push_back({guest.story.id, std::move(error)});
}

std::vector<Audience::Loss> Audience::take_lost() { return std::exchange(m_lost, {}); }

} // namespace sockit
