#include "report/reporter.h"

#include "report/describe.h"

namespace sockit {

namespace {

Record::Want wanted(const ReportOptions& options)
{
    if (options.format == Format::Text)
        return Record::Want::Text;
    if (!options.payload)
        return Record::Want::FieldsWithoutPayload;
    return options.format == Format::Json ? Record::Want::Document : Record::Want::Fields;
}

std::unique_ptr<EventSink> make_event_sink(Output& records, Format format)
{
    switch (format) {
    case Format::Tap: return make_tap_sink(records);
    case Format::Junit: return make_junit_sink(records);
    case Format::Prometheus: return make_prometheus_sink(records);
    default: return nullptr;
    }
}

std::unique_ptr<Sink> make_sink(Output& records, Output& notes, const ReportOptions& options,
                                const DocumentShape& shape)
{
    switch (options.format) {
    case Format::Json: return make_json_sink(records, shape);
    case Format::Jsonl: return make_jsonl_sink(records, shape.schema, options.text.flush);
    default: break;
    }
    return options.text.screen ? make_screen_sink(records, notes, options.text)
                               : make_text_sink(records, notes, options.text);
}

} // namespace

Reporter::Reporter(const ReportOptions& options, const DocumentShape& shape)
    : m_records(options.records, options.records_name), m_notes(options.notes, "stderr"),
      m_record(wanted(options), options.color_records),
      m_event_sink(make_event_sink(m_records, options.format)),
      m_note(Record::Want::Text, options.color_notes)
{
    if (!m_event_sink)
        m_sink = make_sink(m_records, m_notes, options, shape);
    if (options.format != Format::Text && options.notes.valid())
        m_note_sink = make_text_sink(m_notes, m_notes, options.text);
}

bool Reporter::emit(const Event& event)
{
    if (m_event_sink) {
        m_event_sink->take(event);
    } else {
        describe(event, m_record);
        m_sink->write(m_record);
    }
    if (m_note_sink && (event.get_if<Warning>() || event.get_if<Note>())) {
        describe(event, m_note);
        m_note_sink->write(m_note);
    }
    return !m_records.failed();
}

void Reporter::finish()
{
    if (m_event_sink)
        m_event_sink->finish();
    else
        m_sink->finish();
    m_notes.flush();
}

} // namespace sockit
