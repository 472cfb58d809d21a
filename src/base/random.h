#pragma once

#include <cstdint>

namespace sockit {

/// One step of SplitMix64 (Steele, Lea and Flood 2014): turns any number into one that looks
/// random, the same for the same input. Mixes keys too: mix(mix(seed + a) + b).
constexpr std::uint64_t mix(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
    return value ^ (value >> 31U);
}

/// A random number below `bound`, from 64 random bits. The bias is below bound / 2^64.
constexpr std::uint64_t below(std::uint64_t bound, std::uint64_t random)
{
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(random) * bound) >> 64U);
}

} // namespace sockit
