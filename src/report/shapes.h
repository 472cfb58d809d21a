#pragma once

#include "report/sink.h"

namespace sockit {

// The --json documents of the commands; each is defined beside the records it is made of.

extern const DocumentShape connect_shape;
extern const DocumentShape echo_shape;
extern const DocumentShape listen_shape;

} // namespace sockit
