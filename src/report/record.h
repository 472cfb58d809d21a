#pragma once

#include "report/fields.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// Who wants to read a record in text mode.
enum class Level : std::uint8_t {
    Result,   ///< what the command was asked for: always shown
    Info,     ///< a courtesy (ready, accepted): not with -q
    Verbose,  ///< only with -v
    Progress, ///< how far it is: one line on stderr that the next takes the place of
    Warning,  ///< on stderr, prefixed `sockit: `
    Hidden,   ///< only for machines
};

enum class Color : std::uint8_t { None, Bold, Dim, Red, Green, Yellow, Blue };

/// One column of a table row. The first row of a table gives it its header.
struct Cell {
    std::string_view header; ///< outlives the record: a literal
    std::string text;        ///< escaped where foreign
    bool right = false;      ///< aligned to the right
    Color color = Color::None;
    /// Where a row is wider than the terminal, the column may be narrowed to so many; 0: never.
    std::size_t least = 0;
    bool keeps_end = false; ///< then it is cut in its middle: the end tells more
};

/// What an event says, for every kind of reader. describe() fills what is wanted of it.
class Record {
public:
    enum class Want : std::uint8_t {
        Fields,               ///< for a line of --jsonl
        Document,             ///< for a part of the --json document
        FieldsWithoutPayload, ///< everything but the bytes that were transferred
        Text,
    };

    Record(Want want, bool color) : m_want(want), m_color(color) {}

    /// Starts anew. `type` is JSON's "type" and must be a literal.
    void start(std::string_view type, Level level);

    /// Whether a machine reads: fill `fields`. Otherwise a person does: fill `line` or `row`.
    [[nodiscard]] bool wants_fields() const { return m_want != Want::Text; }
    /// Whether the bytes that were transferred are wanted as well.
    [[nodiscard]] bool wants_payload() const { return m_want == Want::Fields || wants_document(); }
    /// Whether it is the one document, where elements without the "type" of their record may have
    /// one of their own.
    [[nodiscard]] bool wants_document() const { return m_want == Want::Document; }
    /// `text` in that colour where colours are on, else as it is.
    [[nodiscard]] std::string paint(Color color, std::string_view text) const;
    /// Adds a cell to the row, reusing the memory of the last record's.
    Cell& cell(std::string_view header, bool right = false);

    [[nodiscard]] std::string_view type() const { return m_type; }
    [[nodiscard]] Level level() const { return m_level; }
    [[nodiscard]] bool color() const { return m_color; }
    [[nodiscard]] std::span<const Cell> row() const { return {m_cells.data(), m_cell_count}; }

    Fields fields;
    std::string
        below; ///< more about the row, for indented lines below it: words, foreign parts escaped
    std::string line; ///< one or more lines without the last newline, foreign parts escaped

private:
    Want m_want;
    bool m_color;
    std::string_view m_type;
    Level m_level = Level::Hidden;
    std::vector<Cell> m_cells;
    std::size_t m_cell_count = 0;
};

/// `text` between the terminal's codes for that colour; as it is for Color::None.
std::string colored(Color color, std::string_view text);

} // namespace sockit
