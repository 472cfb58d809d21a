#include "diag/netlink_message.h"

#include <algorithm>

#include <linux/netlink.h>

namespace sockit {

namespace {

constexpr std::size_t alignment = 4;

/// What follows a part of `length` bytes and its padding, of which the last part may have none.
std::span<const std::byte> after(std::span<const std::byte> bytes, std::size_t length)
{
    const std::size_t padded = (length + alignment - 1) / alignment * alignment;
    return bytes.subspan(std::min(padded, bytes.size()));
}

} // namespace

std::optional<NetlinkMessage> NetlinkMessages::next()
{
    if (m_rest.empty())
        return std::nullopt;
    const auto header = read_object<nlmsghdr>(m_rest);
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > m_rest.size()) {
        m_malformed = true;
        m_rest = {};
        return std::nullopt;
    }
    const auto message = m_rest.first(header->nlmsg_len);
    m_rest = after(m_rest, header->nlmsg_len);
    return NetlinkMessage{header->nlmsg_type, header->nlmsg_seq, message.subspan(sizeof(nlmsghdr))};
}

std::optional<NetlinkAttribute> NetlinkAttributes::next()
{
    const auto header = read_object<nlattr>(m_rest);
    if (!header || header->nla_len < sizeof(nlattr) || header->nla_len > m_rest.size()) {
        m_rest = {};
        return std::nullopt;
    }
    const auto attribute = m_rest.first(header->nla_len);
    m_rest = after(m_rest, header->nla_len);
    return NetlinkAttribute{static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                            attribute.subspan(sizeof(nlattr))};
}

} // namespace sockit
