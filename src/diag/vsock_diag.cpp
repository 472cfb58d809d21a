#include "diag/common_fields.h"
#include "diag/diag_message.h"
#include "diag/netlink_message.h"

#include <linux/vm_sockets_diag.h>

namespace sockit {

bool decode_vsock_diag(std::span<const std::byte> payload, SocketInfo& info)
{
    const auto message = read_object<vsock_diag_msg>(payload);
    if (!message || message->vdiag_family != AF_VSOCK)
        return false;
    reset(info);
    info.netid = vsock_netid(message->vdiag_type);
    if (info.netid.empty())
        return false;
    info.family = AF_VSOCK;
    info.state = static_cast<SocketState>(message->vdiag_state);
    info.local = Endpoint::vsock(message->vdiag_src_cid, message->vdiag_src_port);
    if (message->vdiag_dst_cid != VMADDR_CID_ANY)
        info.peer = Endpoint::vsock(message->vdiag_dst_cid, message->vdiag_dst_port);
    info.shutdown = message->vdiag_shutdown;
    info.inode = message->vdiag_ino;
    info.cookie = join_cookie(message->vdiag_cookie);
    return true;
}

} // namespace sockit
