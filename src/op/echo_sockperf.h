#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockit {

// What sockperf's clients (3.x) expect of an echo server. A message begins with a sequence number
// (8 bytes), marks (2: 1 from a client, 2 an answer is wanted, 4 warm-up) and its whole length (4),
// all big-endian. The answer is the message without the client's mark; most messages want none.

inline constexpr std::size_t sockperf_header = 14;

/// Whether that datagram is a message that wants an answer; if so, it is the answer now.
bool answer_sockperf(std::span<std::byte> datagram);

/// The same on a stream, cut anywhere.
class SockperfStream {
public:
    /// Takes what came and appends what is to be sent. False: these are no messages of sockperf's,
    /// nothing more can be made of the stream.
    bool take(std::span<const std::byte> bytes, std::vector<std::byte>& answers);

private:
    static constexpr std::size_t header = 14;

    bool begin_message(std::vector<std::byte>& answers);

    std::array<std::byte, sockperf_header> m_header{};
    std::uint8_t m_held = 0;     ///< bytes of a header that is not complete
    bool m_answering = false;    ///< the message on its way wants an answer
    std::uint32_t m_missing = 0; ///< of its bytes
};

} // namespace sockit
