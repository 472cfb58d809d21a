#pragma once

#include "event/stat.h"
#include "report/fields.h"

namespace sockit {

/// The keys of a socket's record, without its "type": those that are always there, and those of the
/// view.
void add_socket(Fields& fields, const StatSocket& socket);

} // namespace sockit
