#pragma once

#include "base/result.h"
#include "sock/sockopt_table.h"

#include <string>
#include <string_view>

namespace sockit {

/// The request structs of multicast options (ip(7), RFC 3493, RFC 3678), for the codecs
/// MulticastInterface (an IPv4 address or an interface), Group4, Group6, Group
/// (`GROUP[%INTERFACE]`), Source4 and Source (`SOURCE@GROUP[%INTERFACE]`). A usage error that names
/// `what` otherwise.
Result<std::string> encode_multicast(SockoptCodec codec, std::string_view text,
                                     std::string_view what);

} // namespace sockit
