#include "diag/filter_value.h"
#include "sock/protocol_names.h"

namespace sockit {

namespace {

std::optional<std::uint32_t> or_number(std::optional<std::uint32_t> named, std::string_view text,
                                       std::uint64_t most)
{
    if (named)
        return named;
    const auto number = parse_filter_number(text, most);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

} // namespace

std::optional<std::uint32_t> ethernet_protocol(std::string_view text)
{
    constexpr std::uint64_t most = 0xffff;
    return or_number(ether_protocol_number(text), text, most);
}

std::optional<std::uint32_t> netlink_protocol(std::string_view text)
{
    constexpr std::uint64_t most = 255;
    return or_number(netlink_protocol_number(text), text, most);
}

} // namespace sockit
