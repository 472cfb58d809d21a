#include "op/datagram_errors.h"

#include "sock/datagram_io.h"
#include "sock/errqueue.h"

#include <cerrno>

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

namespace sockit {

namespace {

bool port_unreachable(const IcmpNotice& icmp)
{
    return icmp.v6 ? icmp.type == ICMP6_DST_UNREACH && icmp.code == ICMP6_DST_UNREACH_NOPORT
                   : icmp.type == ICMP_DEST_UNREACH && icmp.code == ICMP_PORT_UNREACH;
}

} // namespace

Error with_icmp(Error error, const Socket& socket, const Endpoint& peer)
{
    if (!peer.is_inet())
        return error;
    // All that is queued: what is left there would keep the socket ready.
    while (auto queued = take_queued_icmp(socket.ref()))
        if (!error.icmp && queued->code == error.code)
            error.icmp = std::move(queued->notice);
    if (error.icmp)
        error.icmp->refusal =
            port_unreachable(*error.icmp) && error.icmp->from == peer.unmapped().address();
    return error;
}

Error with_size(Error error, const Socket& socket, std::size_t size)
{
    if (error.code == EMSGSIZE)
        error.detail = "a datagram of " + std::to_string(size) + " bytes; the limit is " +
                       std::to_string(datagram_limit(socket)) +
                       (socket.family() == AF_UNIX ? " (SO_SNDBUF)" : "");
    return error;
}

void warn_of_drops(const Socket& socket, const Emit& emit)
{
    const auto dropped = socket.type() == SOCK_DGRAM ? dropped_datagrams(socket) : 0;
    if (dropped > 0)
        emit(Warning{.message = "the kernel dropped " + std::to_string(dropped) +
                                " datagrams that were not read in time: a larger SO_RCVBUF holds "
                                "more of them",
                     .error = std::nullopt});
}

} // namespace sockit
