#pragma once

#include "report/record.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// Lays rows out in columns. The widths come from the header and the first rows, after which rows
/// are laid out as they come: a long table neither waits for its end nor is kept in memory. Where
/// they are too wide in all, columns that may be narrowed give way, first those that only their
/// headers made wide, then the widest; a row that is too wide even so is cut at its end.
class Table {
public:
    struct Options {
        std::size_t width = 0; ///< rows are cut here; 0 never
        bool header = true;
        bool color = false;
    };

    explicit Table(const Options& options) : m_options(options) {}

    /// Appends what can be printed now to `out`. The words of `below` follow the row on indented
    /// lines of their own, folded to the width instead of cut.
    void add(std::span<const Cell> row, std::string_view below, std::string& out);
    /// Appends what is still kept and forgets the widths: the next row starts a new table.
    void end(std::string& out);

private:
    struct Kept {
        std::vector<Cell> cells;
        std::string below;
    };

    void measure(std::span<const Cell> row);
    void narrow(std::span<const Cell> row);
    [[nodiscard]] std::optional<std::size_t> widest_of(std::span<const Cell> row,
                                                       std::span<const std::size_t> floor) const;
    void release(std::string& out);
    void lay_out(std::span<const Cell> row, std::string_view below, std::string& out);
    void fold(std::string_view below, std::string& out) const;

    Options m_options;
    std::vector<std::size_t> m_widths;
    std::vector<std::size_t> m_needed; ///< the same without the header
    std::vector<Kept> m_kept;
    bool m_released = false;
    std::string m_gap = "  ";
    bool m_narrowed = false; ///< cells that are wider than their column are cut
    std::string m_row;
    std::string m_cut;
};

} // namespace sockit
