#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sockit {

/// The lines of one connection among those of others: whole ones, each with `[ID] ` before it. A
/// line of more than 64 KiB goes out in pieces, each a line of its own.
class TaggedLines {
public:
    static constexpr std::size_t longest = 64UL * 1024;

    enum class Clean : std::uint8_t {
        No,
        Yes, ///< without controls but tabs (escape_payload), and without the CR of a CRLF
    };

    TaggedLines(std::uint64_t id, Clean clean);

    /// What can be told now: nothing while a line has no end.
    std::string add(std::string_view bytes);
    /// The last line, if it had no end of its own.
    std::string finish();

private:
    void append_line(std::string& out, std::string_view line) const;

    std::string m_tag;
    Clean m_clean;
    std::string m_held;
};

} // namespace sockit
