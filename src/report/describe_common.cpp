#include "base/escape.h"
#include "report/describe.h"

namespace sockit {

void describe(const Warning& event, Record& record)
{
    record.start("warning", Level::Warning);
    record.line = event.message;
    if (event.error) {
        const auto reason = describe_error(*event.error);
        record.line += record.line.empty() ? reason : ": " + reason;
    }
    record.fields.add("message", record.line);
    record.fields.add("error", event.error);
}

void describe(const Note& event, Record& record)
{
    record.start("note", Level::Verbose);
    record.line = event.message;
    record.fields.add("message", event.message);
}

void describe(const Failed& event, Record& record)
{
    record.start("error", Level::Hidden); // people read it as the command's last line on stderr
    record.fields.add("error", event.error);
}

void describe(const Event& event, Record& record)
{
    event.visit([&](const auto& alternative) { describe(alternative, record); });
}

} // namespace sockit
