#pragma once

#include "report/record.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// Lays rows out in columns. The widths come from the header and the first rows, after which rows
/// are laid out as they come: a long table neither waits for its end nor is kept in memory.
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
    void release(std::string& out);
    void lay_out(std::span<const Cell> row, std::string_view below, std::string& out);
    void fold(std::string_view below, std::string& out) const;

    Options m_options;
    std::vector<std::size_t> m_widths;
    std::vector<Kept> m_kept;
    bool m_released = false;
    std::string m_row;
};

} // namespace sockit
