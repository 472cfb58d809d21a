#include "report/record.h"

namespace sockit {

void Record::start(std::string_view type, Level level)
{
    m_type = type;
    m_level = level;
    m_cell_count = 0;
    line.clear();
    below.clear();
    fields.clear();
}

std::string Record::paint(Color color, std::string_view text) const
{
    return m_color ? colored(color, text) : std::string(text);
}

Cell& Record::cell(std::string_view header, bool right)
{
    if (m_cell_count == m_cells.size())
        m_cells.emplace_back();
    Cell& cell = m_cells[m_cell_count++];
    cell.header = header;
    cell.text.clear();
    cell.right = right;
    cell.color = Color::None;
    cell.least = 0;
    cell.keeps_end = false;
    return cell;
}

std::string colored(Color color, std::string_view text)
{
    const auto code = [&]() -> std::string_view {
        switch (color) {
        case Color::None: return {};
        case Color::Bold: return "1";
        case Color::Dim: return "2";
        case Color::Red: return "31";
        case Color::Green: return "32";
        case Color::Yellow: return "33";
        case Color::Blue: return "34";
        }
        return {};
    }();
    if (code.empty())
        return std::string(text);
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

} // namespace sockit
