#include "op/echo_verifier.h"

#include <algorithm>

namespace sockit {

namespace {

std::string text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

EchoVerifier::EchoVerifier(const EchoPayload& payload, bool compare)
    : m_payload(&payload), m_compare(compare)
{}

void EchoVerifier::expect(const EchoMessage& message)
{
    m_outstanding = message;
    m_received = 0;
}

EchoVerifier::Answer EchoVerifier::take(std::span<const std::byte> bytes, EchoFlaws& flaws)
{
    if (!m_stray.empty() || !m_outstanding) [[unlikely]] {
        if (!m_compare)
            return Answer::Pending;
        m_stray.insert(m_stray.end(), bytes.begin(), bytes.end());
        return sort_out(flaws);
    }
    const auto mine = bytes.first(std::min(bytes.size(), m_outstanding->size - m_received));
    const auto right =
        m_compare ? m_payload->matching(*m_outstanding, m_received, mine) : mine.size();
    if (right < mine.size()) [[unlikely]] {
        m_stray.resize(m_received + right);
        m_payload->write(*m_outstanding, 0, m_stray);
        m_received = 0;
        m_stray.insert(m_stray.end(), bytes.begin() + static_cast<std::ptrdiff_t>(right),
                       bytes.end());
        return sort_out(flaws);
    }
    m_received += right;
    if (m_received < m_outstanding->size)
        return Answer::Pending;
    remember({.message = *m_outstanding});
    m_outstanding.reset();
    m_received = 0;
    if (mine.size() < bytes.size() && m_compare) [[unlikely]]
        m_stray.assign(bytes.begin() + static_cast<std::ptrdiff_t>(mine.size()), bytes.end());
    return Answer::Right;
}

/// Finds out what m_stray holds, echo by echo, until the outstanding one is answered or more bytes
/// are needed to tell.
EchoVerifier::Answer EchoVerifier::sort_out(EchoFlaws& flaws)
{
    while (!m_stray.empty()) {
        if (m_outstanding && stray_agrees(*m_outstanding, 0)) {
            if (m_stray.size() < m_outstanding->size)
                return Answer::Pending;
            drop(m_outstanding->size);
            remember({.message = *m_outstanding});
            m_outstanding.reset();
            return Answer::Right;
        }
        if (Known* known = find_known()) {
            const std::size_t length = known->message.size - known->from;
            if (m_stray.size() < length)
                return Answer::Pending;
            if (!known->late)
                flaws.add(detail(EchoFlaw::Duplicate, known->message, 0));
            *known = {.message = known->message};
            drop(length);
            continue;
        }
        if (!m_outstanding) {
            EchoDetail unasked = detail(EchoFlaw::Corrupt, {}, 0);
            const auto& last = m_known[(m_next_known + m_known.size() - 1) % m_known.size()];
            unasked.connection = last.message.connection;
            unasked.sequence = last.message.sequence;
            unasked.offset = last.message.size;
            flaws.add(std::move(unasked));
            m_stray.clear();
            return Answer::Pending;
        }
        if (m_stray.size() < m_outstanding->size)
            return Answer::Pending;
        flaws.add(difference());
        drop(m_outstanding->size);
        remember({.message = *m_outstanding});
        m_outstanding.reset();
        return Answer::Wrong;
    }
    return Answer::Pending;
}

EchoVerifier::Known* EchoVerifier::find_known()
{
    const auto found = std::ranges::find_if(m_known, [&](const Known& known) {
        return known.message.size > 0 && stray_agrees(known.message, known.from);
    });
    return found == m_known.end() ? nullptr : &*found;
}

/// Whether m_stray and the message from offset `from` on are the same, as far as both go.
bool EchoVerifier::stray_agrees(const EchoMessage& message, std::size_t from) const
{
    const auto common = std::min(m_stray.size(), message.size - from);
    return m_payload->matching(message, from, std::span(m_stray).first(common)) == common;
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
    if (!m_outstanding)
        return;
    note_unanswered(EchoFlaw::Lost, flaws);
    remember({.message = *m_outstanding, .from = m_received, .late = true});
    m_outstanding.reset();
    m_received = 0;
    m_stray = {};
}

void EchoVerifier::end(EchoFlaws& flaws)
{
    if (m_outstanding)
        note_unanswered(EchoFlaw::Truncated, flaws);
    else if (!m_stray.empty() && find_known() != nullptr)
        flaws.add(detail(EchoFlaw::Duplicate, find_known()->message, 0));
    m_outstanding.reset();
    m_received = 0;
    m_stray = {};
}

/// Why the outstanding message has no echo: nothing came of it (Lost), a part did (`if_partial`),
/// or something else (Corrupt).
void EchoVerifier::note_unanswered(EchoFlaw if_partial, EchoFlaws& flaws)
{
    const bool in_stray = !m_stray.empty() && stray_agrees(*m_outstanding, 0);
    if (!m_stray.empty() && !in_stray && find_known() == nullptr) {
        flaws.add(difference());
        return;
    }
    const std::size_t came = in_stray ? m_stray.size() : m_received;
    EchoDetail note = detail(came > 0 ? if_partial : EchoFlaw::Lost, *m_outstanding, came);
    note.actual.clear();
    flaws.add(std::move(note));
}

/// `expected` is the message from `offset` on, `actual` what is in doubt.
EchoDetail EchoVerifier::detail(EchoFlaw flaw, const EchoMessage& message, std::size_t offset) const
{
    std::vector<std::byte> wanted(std::min(EchoDetail::most_bytes, message.size - offset));
    m_payload->write(message, offset, wanted);
    const auto came = std::span(m_stray).first(std::min(EchoDetail::most_bytes, m_stray.size()));
    return {.flaw = flaw,
            .connection = message.connection,
            .sequence = message.sequence,
            .offset = offset,
            .expected = text(wanted),
            .actual = text(came)};
}

/// The first run of differing bytes between the outstanding message and m_stray.
EchoDetail EchoVerifier::difference() const
{
    const EchoMessage& message = *m_outstanding;
    const auto came = std::span(m_stray).first(std::min<std::size_t>(m_stray.size(), message.size));
    const auto offset = m_payload->matching(message, 0, came);
    std::vector<std::byte> wanted(std::min(EchoDetail::most_bytes, came.size() - offset));
    m_payload->write(message, offset, wanted);
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
