#pragma once

#include "base/histogram.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What can be wrong with the echo of a message.
enum class EchoFlaw : std::uint8_t {
    Corrupt,   ///< bytes differ, or bytes came that nobody asked for
    Lost,      ///< nothing came before the limit or the end
    Duplicate, ///< it came twice
    Reorder,   ///< it came after one that was sent later
    Truncated, ///< half of it came, then the end
};

/// One flaw, with the bytes at hand.
struct EchoDetail {
    EchoFlaw flaw = EchoFlaw::Corrupt;
    std::uint32_t connection = 0; ///< counts from 1
    std::uint64_t sequence = 0;   ///< of the message on its connection, from 0
    std::uint64_t offset = 0;     ///< within the message
    std::string expected;         ///< raw bytes from `offset` on, a few
    std::string actual;           ///< what came instead, as long as it differs

    bool operator==(const EchoDetail&) const = default;
};

/// What verification found.
struct EchoFlaws {
    static constexpr std::size_t most_details = 100;

    std::uint64_t corrupt = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t truncated = 0;
    std::vector<EchoDetail> details; ///< the first ones

    void add(EchoDetail detail);
    [[nodiscard]] std::uint64_t total() const
    {
        return corrupt + lost + duplicated + reordered + truncated;
    }

    bool operator==(const EchoFlaws&) const = default;
};

} // namespace sockit
