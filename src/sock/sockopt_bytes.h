#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// The bytes of a plain value as they lie in memory.
template <class T>
std::string bytes_of(const T& value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// The value at the start of `bytes`, if they hold a whole one.
template <class T>
std::optional<T> load(std::string_view bytes)
{
    T value{};
    if (bytes.size() < sizeof value)
        return std::nullopt;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// struct timeval of 64-bit kernels, which is also the layout of the _NEW options everywhere.
struct WideTimeval {
    static constexpr std::int64_t second = 1'000'000'000; ///< in nanoseconds
    static constexpr std::int64_t microsecond = 1'000;    ///< in nanoseconds

    std::int64_t seconds;
    std::int64_t microseconds;
};

/// struct linger.
struct LingerPair {
    int on;
    int seconds;
};

} // namespace sockit
