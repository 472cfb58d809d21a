#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace sockit {

/// Bytes on their way from one descriptor to another: filled when empty, then handed on piece by
/// piece. 256 KiB, of which only what is used costs memory; page-aligned, since the kernel copies
/// to an odd address at half the speed.
class Buffer {
public:
    static constexpr std::size_t size = 256UL * 1024;

    Buffer() : m_bytes(static_cast<std::byte*>(::operator new(size, alignment))) {}

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
    static constexpr std::align_val_t alignment{4096};

    struct Free {
        void operator()(std::byte* bytes) const { ::operator delete(bytes, alignment); }
    };

    std::unique_ptr<std::byte, Free> m_bytes;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

} // namespace sockit
