#pragma once

#include "op/channel.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace sockit {

/// Bytes that wait for one of many peers. What several of them wait for exists once.
class OutQueue {
public:
    using Chunk = std::shared_ptr<const std::string>;
    /// More than this is not let wait for one peer: see overfull().
    static constexpr std::size_t limit = 1UL << 20U;

    void push(Chunk chunk);
    /// Hands over what the peer takes now, and adds to `sent` how much that was.
    Result<> flush(Channel& channel, std::uint64_t& sent);

    [[nodiscard]] bool empty() const { return m_size == 0; }
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool overfull() const { return m_size > limit; }

private:
    std::deque<Chunk> m_chunks;
    std::size_t m_offset = 0; ///< into the first: what went already
    std::size_t m_size = 0;
};

} // namespace sockit
