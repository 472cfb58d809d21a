#include "report/width.h"

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace sockit {

namespace {

struct Piece {
    std::size_t bytes;
    std::size_t columns;
};

/// wcwidth(3) knows wide and combining characters only under a UTF-8 locale, whatever the user's
/// own is.
std::size_t character_width(char32_t c)
{
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 == nullptr)
        return 1;
    const locale_t previous = uselocale(utf8);
    const int width = wcwidth(static_cast<wchar_t>(c));
    uselocale(previous);
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

/// The next character or colour code of well-formed UTF-8.
Piece next_piece(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead == 0x1b) {
        const auto end = text.find('m');
        return {end == std::string_view::npos ? text.size() : end + 1, 0};
    }
    if (lead < 0x80)
        return {1, 1};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    char32_t value = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length && i < text.size(); ++i)
        value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    return {std::min(length, text.size()), character_width(value)};
}

/// Whether every byte takes one column: no colour codes, nothing beyond ASCII.
bool is_ascii_text(std::string_view text)
{
    unsigned found = 0;
    for (const char c : text)
        found |= static_cast<unsigned>(static_cast<unsigned char>(c) - 0x20U >= 0x5fU);
    return found == 0;
}

} // namespace

std::size_t display_width(std::string_view text)
{
    if (is_ascii_text(text))
        return text.size();
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto piece = next_piece(text);
        columns += piece.columns;
        text.remove_prefix(piece.bytes);
    }
    return columns;
}

std::string cut_to_width(std::string_view text, std::size_t width)
{
    if (text.size() <= width || display_width(text) <= width)
        return std::string(text);
    std::string out;
    std::size_t columns = 0;
    bool cut = false;
    while (!text.empty()) {
        const auto piece = next_piece(text);
        const auto bytes = text.substr(0, piece.bytes);
        text.remove_prefix(piece.bytes);
        if (bytes[0] == '\033') { // also after the cut: what was switched on is switched off
            out += bytes;
        } else if (!cut && columns + piece.columns < width) {
            out += bytes;
            columns += piece.columns;
        } else if (!cut) {
            out += "…";
            cut = true;
        }
    }
    return out;
}

std::string cut_middle_to_width(std::string_view text, std::size_t width)
{
    auto columns = display_width(text);
    if (columns <= width || width < 2)
        return cut_to_width(text, width);
    const auto room_before = (width - 1) / 3;
    std::string out;
    for (std::size_t taken = 0; !text.empty();) {
        const auto piece = next_piece(text);
        if (taken + piece.columns > room_before)
            break;
        out += text.substr(0, piece.bytes);
        taken += piece.columns;
        columns -= piece.columns;
        text.remove_prefix(piece.bytes);
    }
    const auto room_behind = width - 1 - display_width(out);
    while (columns > room_behind) {
        const auto piece = next_piece(text);
        columns -= piece.columns;
        text.remove_prefix(piece.bytes);
    }
    out += "…";
    out += text;
    return out;
}

} // namespace sockit
