#include "op/echo_verifier.h"

#include <algorithm>

namespace sockit {

namespace {

/// So many given up are remembered; an echo that comes even later than theirs is a duplicate.
constexpr std::size_t most_late = 4096;
/// Beyond the header, so that chance does not name another connection's message.
constexpr std::size_t enough_to_name_another = EchoPayload::header + 8;

std::string text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

EchoVerifier::EchoVerifier(const EchoScript& script, std::uint32_t connection, bool compare)
    : m_script(&script), m_connection(connection), m_compare(compare)
{}

EchoVerifier::Answer EchoVerifier::take(std::span<const std::byte>& bytes, EchoFlaws& flaws)
{
    if (!m_stray.empty() || m_window.empty()) [[unlikely]]
        return take_in_doubt(std::exchange(bytes, {}), flaws);
    const EchoMessage& message = m_window.front().message;
    const auto mine = bytes.first(std::min(bytes.size(), message.size - m_received));
    const auto right =
        m_compare ? m_script->payload().matching(message, m_received, mine) : mine.size();
    if (right < mine.size()) [[unlikely]] {
        m_stray.resize(m_received + right);
        m_script->payload().write(message, 0, m_stray);
        m_received = 0;
        return take_in_doubt(std::exchange(bytes, {}).subspan(right), flaws);
    }
    bytes = bytes.subspan(right);
    m_received += right;
    return m_received < message.size ? Answer::Pending : answer(0, flaws);
}

EchoVerifier::Answer EchoVerifier::take_in_doubt(std::span<const std::byte> bytes, EchoFlaws& flaws)
{
    if (!m_compare)
        return Answer::Pending;
    m_stray.insert(m_stray.end(), bytes.begin(), bytes.end());
    return sort_out(flaws);
}

/// Finds out what m_stray holds, echo by echo, until something is answered or more bytes are needed
/// to tell.
EchoVerifier::Answer EchoVerifier::sort_out(EchoFlaws& flaws)
{
    while (!m_stray.empty()) {
        const Origin origin = origin_of(m_stray);
        if (origin.kind == Origin::Kind::Unknown) {
            if (m_window.empty())
                return unasked(flaws);
            if (m_stray.size() < m_window.front().message.size)
                return Answer::Pending;
            return corrupt_stream(flaws);
        }
        const auto length = origin.message.size - origin.from;
        if (m_stray.size() < length) {
            if (origin.kind == Origin::Kind::Outstanding && origin.index == 0) {
                m_received = m_stray.size(); // no doubt is left
                m_stray = {};
            }
            return Answer::Pending;
        }
        if (origin.kind == Origin::Kind::Outstanding) {
            drop(length);
            return answer(origin.index, flaws);
        }
        pass_over(origin, flaws);
        drop(length);
        if (origin.kind == Origin::Kind::Other && !m_window.empty())
            return answer_wrong(0);
    }
    return Answer::Pending;
}

EchoVerifier::Answer EchoVerifier::take_datagram(std::span<const std::byte> datagram,
                                                 EchoFlaws& flaws)
{
    const Origin origin = origin_of(datagram);
    if (origin.kind == Origin::Kind::Outstanding && datagram.size() == origin.message.size)
        return answer(origin.index, flaws);
    m_stray.assign(datagram.begin(), datagram.end());
    Answer verdict = Answer::Pending;
    if (origin.kind == Origin::Kind::Outstanding) {
        const auto common = std::min<std::size_t>(datagram.size(), origin.message.size);
        drop(common);
        flaws.add(
            detail(datagram.size() < origin.message.size ? EchoFlaw::Truncated : EchoFlaw::Corrupt,
                   origin.message, common));
        verdict = answer_wrong(origin.index);
    } else if (origin.kind == Origin::Kind::Unknown) {
        verdict = m_window.empty() ? unasked(flaws) : corrupt_datagram(flaws);
    } else if (origin.kind == Origin::Kind::Known && datagram.size() != origin.message.size) {
        unasked(flaws);
    } else {
        pass_over(origin, flaws);
    }
    m_stray.clear();
    return verdict;
}

EchoVerifier::Answer EchoVerifier::answer(std::size_t index, EchoFlaws& flaws)
{
    for (std::size_t earlier = 0; earlier < index; ++earlier)
        m_window[earlier].overtaken = true;
    m_answered = m_window.take(index);
    if (index == 0)
        m_received = 0;
    remember({.message = m_answered.message});
    if (!m_answered.overtaken) [[likely]]
        return Answer::Right;
    flaws.add({.flaw = EchoFlaw::Reorder,
               .connection = m_connection,
               .sequence = m_answered.message.sequence,
               .offset = 0,
               .expected = {},
               .actual = {}});
    return Answer::Wrong;
}

EchoVerifier::Answer EchoVerifier::answer_wrong(std::size_t index)
{
    m_answered = m_window.take(index);
    remember({.message = m_answered.message});
    return Answer::Wrong;
}

EchoVerifier::Answer EchoVerifier::corrupt_stream(EchoFlaws& flaws)
{
    flaws.add(difference(m_window.front().message));
    drop(length_of_damage());
    return answer_wrong(0);
}

/// The header may be right although the rest is not.
EchoVerifier::Answer EchoVerifier::corrupt_datagram(EchoFlaws& flaws)
{
    std::size_t index = 0;
    if (const auto named = EchoPayload::read_header(m_stray);
        named && named->connection == m_connection)
        index = m_window.find(named->sequence).value_or(0);
    flaws.add(difference(m_window[index].message));
    return answer_wrong(index);
}

EchoVerifier::Answer EchoVerifier::unasked(EchoFlaws& flaws)
{
    const auto& last = m_known[(m_next_known + m_known.size() - 1) % m_known.size()].message;
    EchoDetail more = detail(EchoFlaw::Corrupt, last, last.size);
    more.connection = m_connection;
    flaws.add(std::move(more));
    m_stray.clear();
    return Answer::Pending;
}

/// An echo that nobody waits for, here.
void EchoVerifier::pass_over(const Origin& origin, EchoFlaws& flaws)
{
    if (origin.kind == Origin::Kind::Other) {
        EchoDetail mixed = m_window.empty() ? detail(EchoFlaw::Corrupt, origin.message, 0)
                                            : difference(m_window.front().message);
        mixed.connection = m_connection;
        mixed.other = {.connection = origin.message.connection,
                       .sequence = origin.message.sequence};
        flaws.add(std::move(mixed));
        return;
    }
    if (!origin.late)
        flaws.add(detail(EchoFlaw::Duplicate, origin.message, 0));
    std::erase(m_late, origin.message.sequence);
    for (auto& known : m_known)
        if (known.message == origin.message)
            known = {.message = origin.message};
}

EchoVerifier::Origin EchoVerifier::origin_of(std::span<const std::byte> bytes) const
{
    if (!m_window.empty() && agrees(bytes, m_window.front().message))
        return {.kind = Origin::Kind::Outstanding, .message = m_window.front().message};
    if (const auto named = origin_by_header(bytes))
        return *named;
    return origin_by_bytes(bytes).value_or(Origin());
}

std::optional<EchoVerifier::Origin>
EchoVerifier::origin_by_header(std::span<const std::byte> bytes) const
{
    const auto named = EchoPayload::read_header(bytes);
    if (!named || named->connection == 0 || named->connection > m_script->connections())
        return std::nullopt;
    Origin origin{.message = m_script->message(named->connection, named->sequence)};
    if (origin.message.size < EchoPayload::header || !agrees(bytes, origin.message))
        return std::nullopt;
    if (named->connection != m_connection) {
        if (bytes.size() < std::min<std::size_t>(origin.message.size, enough_to_name_another))
            return std::nullopt;
        origin.kind = Origin::Kind::Other;
        return origin;
    }
    if (const auto index = m_window.find(named->sequence)) {
        origin.kind = Origin::Kind::Outstanding;
        origin.index = *index;
        return origin;
    }
    if (named->sequence >= m_next_sequence)
        return std::nullopt;
    origin.kind = Origin::Kind::Known;
    origin.late = std::ranges::find(m_late, named->sequence) != m_late.end();
    return origin;
}

/// What has no header, or begins behind it, or is too short to have it.
std::optional<EchoVerifier::Origin>
EchoVerifier::origin_by_bytes(std::span<const std::byte> bytes) const
{
    for (std::size_t i = 1; i < m_window.size(); ++i) {
        const auto& message = m_window[i].message;
        if (message.size < EchoPayload::header && agrees(bytes, message))
            return Origin{.kind = Origin::Kind::Outstanding, .message = message, .index = i};
    }
    for (const auto& known : m_known)
        if (known.message.size > 0 && agrees(bytes, known.message, known.from))
            return Origin{.kind = Origin::Kind::Known,
                          .message = known.message,
                          .from = known.from,
                          .late = known.late};
    return std::nullopt;
}

/// Whether they are that message's bytes from offset `from` on, as far as both go.
bool EchoVerifier::agrees(std::span<const std::byte> bytes, const EchoMessage& message,
                          std::size_t from) const
{
    const auto common = std::min(bytes.size(), message.size - from);
    return !m_compare || m_script->payload().matching(message, from, bytes.first(common)) == common;
}

/// How much of m_stray is the oldest message's, which it does not agree with: up to where another
/// one begins, or its size.
std::size_t EchoVerifier::length_of_damage() const
{
    const std::span<const std::byte> stray(m_stray);
    for (std::size_t at = 1; m_window.size() > 1 && at + EchoPayload::header <= stray.size();
         ++at) {
        const auto named = EchoPayload::read_header(stray.subspan(at));
        if (named->connection != m_connection)
            continue;
        const auto index = m_window.find(named->sequence);
        if (index.value_or(0) > 0 && agrees(stray.subspan(at), m_window[*index].message))
            return at;
    }
    return m_window.front().message.size;
}

void EchoVerifier::remember(const Known& known)
{
    m_known[m_next_known] = known;
    m_next_known = static_cast<std::uint8_t>((m_next_known + 1U) % m_known.size());
}

void EchoVerifier::drop(std::size_t count)
{
    m_stray.erase(m_stray.begin(), m_stray.begin() + static_cast<std::ptrdiff_t>(count));
    if (m_stray.empty())
        m_stray.shrink_to_fit();
}

void EchoVerifier::give_up(EchoFlaws& flaws)
{
    if (m_window.empty())
        return;
    const EchoMessage message = m_window.front().message;
    note_unanswered(EchoFlaw::Lost, flaws);
    remember({.message = message, .from = m_received, .late = true});
    m_late.push_back(message.sequence);
    if (m_late.size() > most_late)
        m_late.erase(m_late.begin());
    m_window.take(0);
    m_received = 0;
}

void EchoVerifier::end(EchoFlaws& flaws)
{
    if (m_window.empty() && !m_stray.empty())
        pass_over(origin_of(m_stray), flaws);
    while (!m_window.empty()) {
        note_unanswered(EchoFlaw::Truncated, flaws);
        m_window.take(0);
        m_received = 0;
    }
    m_stray = {};
    m_known = {};
}

/// Why the oldest message has no echo: nothing came of it (Lost), a part did (`if_partial`), or
/// something else (Corrupt).
void EchoVerifier::note_unanswered(EchoFlaw if_partial, EchoFlaws& flaws)
{
    const EchoMessage& message = m_window.front().message;
    if (!m_stray.empty() && origin_of(m_stray).kind == Origin::Kind::Unknown) {
        flaws.add(difference(message));
        m_stray = {};
        return;
    }
    EchoDetail note = detail(m_received > 0 ? if_partial : EchoFlaw::Lost, message, m_received);
    note.actual.clear();
    flaws.add(std::move(note));
}

/// `expected` is the message from `offset` on, `actual` what is in doubt.
EchoDetail EchoVerifier::detail(EchoFlaw flaw, const EchoMessage& message, std::size_t offset) const
{
    std::vector<std::byte> wanted(std::min(EchoDetail::most_bytes, message.size - offset));
    m_script->payload().write(message, offset, wanted);
    const auto came = std::span(m_stray).first(std::min(EchoDetail::most_bytes, m_stray.size()));
    return {.flaw = flaw,
            .connection = message.connection,
            .sequence = message.sequence,
            .offset = offset,
            .expected = text(wanted),
            .actual = text(came)};
}

/// The first run of differing bytes between the message and m_stray.
EchoDetail EchoVerifier::difference(const EchoMessage& message) const
{
    const auto came = std::span(m_stray).first(std::min<std::size_t>(m_stray.size(), message.size));
    const auto offset = m_script->payload().matching(message, 0, came);
    std::vector<std::byte> wanted(std::min(EchoDetail::most_bytes, came.size() - offset));
    m_script->payload().write(message, offset, wanted);
    std::size_t differing = 0;
    while (differing < wanted.size() && wanted[differing] != came[offset + differing])
        ++differing;
    return {.flaw = EchoFlaw::Corrupt,
            .connection = message.connection,
            .sequence = message.sequence,
            .offset = offset,
            .expected = text(std::span(wanted).first(differing)),
            .actual = text(came.subspan(offset, differing))};
}

} // namespace sockit
