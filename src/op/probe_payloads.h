#pragma once

#include <cstdint>
#include <string_view>

namespace sockit {

/// A datagram that the service of that UDP port answers, and that changes nothing there: a question
/// for a name to DNS and multicast DNS, for the time to NTP, for itself to most others. One line
/// feed where the port says nothing: who echoes, or answers anything, answers that.
std::string_view probe_payload(std::uint16_t port);

} // namespace sockit
