#pragma once

#include "sock/sockopt_table.h"
#include "sock/sockopt_value.h"

#include <string_view>

namespace sockit {

/// What the options return that hold addresses or several structs: Address, MulticastInterface,
/// MtuInfo, TcpInfo, MptcpTcpInfo, MptcpAddresses, MptcpFullInfo. As much as `bytes` holds whole;
/// SockoptBytes when that is nothing.
SockoptValue decode_composite(SockoptCodec codec, std::string_view bytes);

} // namespace sockit
