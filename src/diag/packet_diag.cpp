#include "diag/common_fields.h"
#include "diag/diag_message.h"
#include "diag/netlink_message.h"

#include <linux/packet_diag.h>

namespace sockit {

bool decode_packet_diag(std::span<const std::byte> payload, const SocketQuery& query,
                        SocketInfo& info)
{
    const auto message = read_object<packet_diag_msg>(payload);
    if (!message || message->pdiag_family != AF_PACKET)
        return false;
    reset(info);
    info.netid = packet_netid(message->pdiag_type);
    if (info.netid.empty())
        return false;
    info.family = AF_PACKET;
    info.state = SocketState::Close;
    info.protocol = message->pdiag_num;
    info.inode = message->pdiag_ino;
    info.cookie = join_cookie(message->pdiag_cookie);

    NetlinkAttributes attributes(payload.subspan(sizeof(packet_diag_msg)));
    while (const auto attribute = attributes.next()) {
        switch (attribute->type) {
        case PACKET_DIAG_INFO:
            info.interface = read_object<std::uint32_t>(attribute->payload).value_or(0);
            break;
        case PACKET_DIAG_UID: info.uid = read_object<std::uint32_t>(attribute->payload); break;
        case PACKET_DIAG_MEMINFO:
            if (const auto memory = decode_memory(attribute->payload))
                set_memory(*memory, query.memory, info);
            break;
        default: break;
        }
    }
    info.local = Endpoint::packet(message->pdiag_num, info.interface);
    return true;
}

} // namespace sockit
