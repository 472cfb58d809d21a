#include "sock/sockopt_value.h"

namespace sockit {

SockoptValue::SockoptValue() = default;
SockoptValue::SockoptValue(const SockoptValue& other) = default;
SockoptValue::SockoptValue(SockoptValue&& other) noexcept = default;
SockoptValue& SockoptValue::operator=(const SockoptValue& other) = default;
SockoptValue& SockoptValue::operator=(SockoptValue&& other) noexcept = default;
SockoptValue::~SockoptValue() = default;

bool SockoptValue::operator==(const SockoptValue& other) const { return data == other.data; }

} // namespace sockit
