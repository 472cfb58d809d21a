#pragma once

#include "event/event.h"
#include "report/event_sink.h"
#include "report/sink.h"

#include <memory>

namespace sockit {

struct ReportOptions {
    Format format = Format::Text;
    FdRef records;            ///< where records go
    std::string records_name; ///< "stdout", in errors
    bool payload = true;      ///< records hold the bytes that were transferred
    FdRef notes;              ///< where warnings and notes go; nowhere if invalid
    bool color_records = false;
    bool color_notes = false;
    TextOptions text;
};

/// Events in, records out. In the machine formats warnings and notes go to people as well.
class Reporter {
public:
    Reporter(const ReportOptions& options, const DocumentShape& shape);

    /// False once the records' descriptor can take no more.
    bool emit(const Event& event);
    /// Completes and flushes everything.
    void finish();
    /// Why records could not be written, if so.
    [[nodiscard]] const std::optional<Error>& failure() const { return m_records.failure(); }

private:
    Output m_records;
    Output m_notes;
    Record m_record;
    std::unique_ptr<Sink> m_sink;            ///< of records; exactly one of the two is there
    std::unique_ptr<EventSink> m_event_sink; ///< of events
    Record m_note;
    std::unique_ptr<Sink> m_note_sink; ///< machine formats only
};

} // namespace sockit
