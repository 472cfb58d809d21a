#include "report/json.h"
#include "report/sink.h"

namespace sockit {

namespace {

class JsonlSink final : public Sink {
public:
    JsonlSink(Output& records, std::string_view schema, Flush flush)
        : m_records(records), m_schema(schema), m_flush(flush)
    {}

    void write(const Record& record) override
    {
        m_line.assign("{");
        if (m_first)
            m_line += "\"schema\":\"" + std::string(m_schema) + "\",";
        m_first = false;
        m_line += "\"type\":\"";
        m_line += record.type();
        m_line += '"';
        if (!record.fields.tokens().empty())
            m_line += ',';
        append_members(m_line, record.fields);
        m_line += "}\n";
        m_records.write(m_line);
        if (m_flush == Flush::EachRecord)
            m_records.flush();
    }

    void finish() override { m_records.flush(); }

private:
    Output& m_records;
    std::string_view m_schema;
    Flush m_flush;
    std::string m_line;
    bool m_first = true;
};

} // namespace

std::unique_ptr<Sink> make_jsonl_sink(Output& records, std::string_view schema, Flush flush)
{
    return std::make_unique<JsonlSink>(records, schema, flush);
}

} // namespace sockit
