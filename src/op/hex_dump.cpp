#include "op/hex_dump.h"

#include "base/escape.h"
#include "sock/io.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::size_t line_bytes = 16;

std::string offset_text(std::uint64_t offset)
{
    constexpr std::size_t width = 4;
    std::string bytes;
    for (std::size_t i = offset >> 32U == 0 ? width : 2 * width; i > 0; --i)
        bytes += static_cast<char>(offset >> (8 * (i - 1)));
    return hex(bytes);
}

void append_line(std::string& out, char mark, std::uint64_t offset, std::string_view bytes)
{
    out += mark;
    out += ' ' + offset_text(offset) + "  ";
    for (std::size_t i = 0; i < line_bytes; ++i)
        out += i < bytes.size() ? hex(bytes.substr(i, 1)) + ' ' : "   ";
    out += '|';
    for (const char c : bytes)
        out += c >= ' ' && c <= '~' ? c : '.';
    out += "|\n";
}

} // namespace

Result<> HexDump::add(std::span<const std::byte> bytes)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += line_bytes) {
        append_line(out, m_mark, m_offset, text.substr(at, line_bytes));
        m_offset += std::min(line_bytes, text.size() - at);
    }
    return write_all(m_output, out, "stderr");
}

} // namespace sockit
