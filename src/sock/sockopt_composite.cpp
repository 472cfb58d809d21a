#include "sock/sockopt_composite.h"

#include "sock/sockopt_struct.h"
#include "sock/tcp_info.h"

#include <cstring>
#include <optional>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit {

namespace {

/// The address at the start of `bytes`; null for AF_UNSPEC.
SockoptValue address_of(std::string_view bytes)
{
    sockaddr_storage storage{};
    const auto length = std::min(bytes.size(), sizeof storage);
    std::memcpy(&storage, bytes.data(), length);
    if (storage.ss_family == AF_UNSPEC)
        return {};
    return {Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage),
                                    static_cast<socklen_t>(length))};
}

SockoptValue v4_address(std::string_view bytes)
{
    in_addr address{};
    if (bytes.size() < sizeof address)
        return {SockoptBytes{std::string(bytes)}};
    std::memcpy(&address, bytes.data(), sizeof address);
    return {Endpoint::inet(address, 0).address()};
}

SockoptValue mtu_info(std::string_view bytes)
{
    std::uint32_t mtu = 0;
    if (bytes.size() < sizeof(sockaddr_in6) + sizeof mtu)
        return {SockoptBytes{std::string(bytes)}};
    std::memcpy(&mtu, bytes.data() + sizeof(sockaddr_in6), sizeof mtu);
    return {SockoptValue::Fields{{"addr", address_of(bytes.substr(0, sizeof(sockaddr_in6)))},
                                 {"mtu", {std::uint64_t{mtu}}}}};
}

SockoptValue tcp_info(std::string_view bytes)
{
    SockoptValue::Fields fields;
    for (const auto& [name, value] : decode_tcp_info(std::as_bytes(std::span(bytes))))
        fields.push_back({name, value ? SockoptValue{*value} : SockoptValue{}});
    return {std::move(fields)};
}

/// struct mptcp_subflow_data: what follows it, `count` elements of `stride` bytes each.
struct SubflowHeader {
    std::uint32_t header_size;
    std::uint32_t count;
    std::uint32_t kernel_size;
    std::uint32_t stride;
};

template <class Decode>
SockoptValue subflows(std::string_view bytes, Decode decode)
{
    SubflowHeader header{};
    if (bytes.size() < sizeof header)
        return {SockoptBytes{std::string(bytes)}};
    std::memcpy(&header, bytes.data(), sizeof header);
    bytes.remove_prefix(sizeof header);
    SockoptValue::List list;
    for (std::uint32_t i = 0; i < header.count && header.stride > 0; ++i) {
        if (bytes.size() < header.stride)
            break;
        list.push_back(decode(bytes.substr(0, header.stride)));
        bytes.remove_prefix(header.stride);
    }
    return {std::move(list)};
}

/// struct mptcp_subflow_addrs: two unions that end in a sockaddr_storage.
SockoptValue subflow_addresses(std::string_view bytes)
{
    const auto half = bytes.size() / 2;
    return {SockoptValue::Fields{{"local", address_of(bytes.substr(0, half))},
                                 {"peer", address_of(bytes.substr(half))}}};
}

/// struct mptcp_full_info: sizes and pointers of arrays that we do not ask for, then mptcp_info.
SockoptValue full_info(std::string_view bytes)
{
    constexpr std::size_t count_at = 16;
    constexpr std::size_t info_at = 40;
    std::uint32_t count = 0;
    if (bytes.size() < info_at)
        return {SockoptBytes{std::string(bytes)}};
    std::memcpy(&count, bytes.data() + count_at, sizeof count);
    SockoptValue::Fields fields{{"num_subflows", {std::uint64_t{count}}}};
    for (auto& field :
         decode_struct(struct_members(SockoptCodec::MptcpInfo), bytes.substr(info_at)))
        fields.push_back(std::move(field));
    return {std::move(fields)};
}

} // namespace

SockoptValue decode_composite(SockoptCodec codec, std::string_view bytes)
{
    switch (codec) {
    case SockoptCodec::Address: return address_of(bytes);
    case SockoptCodec::MulticastInterface: return v4_address(bytes);
    case SockoptCodec::MtuInfo: return mtu_info(bytes);
    case SockoptCodec::TcpInfo: return tcp_info(bytes);
    case SockoptCodec::MptcpTcpInfo: return subflows(bytes, tcp_info);
    case SockoptCodec::MptcpAddresses: return subflows(bytes, subflow_addresses);
    case SockoptCodec::MptcpFullInfo: return full_info(bytes);
    default: return {SockoptBytes{std::string(bytes)}};
    }
}

} // namespace sockit
