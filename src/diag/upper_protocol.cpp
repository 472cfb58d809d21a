#include "diag/upper_protocol.h"

#include "diag/netlink_message.h"
#include "sock/tcp_info.h"

#include <array>
#include <bit>
#include <cstring>

#include <linux/inet_diag.h>

namespace sockit {

namespace {

/// The names of attributes by their type.
using AttributeNames = std::span<const std::string_view>;

constexpr std::array<std::string_view, 11> subflow_names{
    "",           "token_rem",   "token_loc", "relwrite_seq", "map_seq", "map_sfseq",
    "ssn_offset", "map_datalen", "flags",     "id_rem",       "id_loc"};

constexpr std::array<std::string_view, 7> tls_names{"",       "version",  "cipher",   "txconf",
                                                    "rxconf", "zc_ro_tx", "rx_no_pad"};

/// A number of any width; a flag, which has no bytes, is 1.
std::uint64_t attribute_number(std::span<const std::byte> payload)
{
    switch (payload.size()) {
    case 0: return 1;
    case 1: return *read_object<std::uint8_t>(payload);
    case 2:
    case 3: return *read_object<std::uint16_t>(payload);
    case 4:
    case 5:
    case 6:
    case 7: return *read_object<std::uint32_t>(payload);
    default: return *read_object<std::uint64_t>(payload);
    }
}

void decode_nested(std::span<const std::byte> payload, AttributeNames names,
                   std::vector<TcpInfoField>& fields)
{
    NetlinkAttributes attributes(payload);
    while (const auto attribute = attributes.next())
        if (attribute->type < names.size() && !names[attribute->type].empty())
            fields.push_back({names[attribute->type], attribute_number(attribute->payload)});
}

constexpr std::array mptcp_rows{
    TcpInfoRow{"subflows", 0, 1},
    TcpInfoRow{"add_addr_signal", 1, 1},
    TcpInfoRow{"add_addr_accepted", 2, 1},
    TcpInfoRow{"subflows_max", 3, 1},
    TcpInfoRow{"add_addr_signal_max", 4, 1},
    TcpInfoRow{"add_addr_accepted_max", 5, 1},
    TcpInfoRow{"flags", 8, 4},
    TcpInfoRow{"token", 12, 4},
    TcpInfoRow{"write_seq", 16, 8},
    TcpInfoRow{"snd_una", 24, 8},
    TcpInfoRow{"rcv_nxt", 32, 8},
    TcpInfoRow{"local_addr_used", 40, 1},
    TcpInfoRow{"local_addr_max", 41, 1},
    TcpInfoRow{"csum_enabled", 42, 1},
    TcpInfoRow{"retransmits", 44, 4},
    TcpInfoRow{"bytes_retrans", 48, 8},
    TcpInfoRow{"bytes_sent", 56, 8},
    TcpInfoRow{"bytes_received", 64, 8},
    TcpInfoRow{"bytes_acked", 72, 8},
    TcpInfoRow{"subflows_total", 80, 1},
    TcpInfoRow{"last_data_sent_ns", 84, 4, TcpInfoUnit::Milliseconds},
    TcpInfoRow{"last_data_recv_ns", 88, 4, TcpInfoUnit::Milliseconds},
    TcpInfoRow{"last_ack_recv_ns", 92, 4, TcpInfoUnit::Milliseconds},
};

} // namespace

void decode_upper_protocol(std::span<const std::byte> payload, SocketInfo& info)
{
    NetlinkAttributes attributes(payload);
    while (const auto attribute = attributes.next()) {
        const auto nested = attribute->payload;
        switch (attribute->type) {
        case INET_ULP_INFO_NAME: {
            const auto* first = reinterpret_cast<const char*>(nested.data());
            info.upper_protocol.assign(first, strnlen(first, nested.size()));
            break;
        }
        case INET_ULP_INFO_TLS: decode_nested(nested, tls_names, info.upper_protocol_info); break;
        case INET_ULP_INFO_MPTCP:
            decode_nested(nested, subflow_names, info.upper_protocol_info);
            break;
        default: break;
        }
    }
}

void decode_mptcp_info(std::span<const std::byte> payload, std::vector<TcpInfoField>& fields)
{
    fields.clear();
    decode_rows(mptcp_rows, payload, fields);
}

std::optional<std::uint16_t> decode_inet_options(std::span<const std::byte> payload)
{
    const auto bytes = read_object<std::array<std::uint8_t, 2>>(payload);
    if (!bytes)
        return std::nullopt;
    // Bit-fields start at the other end of the byte where bytes do.
    const auto first_is_lowest = [](std::uint8_t byte) -> unsigned {
        if constexpr (std::endian::native == std::endian::little)
            return byte;
        unsigned turned = 0;
        for (unsigned bit = 0; bit < 8; ++bit)
            turned |= (unsigned{byte} >> bit & 1U) << (7 - bit);
        return turned;
    };
    return static_cast<std::uint16_t>(first_is_lowest((*bytes)[0]) | first_is_lowest((*bytes)[1])
                                                                         << 8U);
}

} // namespace sockit
