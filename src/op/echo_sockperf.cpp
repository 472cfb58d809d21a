#include "op/echo_sockperf.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::size_t marks_at = 9; ///< the low byte of the marks
constexpr std::size_t length_at = 10;
/// What claims to be longer is something else.
constexpr std::uint32_t longest_message = 16U << 20U;
constexpr auto from_client = std::byte{1};
constexpr auto wants_answer = std::byte{2};
constexpr auto warm_up = std::byte{4};

std::uint32_t length_of(std::span<const std::byte> message)
{
    std::uint32_t length = 0;
    for (const auto byte : message.subspan(length_at, sizeof length))
        length = length << 8U | static_cast<std::uint32_t>(byte);
    return length;
}

/// Warm-up messages want none, whatever they say.
bool asks(std::byte marks)
{
    return (marks & (from_client | wants_answer | warm_up)) == (from_client | wants_answer);
}

} // namespace

bool answer_sockperf(std::span<std::byte> datagram)
{
    if (datagram.size() < sockperf_header || length_of(datagram) != datagram.size() ||
        !asks(datagram[marks_at]))
        return false;
    datagram[marks_at] &= ~from_client;
    return true;
}

bool SockperfStream::take(std::span<const std::byte> bytes, std::vector<std::byte>& answers)
{
    while (!bytes.empty()) {
        if (m_missing > 0) {
            const auto mine = bytes.first(std::min<std::size_t>(bytes.size(), m_missing));
            if (m_answering)
                answers.insert(answers.end(), mine.begin(), mine.end());
            m_missing -= static_cast<std::uint32_t>(mine.size());
            bytes = bytes.subspan(mine.size());
            continue;
        }
        const auto part = bytes.first(std::min(bytes.size(), sockperf_header - m_held));
        std::ranges::copy(part, m_header.begin() + m_held);
        m_held = static_cast<std::uint8_t>(m_held + part.size());
        bytes = bytes.subspan(part.size());
        if (m_held == sockperf_header && !begin_message(answers))
            return false;
    }
    return true;
}

/// m_header is complete.
bool SockperfStream::begin_message(std::vector<std::byte>& answers)
{
    const auto length = length_of(m_header);
    if (length < sockperf_header || length > longest_message)
        return false;
    m_held = 0;
    m_missing = length - static_cast<std::uint32_t>(sockperf_header);
    m_answering = asks(m_header[marks_at]);
    if (!m_answering)
        return true;
    m_header[marks_at] &= ~from_client;
    answers.insert(answers.end(), m_header.begin(), m_header.end());
    return true;
}

} // namespace sockit
