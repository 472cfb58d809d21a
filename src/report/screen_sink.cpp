#include "report/sink.h"
#include "report/table.h"
#include "report/width.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::string_view cursor_home = "\x1b[H";
constexpr std::string_view erase_line = "\x1b[K";
constexpr std::string_view erase_below = "\x1b[J";

class ScreenSink final : public Sink {
public:
    ScreenSink(Output& records, Output& notes, const TextOptions& options)
        : m_records(records), m_notes(notes), m_options(options)
    {}

    void write(const Record& record) override
    {
        if (record.level() == Level::Warning)
            warn(record.line);
        else if (record.level() != Level::Result)
            return;
        else if (record.line.empty())
            add(record);
        else
            draw(record.line);
    }

    /// The screen is another one by now.
    void finish() override
    {
        m_records.flush();
        for (const auto& warning : m_warnings)
            m_notes.write("sockit: " + warning + "\n");
        m_notes.flush();
    }

private:
    void warn(const std::string& text)
    {
        constexpr std::size_t most = 10;
        if (m_warnings.size() < most && std::ranges::find(m_warnings, text) == m_warnings.end())
            m_warnings.push_back(text);
    }

    void add(const Record& record)
    {
        if (!m_table)
            m_table.emplace(Table::Options{.width = m_options.screen().columns,
                                           .header = m_options.header,
                                           .color = record.color()});
        m_table->add(record.row(), {}, m_rows);
    }

    void draw(const std::string& headline)
    {
        const auto size = m_options.screen();
        if (m_table)
            m_table->end(m_rows);
        m_table.reset();
        std::string frame(cursor_home);
        std::size_t drawn = 0;
        const auto line = [&](std::string_view text) {
            if (drawn++ >= size.rows)
                return;
            // Without a line feed behind the last one: it would scroll.
            frame += drawn > 1 ? "\r\n" : "";
            frame += erase_line; // before it: behind a full line it would take the last character
            frame += cut_to_width(text, size.columns);
        };
        line(headline);
        if (!m_warnings.empty())
            line("sockit: " + m_warnings.back());
        for (std::string_view rest = m_rows; !rest.empty();) {
            const auto end = rest.find('\n');
            line(rest.substr(0, end));
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
        if (drawn < size.rows)
            frame += "\r\n" + std::string(erase_below);
        m_records.write(frame);
        m_records.flush();
        m_rows.clear();
    }

    Output& m_records;
    Output& m_notes;
    TextOptions m_options;
    std::optional<Table> m_table;
    std::string m_rows;
    std::vector<std::string> m_warnings;
};

} // namespace

std::unique_ptr<Sink> make_screen_sink(Output& records, Output& notes, const TextOptions& options)
{
    return std::make_unique<ScreenSink>(records, notes, options);
}

} // namespace sockit
