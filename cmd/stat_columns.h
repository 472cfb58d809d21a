#pragma once

#include "op/stat_plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// `state,process,rtt`; a usage error names the column that there is not, and the nearest one.
Result<std::vector<const StatColumn*>> plan_columns(std::string_view list, std::string_view option);

/// The same for --sort, where a column after `-` (or `+`) is descending (ascending).
Result<std::vector<StatOrder>> plan_order(std::string_view list);

/// What the help says of stat: with the names of all columns.
std::string_view stat_details();

} // namespace sockit
