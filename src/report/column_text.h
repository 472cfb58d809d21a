#pragma once

#include "event/stat_columns.h"
#include "report/fields.h"

#include <string>

namespace sockit {

// Columns of sockets for people and for machines. Foreign text is escaped for people.

/// The cell of that column; what several owners say has commas between.
void append_column(std::string& out, const StatColumn& column, const StatSocket& socket);

/// One value; `-` for nothing.
void append_value(std::string& out, const StatColumn& column, const StatValue& value);

/// One value under the column's key.
void add_value(Fields& fields, const StatColumn& column, const StatValue& value);

} // namespace sockit
