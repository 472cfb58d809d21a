#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace sockit {

/// How input becomes datagrams; by default one read is one datagram.
struct FramingPlan {
    std::optional<std::size_t> size; ///< so many bytes each, at most DatagramFramer::largest
    bool per_line = false;           ///< a line each, without its line feed; an empty line is one

    [[nodiscard]] bool wanted() const { return size || per_line; }
    bool operator==(const FramingPlan&) const = default;
};

/// Cuts an input into datagrams.
class DatagramFramer {
public:
    static constexpr std::size_t largest = 256UL * 1024;
    /// What fits one UDP datagram, over IPv6 and IPv4 alike.
    static constexpr std::size_t udp_read = 65507;
    /// What a pipe holds.
    static constexpr std::size_t unix_read = 65536;

    /// `one_read`: what one read takes where nothing else is planned, at most `largest`.
    DatagramFramer(const FramingPlan& plan, std::size_t one_read);

    /// Where to read to, once nothing is waiting() any more. EMSGSIZE, Phase::Send: a line is
    /// longer than `largest`.
    Result<std::span<std::byte>> space();
    void filled(std::size_t bytes);
    /// A datagram as it is, from elsewhere; its bytes stay valid until space().
    void add(std::span<const std::byte> datagram) { m_waiting.push_back(datagram); }
    /// The input is over: what is left is the last datagram.
    void end();

    /// Whole datagrams in their order; valid until space().
    [[nodiscard]] std::span<const std::span<const std::byte>> waiting() const
    {
        return std::span(m_waiting).subspan(m_gone);
    }
    void sent(std::size_t count) { m_gone += count; }

private:
    void cut_lines();
    void put(std::size_t size, std::size_t separator);
    [[nodiscard]] std::span<const std::byte> rest() const
    {
        return {m_bytes.get() + m_begin, m_end - m_begin};
    }

    FramingPlan m_plan;
    std::size_t m_one_read;
    std::unique_ptr<std::byte[]> m_bytes;
    std::size_t m_begin = 0;   ///< of what is not yet a datagram
    std::size_t m_end = 0;     ///< of what was read
    std::size_t m_scanned = 0; ///< of the rest: no line feed is there
    std::vector<std::span<const std::byte>> m_waiting;
    std::size_t m_gone = 0; ///< of m_waiting
};

} // namespace sockit
