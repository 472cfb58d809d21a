#pragma once

#include "event/stat_columns.h"
#include "report/record.h"

#include <string>

namespace sockit {

// Columns of sockets for people and for machines. Foreign text is escaped for people.

/// Adds the column's cell to the row; what several owners say has commas between.
void fill_cell(Record& record, const StatColumn& column, const StatSocket& socket);

/// One value; `-` for nothing.
void append_value(std::string& out, const StatColumn& column, const StatValue& value);

/// One value under the column's key.
void add_value(Fields& fields, const StatColumn& column, const StatValue& value);

} // namespace sockit
