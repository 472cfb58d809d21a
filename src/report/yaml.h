#pragma once

#include "report/fields.h"

#include <string>
#include <string_view>

namespace sockit {

/// The fields as a block mapping of YAML 1.2, each line behind `indent`. Text that is not UTF-8 is
/// escaped.
void append_yaml(std::string& out, const Fields& fields, std::string_view indent);

} // namespace sockit
