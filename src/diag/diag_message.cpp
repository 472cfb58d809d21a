#include "diag/diag_message.h"

#include "diag/netlink_message.h"

#include <array>

#include <linux/sock_diag.h>

namespace sockit {

std::uint64_t join_cookie(const std::uint32_t (&halves)[2])
{
    return std::uint64_t{halves[1]} << 32U | halves[0];
}

void set_memory(const SocketMemory& memory, bool wanted, SocketInfo& info)
{
    info.recv_q = memory.r;
    info.send_q = memory.t;
    info.drops = memory.d;
    if (wanted)
        info.memory = memory;
}

std::optional<SocketMemory> decode_memory(std::span<const std::byte> payload)
{
    const auto values = read_object<std::array<std::uint32_t, SK_MEMINFO_VARS>>(payload);
    if (!values)
        return std::nullopt;
    const auto& at = *values;
    return SocketMemory{.r = at[SK_MEMINFO_RMEM_ALLOC],
                        .rb = at[SK_MEMINFO_RCVBUF],
                        .t = at[SK_MEMINFO_WMEM_ALLOC],
                        .tb = at[SK_MEMINFO_SNDBUF],
                        .f = at[SK_MEMINFO_FWD_ALLOC],
                        .w = at[SK_MEMINFO_WMEM_QUEUED],
                        .o = at[SK_MEMINFO_OPTMEM],
                        .bl = at[SK_MEMINFO_BACKLOG],
                        .d = at[SK_MEMINFO_DROPS]};
}

} // namespace sockit
