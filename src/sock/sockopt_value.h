#pragma once

#include "base/deadline.h"
#include "sock/endpoint.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sockit {

struct SockoptField;

/// Bytes that mean nothing to us beyond themselves.
struct SockoptBytes {
    std::string bytes;

    bool operator==(const SockoptBytes&) const = default;
};

/// What an option holds, decoded. Which alternative it is follows from the codec of its row; null
/// stands for what the kernel says it does not know (the peer's pid of an unconnected socket).
struct SockoptValue {
    using List = std::vector<SockoptValue>;
    using Fields = std::vector<SockoptField>;

    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, Duration, std::string,
                 SockoptBytes, Endpoint, List, Fields>
        data;

    [[nodiscard]] bool is_null() const { return data.index() == 0; }
    bool operator==(const SockoptValue& other) const;
};

/// A member of a struct, by the kernel's name without its prefix.
struct SockoptField {
    std::string_view name;
    SockoptValue value;

    bool operator==(const SockoptField&) const = default;
};

inline bool SockoptValue::operator==(const SockoptValue& other) const { return data == other.data; }

} // namespace sockit
