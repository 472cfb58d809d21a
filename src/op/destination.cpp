#include "op/destination.h"

#include "base/escape.h"

#include <algorithm>
#include <utility>

namespace sockit {

namespace {

/// Whether `tail` is the beginning of a UTF-8 character and not all of it.
bool is_cut_character(std::string_view tail)
{
    if (tail.empty())
        return false;
    const auto lead = static_cast<unsigned char>(tail[0]);
    const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    return tail.size() < length && std::ranges::all_of(tail.substr(1), [](char c) {
               return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
           });
}

/// How much of `bytes` ends with a whole character, if it is text up to there; else all of it.
std::size_t whole_characters(std::string_view bytes)
{
    const auto prefix = utf8_prefix(bytes);
    return is_cut_character(bytes.substr(prefix)) ? prefix : bytes.size();
}

std::string_view as_text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

void CharacterChunks::add(std::string_view bytes)
{
    std::string chunk = std::exchange(m_held, {});
    chunk += bytes;
    const auto whole = whole_characters(chunk);
    m_held = chunk.substr(whole);
    chunk.resize(whole);
    if (!chunk.empty())
        m_take(std::move(chunk));
}

void CharacterChunks::finish()
{
    if (!m_held.empty())
        m_take(std::exchange(m_held, {}));
}

Destination Destination::stream(Stream stream)
{
    Destination destination;
    destination.m_stream = std::move(stream);
    return destination;
}

Destination Destination::chunks(CharacterChunks::Take take)
{
    Destination destination;
    destination.m_chunks.emplace(std::move(take));
    return destination;
}

Destination Destination::kept(std::size_t limit)
{
    Destination destination;
    destination.m_limit = limit;
    destination.m_kept.emplace();
    return destination;
}

Result<Transfer> Destination::write(std::span<const std::byte> bytes)
{
    if (m_stream)
        return m_stream->write(bytes);
    if (m_chunks)
        m_chunks->add(as_text(bytes));
    if (m_kept)
        keep(as_text(bytes));
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = bytes.size()};
}

void Destination::keep(std::string_view bytes)
{
    const auto room = m_limit - m_kept->bytes.size();
    m_kept->bytes += bytes.substr(0, room);
    m_kept->truncated = m_kept->truncated || bytes.size() > room;
}

void Destination::finish()
{
    if (m_chunks)
        m_chunks->finish();
    if (m_kept && m_kept->truncated)
        m_kept->bytes.resize(whole_characters(m_kept->bytes));
}

std::optional<KeptPayload> Destination::take_kept() { return std::exchange(m_kept, std::nullopt); }

} // namespace sockit
