#pragma once

#include "event/sockopts.h"
#include "report/record.h"

#include <string>

namespace sockit {

// OPTION of the contract: the same keys whatever was asked, null for what was not.

void add_listed(Fields& fields, const OptionListed& event);
void add_read(Fields& fields, const OptionRead& event);
void add_changed(Fields& fields, const OptionChanged& event);

/// All that the table knows of one option, for people: several lines, none beyond 80 columns.
std::string full_text(const OptionListed& event, const Record& record);

} // namespace sockit
