#pragma once

#include "event/sockopts.h"
#include "report/record.h"

#include <string>

namespace sockit {

// OPTION of the contract: the same keys whatever was asked, null for what was not. Its "type" is
// the C type of the option, which "c_type" tells as well, since a line of --jsonl has
// "type":"option".

void add_listed(Record& record, const OptionListed& event);
void add_read(Record& record, const OptionRead& event);
void add_changed(Record& record, const OptionChanged& event);
/// Of a diff: the option, and its value on either side; null where a socket has none.
void add_difference(Record& record, const OptionDiffers& event);

/// All that the table knows of one option, for people: several lines, none beyond 80 columns.
std::string full_text(const OptionListed& event, const Record& record);

} // namespace sockit
