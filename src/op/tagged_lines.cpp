#include "op/tagged_lines.h"

#include "base/escape.h"

namespace sockit {

TaggedLines::TaggedLines(std::uint64_t id, Clean clean)
    : m_tag("[" + std::to_string(id) + "] "), m_clean(clean)
{}

std::string TaggedLines::add(std::string_view bytes)
{
    std::string out;
    while (!bytes.empty()) {
        const auto room = bytes.substr(0, longest - m_held.size());
        const auto end = room.find('\n');
        m_held += room.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? room.size() : end + 1);
        if (end == std::string_view::npos && m_held.size() < longest)
            break;
        append_line(out, m_held);
        m_held.clear();
    }
    return out;
}

std::string TaggedLines::finish()
{
    std::string out;
    if (!m_held.empty())
        append_line(out, m_held);
    m_held.clear();
    return out;
}

void TaggedLines::append_line(std::string& out, std::string_view line) const
{
    out += m_tag;
    if (m_clean == Clean::Yes) {
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        out += escape_payload(line);
    } else {
        out += line;
    }
    out += '\n';
}

} // namespace sockit
