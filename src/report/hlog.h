#pragma once

#include "base/histogram.h"

#include <string>

namespace sockit {

/// The histogram in HdrHistogram's V2 compressed encoding, as base64: what stands in the last
/// column of its logs. Values are nanoseconds, with two significant digits from 1 ns on. Source:
/// AbstractHistogram.encodeIntoCompressedByteBuffer() of HdrHistogram 2.1.
std::string hdr_encoding(const Histogram& histogram);

} // namespace sockit
