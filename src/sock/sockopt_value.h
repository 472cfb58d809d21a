#pragma once

#include "base/deadline.h"
#include "sock/endpoint.h"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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

    // Out of line: the copying of so many alternatives would be compiled in every file.
    SockoptValue();
    SockoptValue(const SockoptValue& other);
    SockoptValue(SockoptValue&& other) noexcept;
    /// Implicit: a value of any alternative is one.
    template <class Value>
        requires(!std::same_as<std::remove_cvref_t<Value>, SockoptValue>)
    SockoptValue(Value&& value) : data(std::forward<Value>(value))
    {}
    SockoptValue& operator=(const SockoptValue& other);
    SockoptValue& operator=(SockoptValue&& other) noexcept;
    ~SockoptValue();

    [[nodiscard]] bool is_null() const { return data.index() == 0; }
    bool operator==(const SockoptValue& other) const;
};

/// A member of a struct, by the kernel's name without its prefix.
struct SockoptField {
    std::string_view name;
    SockoptValue value;

    bool operator==(const SockoptField&) const = default;
};

} // namespace sockit
