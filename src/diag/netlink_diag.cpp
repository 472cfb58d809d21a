#include "diag/common_fields.h"
#include "diag/diag_message.h"
#include "diag/netlink_message.h"

#include <linux/netlink_diag.h>

namespace sockit {

bool decode_netlink_diag(std::span<const std::byte> payload, const SocketQuery& query,
                         SocketInfo& info)
{
    const auto message = read_object<netlink_diag_msg>(payload);
    if (!message || message->ndiag_family != AF_NETLINK)
        return false;
    reset(info);
    info.netid = "nl";
    info.family = AF_NETLINK;
    info.state = SocketState::Close;
    info.protocol = message->ndiag_protocol;
    info.local = Endpoint::netlink(message->ndiag_portid);
    // A destination of 0 is the kernel, which is where they all send to.
    if (message->ndiag_dst_portid != 0)
        info.peer = Endpoint::netlink(message->ndiag_dst_portid);
    info.inode = message->ndiag_ino;
    info.cookie = join_cookie(message->ndiag_cookie);

    NetlinkAttributes attributes(payload.subspan(sizeof(netlink_diag_msg)));
    while (const auto attribute = attributes.next())
        if (attribute->type == NETLINK_DIAG_MEMINFO)
            if (const auto memory = decode_memory(attribute->payload))
                set_memory(*memory, query.memory, info);
    return true;
}

} // namespace sockit
