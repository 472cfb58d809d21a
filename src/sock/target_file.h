#pragma once

#include "base/result.h"
#include "sock/target_list.h"

#include <string>
#include <vector>

namespace sockit {

/// The targets of a text file, or of stdin where `path` is `-`, each line one of
/// parse_target_line(); both kinds of line ends, a byte order mark before all. A bad line is a
/// usage error that begins with FILE:LINE, and then nothing of the file counts. Other errors are
/// those of open(2) and read(2).
Result<std::vector<TargetGroup>> read_target_file(const std::string& path);

} // namespace sockit
