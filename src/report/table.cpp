#include "report/table.h"

#include "report/width.h"

#include <algorithm>
#include <numeric>

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
    m_needed.clear();
    m_gap = "  ";
    m_narrowed = false;
    m_released = false;
}

void Table::measure(std::span<const Cell> row)
{
    m_widths.resize(std::max(m_widths.size(), row.size()));
    m_needed.resize(m_widths.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto header = m_options.header ? row[i].header.size() : 0;
        m_needed[i] = std::max(m_needed[i], display_width(row[i].text));
        m_widths[i] = std::max({m_widths[i], header, m_needed[i]});
    }
}

void Table::narrow(std::span<const Cell> row)
{
    const auto total = [&] {
        return std::accumulate(m_widths.begin(), m_widths.end(), m_gap.size() * (row.size() - 1));
    };
    if (m_options.width == 0 || row.empty() || total() <= m_options.width)
        return;
    m_gap = " ";
    m_narrowed = true;
    for (auto wide = total(); wide > m_options.width; --wide) {
        const auto widest = widest_of(row, m_needed);
        const auto column = widest ? widest : widest_of(row, {});
        if (!column)
            return;
        --m_widths[*column];
    }
}

/// The widest column that may be narrowed and is wider than in `floor`.
std::optional<std::size_t> Table::widest_of(std::span<const Cell> row,
                                            std::span<const std::size_t> floor) const
{
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto least = std::max(row[i].least, floor.empty() ? 0 : floor[i]);
        if (row[i].least != 0 && m_widths[i] > least &&
            (!widest || m_widths[i] >= m_widths[*widest]))
            widest = i;
    }
    return widest;
}

void Table::release(std::string& out)
{
    if (!m_released && !m_kept.empty())
        narrow(m_kept.front().cells);
    if (!m_released && !m_kept.empty() && m_options.header) {
        std::vector<Cell> header = m_kept.front().cells;
        for (auto& cell : header) {
            cell.text = cell.header;
            cell.color = Color::Bold;
            cell.keeps_end = false;
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
        std::string_view text = cell.text;
        auto width = display_width(text);
        const auto column = i < m_widths.size() ? m_widths[i] : 0;
        // The last one is cut with its row, where that is too long.
        const bool cut_here = i + 1 < row.size() || cell.keeps_end;
        if (m_narrowed && cut_here && cell.least != 0 && width > column) {
            m_cut = cell.keeps_end ? cut_middle_to_width(text, column) : cut_to_width(text, column);
            text = m_cut;
            width = column;
        }
        const auto padding = column > width ? column - width : 0;
        if (i > 0)
            m_row += m_gap;
        if (cell.right)
            m_row.append(padding, ' ');
        if (m_options.color && cell.color != Color::None)
            m_row += colored(cell.color, text);
        else
            m_row += text;
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
