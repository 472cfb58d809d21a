#include "op/payload_text.h"

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
    return tail.size() < length &&
           std::ranges::all_of(
               tail.substr(1),
               [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
}

} // namespace

std::size_t whole_characters(std::string_view bytes)
{
    constexpr std::size_t longest_tail = 3;
    for (std::size_t tail = 1; tail <= longest_tail && tail <= bytes.size(); ++tail)
        if (is_cut_character(bytes.substr(bytes.size() - tail)))
            return bytes.size() - tail;
    return bytes.size();
}

bool CharacterChunks::add(std::string_view bytes)
{
    std::string chunk = std::exchange(m_held, {});
    chunk += bytes;
    const auto whole = whole_characters(chunk);
    m_held = chunk.substr(whole);
    chunk.resize(whole);
    return chunk.empty() || m_take(std::move(chunk));
}

bool CharacterChunks::finish() { return m_held.empty() || m_take(std::exchange(m_held, {})); }

std::string TerminalText::add(std::string_view bytes)
{
    std::string text = std::exchange(m_held, {});
    text += bytes;
    auto whole = whole_characters(text);
    if (whole == text.size() && text.ends_with('\r'))
        --whole;
    m_held = text.substr(whole);
    text.resize(whole);
    for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at))
        text.erase(at, 1);
    return escape_payload(text);
}

std::string TerminalText::finish() { return escape_payload(std::exchange(m_held, {})); }

} // namespace sockit
