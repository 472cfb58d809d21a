#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/socket.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace sockit {

/// A datagram, or a message of a seqpacket connection; its bytes belong to the inbox, and may be
/// changed there before they go elsewhere.
struct ReceivedDatagram {
    std::span<std::byte> bytes;
    std::size_t size = 0; ///< as it was sent: more than `bytes` when it was cut
    Endpoint from;        ///< no endpoint: the sender has no name, or the socket is a connection
    Endpoint asked;       ///< the address of ours that it was sent to; none where not known
};

/// Asks the kernel to tell with each datagram the address it was sent to (IP_PKTINFO,
/// IPV6_RECVPKTINFO), or to mark each message so that an empty one is no end of the connection.
/// Set before anything can arrive. Nothing for other sockets.
Result<> prepare_for_datagrams(const Socket& socket);

/// Asks for a larger receive buffer than the default, which holds three datagrams of 64 KiB, as far
/// as the system allows it. UDP only: others do not lose what there is no room for.
void widen_receive_buffer(const Socket& socket);

/// Asks for a larger send buffer than the default, beyond the system's limit if we may. A unix
/// datagram fills it until its receiver reads it: with little of it, one who does not read keeps
/// others from being answered.
void widen_send_buffer(const Socket& socket);

/// Whether the send buffer is full: no datagram can go, whomever it is for.
bool send_buffer_full(const Socket& socket);

/// Room for what one call receives: 16 datagrams of up to 256 KiB, of which only what is used costs
/// memory.
class DatagramInbox {
public:
    static constexpr std::size_t largest = 256UL * 1024;
    static constexpr std::size_t most = 16;

    DatagramInbox();

    struct Arrival {
        std::span<const ReceivedDatagram> datagrams; ///< valid until the next call; may be empty
        bool ended = false; ///< of a connection: the peer is gone, nothing follows `datagrams`
    };
    /// What waits (recvmmsg(2)), without blocking, at most `limit` of it. The socket was
    /// prepared_for_datagrams(). `subject` names it in the error, Phase::Receive.
    Result<Arrival> receive(const Socket& socket, std::string_view subject,
                            std::size_t limit = most);

private:
    std::unique_ptr<std::byte[]> m_bytes;
    std::vector<ReceivedDatagram> m_received;
};

/// Where a socket that is not connected sends to.
struct DatagramRoute {
    Endpoint to;
    Endpoint from; ///< an address of ours, as ReceivedDatagram::asked; none: the kernel chooses
};

/// Sends as many as the socket takes, each whole (sendmmsg(2)), without blocking: how many; 0 means
/// wait until it is writable. No route on a connected socket. Errors are those of the first one,
/// Phase::Send: the others were not tried.
Result<std::size_t> send_datagrams(const Socket& socket,
                                   std::span<const std::span<const std::byte>> datagrams,
                                   const DatagramRoute* route, std::string_view subject);

/// A datagram with a way of its own.
struct RoutedDatagram {
    std::span<const std::byte> bytes;
    const Endpoint* to = nullptr;
    const Endpoint* from = nullptr; ///< as DatagramRoute::from
};

/// The same for datagrams that go to different places.
Result<std::size_t> send_datagrams(const Socket& socket, std::span<const RoutedDatagram> datagrams,
                                   std::string_view subject);

/// The largest datagram that the socket can send: the protocol's limit, or less where the kernel
/// may not fragment or its send buffer is smaller (unix).
std::size_t datagram_limit(const Socket& socket);

/// How many datagrams the kernel has dropped since the socket is there, for want of room
/// (SO_MEMINFO).
std::uint64_t dropped_datagrams(const Socket& socket);

} // namespace sockit
