#include "report/sink.h"
#include "report/table.h"
#include "report/width.h"

#include <utility>

namespace sockit {

namespace {

class TextSink final : public Sink {
public:
    TextSink(Output& records, Output& notes, const TextOptions& options)
        : m_records(records), m_notes(notes), m_options(options)
    {}

    void write(const Record& record) override
    {
        if (record.level() == Level::Progress)
            return progress(record.line);
        end_progress();
        switch (record.level()) {
        case Level::Progress:
        case Level::Hidden: return;
        case Level::Verbose:
            if (m_options.verbosity > 0)
                note(record, "");
            return;
        case Level::Warning: note(record, "sockit: "); return;
        case Level::Info:
            if (m_options.verbosity < 0)
                return;
            break;
        case Level::Result: break;
        }
        result(record);
    }

    void finish() override
    {
        end_progress();
        end_table();
        m_records.flush();
        m_notes.flush();
    }

private:
    void progress(std::string_view line)
    {
        m_notes.write("\r" + std::string(line) + "\x1b[K"); // erases what the last left
        m_notes.flush();
        m_in_progress = true;
    }

    void end_progress()
    {
        if (!std::exchange(m_in_progress, false))
            return;
        m_notes.write("\r\x1b[K");
        m_notes.flush(); // the records may go to the same terminal
    }

    void note(const Record& record, std::string_view prefix)
    {
        m_records.flush();
        m_notes.write(std::string(prefix) + record.line + "\n");
        m_notes.flush();
    }

    void result(const Record& record)
    {
        if (!record.row().empty()) {
            if (!m_table)
                m_table.emplace(Table::Options{
                    .width = m_options.width, .header = m_options.header, .color = record.color()});
            m_table->add(record.row(), record.below, m_text);
            put();
        }
        if (!record.line.empty()) {
            end_table();
            m_text += m_options.width == 0 ? record.line : cut_lines(record.line);
            m_text += '\n';
            put();
        }
        if (m_options.flush == Flush::EachRecord)
            m_records.flush();
    }

    [[nodiscard]] std::string cut_lines(std::string_view text) const
    {
        std::string out;
        while (true) {
            const auto end = text.find('\n');
            out += cut_to_width(text.substr(0, end), m_options.width);
            if (end == std::string_view::npos)
                return out;
            out += '\n';
            text.remove_prefix(end + 1);
        }
    }

    void end_table()
    {
        if (!m_table)
            return;
        m_table->end(m_text);
        m_table.reset();
        put();
    }

    void put()
    {
        m_records.write(m_text);
        m_text.clear();
    }

    Output& m_records;
    Output& m_notes;
    TextOptions m_options;
    std::optional<Table> m_table;
    std::string m_text;
    bool m_in_progress = false;
};

} // namespace

std::unique_ptr<Sink> make_text_sink(Output& records, Output& notes, const TextOptions& options)
{
    return std::make_unique<TextSink>(records, notes, options);
}

} // namespace sockit
