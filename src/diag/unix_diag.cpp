#include "diag/common_fields.h"
#include "diag/diag_message.h"
#include "diag/netlink_message.h"

#include <linux/unix_diag.h>

namespace sockit {

namespace {

void set_queues(const unix_diag_rqlen& queues, SocketInfo& info)
{
    info.recv_q = queues.udiag_rqueue;
    info.send_q = queues.udiag_wqueue;
    if (info.state == SocketState::Listen) {
        info.accept_length = queues.udiag_rqueue;
        info.accept_limit = queues.udiag_wqueue;
    }
}

} // namespace

bool decode_unix_diag(std::span<const std::byte> payload, SocketInfo& info)
{
    const auto message = read_object<unix_diag_msg>(payload);
    if (!message || message->udiag_family != AF_UNIX)
        return false;
    reset(info);
    info.netid = unix_netid(message->udiag_type);
    if (info.netid.empty())
        return false;
    info.family = AF_UNIX;
    info.state = static_cast<SocketState>(message->udiag_state);
    info.local = Endpoint::unix_unnamed();
    info.inode = message->udiag_ino;
    info.cookie = join_cookie(message->udiag_cookie);

    NetlinkAttributes attributes(payload.subspan(sizeof(unix_diag_msg)));
    while (const auto attribute = attributes.next()) {
        switch (attribute->type) {
        case UNIX_DIAG_NAME:
            info.local = unix_endpoint({reinterpret_cast<const char*>(attribute->payload.data()),
                                        attribute->payload.size()});
            break;
        case UNIX_DIAG_PEER:
            // 0: it has no inode, since nobody has accepted it yet, or it is closed.
            if (const auto inode = read_object<std::uint32_t>(attribute->payload); inode != 0U)
                info.peer_inode = inode;
            break;
        case UNIX_DIAG_RQLEN:
            if (const auto queues = read_object<unix_diag_rqlen>(attribute->payload))
                set_queues(*queues, info);
            break;
        case UNIX_DIAG_MEMINFO: info.memory = decode_memory(attribute->payload); break;
        case UNIX_DIAG_SHUTDOWN:
            info.shutdown = read_object<std::uint8_t>(attribute->payload);
            break;
        case UNIX_DIAG_UID: info.uid = read_object<std::uint32_t>(attribute->payload); break;
        default: break;
        }
    }
    return true;
}

} // namespace sockit
