#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace sockit {

/// Bytes on their way from one descriptor to another: filled when empty, then handed on piece by
/// piece. 256 KiB, of which only what is used costs memory.
class Buffer {
public:
    static constexpr std::size_t size = 256UL * 1024;

    Buffer() : m_bytes(std::make_unique_for_overwrite<std::byte[]>(size)) {}

    [[nodiscard]] std::span<std::byte> space() { return {m_bytes.get(), size}; }
    /// So much of space() was filled, from its beginning.
    void filled(std::size_t bytes)
    {
        m_begin = 0;
        m_end = bytes;
    }
    [[nodiscard]] std::span<const std::byte> rest() const
    {
        return {m_bytes.get() + m_begin, m_end - m_begin};
    }
    void drop(std::size_t bytes) { m_begin += bytes; }

private:
    std::unique_ptr<std::byte[]> m_bytes;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

} // namespace sockit
