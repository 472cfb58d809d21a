#pragma once

#include "report/describe.h"
#include "report/json.h"

#include <string>

namespace sockit {

/// The members of the event's record, as in --jsonl.
inline std::string json_of(const Event& event)
{
    Record record(Record::Want::Fields, false);
    describe(event, record);
    std::string out;
    append_members(out, record.fields);
    return out;
}

/// The event for people: the cells of its row with bars between, what stands below it behind a
/// slash; or its line. Nothing for what people do not see.
inline std::string text_of(const Event& event)
{
    Record record(Record::Want::Text, false);
    describe(event, record);
    if (record.level() == Level::Hidden)
        return {};
    std::string out;
    for (const auto& cell : record.row())
        out += (out.empty() ? "" : " | ") + cell.text;
    if (!record.below.empty())
        out += " / " + record.below;
    return out + record.line;
}

} // namespace sockit
