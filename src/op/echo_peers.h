#pragma once

#include "op/echo_peer.h"
#include "op/echo_streams.h"

namespace sockit {

/// Connections whose bytes go back as they come, thousands of them: one read into the buffer that
/// all share, and one write.
class EchoPeers final : public EchoStreams {
public:
    EchoPeers(EchoStreamsShared& shared, Poller& poller, Acceptor& acceptor)
        : EchoStreams(shared, poller, acceptor), m_buffer(buffer_size)
    {}

    Result<> handle(std::span<const Ready> ready) override;

private:
    static constexpr std::size_t buffer_size = 64UL * 1024;

    void begin(Admission::Entrant entrant) override;
    void count_open() override;
    Result<> serve(std::uint32_t slot, std::uint64_t token);
    void close(std::uint32_t slot, std::optional<Error> error);
    [[nodiscard]] std::uint64_t token_of(std::uint32_t slot) const;

    std::vector<std::byte> m_buffer; ///< nothing stays in it between two peers
    std::vector<EchoPeer> m_peers;
    std::vector<std::uint32_t> m_free; ///< slots of m_peers
};

} // namespace sockit
