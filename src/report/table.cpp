#include "report/table.h"

#include "report/width.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::size_t rows_to_measure = 1000;
constexpr std::string_view indentation = "    ";

} // namespace

void Table::add(std::span<const Cell> row, std::string_view below, std::string& out)
{
    if (m_released) {
        lay_out(row, below, out);
        return;
    }
    measure(row);
    m_kept.push_back({{row.begin(), row.end()}, std::string(below)});
    if (m_kept.size() >= rows_to_measure)
        release(out);
}

void Table::end(std::string& out)
{
    release(out);
    m_widths.clear();
    m_released = false;
}

void Table::measure(std::span<const Cell> row)
{
    m_widths.resize(std::max(m_widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto header = m_options.header ? row[i].header.size() : 0;
        m_widths[i] = std::max({m_widths[i], header, display_width(row[i].text)});
    }
}

void Table::release(std::string& out)
{
    if (!m_released && !m_kept.empty() && m_options.header) {
        std::vector<Cell> header = m_kept.front().cells;
        for (auto& cell : header) {
            cell.text = cell.header;
            cell.color = Color::Bold;
        }
        lay_out(header, {}, out);
    }
    for (const auto& kept : m_kept)
        lay_out(kept.cells, kept.below, out);
    m_kept.clear();
    m_released = true;
}

void Table::lay_out(std::span<const Cell> row, std::string_view below, std::string& out)
{
    m_row.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
        const Cell& cell = row[i];
        const auto width = display_width(cell.text);
        const auto column = i < m_widths.size() ? m_widths[i] : 0;
        const auto padding = column > width ? column - width : 0;
        if (i > 0)
            m_row += "  ";
        if (cell.right)
            m_row.append(padding, ' ');
        if (m_options.color && cell.color != Color::None)
            m_row += colored(cell.color, cell.text);
        else
            m_row += cell.text;
        if (!cell.right && i + 1 < row.size())
            m_row.append(padding, ' ');
    }
    m_row.erase(m_row.find_last_not_of(' ') + 1);
    out += m_options.width == 0 ? m_row : cut_to_width(m_row, m_options.width);
    out += '\n';
    if (!below.empty())
        fold(below, out);
}

void Table::fold(std::string_view below, std::string& out) const
{
    const auto room =
        m_options.width > indentation.size() ? m_options.width - indentation.size() : 0;
    while (!below.empty()) {
        auto end = below.size();
        if (room != 0 && display_width(below) > room) {
            // At the last space that fits; a word that is longer than the line is cut.
            const auto fits = below.rfind(' ', room);
            end = fits != std::string_view::npos ? fits : std::min(below.find(' '), below.size());
        }
        const auto line = below.substr(0, end);
        out += indentation;
        out += room != 0 ? cut_to_width(line, room) : std::string(line);
        out += '\n';
        below.remove_prefix(std::min(end + 1, below.size()));
    }
}

} // namespace sockit
