#include "diag/netlink_message.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include <linux/netlink.h>

namespace sockit::test::THIS_FILE {
namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void append(Bytes& bytes, const T& object)
{
    const auto* first = reinterpret_cast<const std::byte*>(&object);
    bytes.insert(bytes.end(), first, first + sizeof object);
}

void append_attribute(Bytes& bytes, std::uint16_t type, std::size_t claimed, std::size_t payload)
{
    append(bytes, nlattr{static_cast<std::uint16_t>(claimed), type});
    bytes.resize(bytes.size() + payload, std::byte{0x5a});
}

TEST(NetlinkMessages, EmptyDatagramHasNone)
{
    NetlinkMessages messages({});
    EXPECT_FALSE(messages.next());
    EXPECT_FALSE(messages.malformed());
}

TEST(NetlinkMessages, PaddingBetweenAndNoneAfterTheLast)
{
    Bytes bytes;
    append(bytes, nlmsghdr{.nlmsg_len = 17, .nlmsg_type = 20, .nlmsg_seq = 1});
    bytes.resize(20, std::byte{0});
    append(bytes, nlmsghdr{.nlmsg_len = 18, .nlmsg_type = 21, .nlmsg_seq = 2});
    bytes.resize(bytes.size() + 2);
    NetlinkMessages messages(bytes);
    const auto first = messages.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type, 20);
    EXPECT_EQ(first->payload.size(), 1U);
    const auto second = messages.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->sequence, 2U);
    EXPECT_EQ(second->payload.size(), 2U);
    EXPECT_FALSE(messages.next());
    EXPECT_FALSE(messages.malformed());
}

TEST(NetlinkMessages, LengthsThatLieEndTheDatagram)
{
    for (const std::uint32_t claimed : {0U, 1U, 15U, 17U, 4096U, 0xffffffffU}) {
        Bytes bytes;
        append(bytes, nlmsghdr{.nlmsg_len = claimed, .nlmsg_type = 20});
        NetlinkMessages messages(bytes);
        EXPECT_FALSE(messages.next()) << claimed;
        EXPECT_TRUE(messages.malformed()) << claimed;
        EXPECT_FALSE(messages.next()) << claimed;
    }
    const Bytes half_a_header(7);
    NetlinkMessages messages(half_a_header);
    EXPECT_FALSE(messages.next());
    EXPECT_TRUE(messages.malformed());
}

TEST(NetlinkAttributes, FlagsAreNoPartOfTheType)
{
    Bytes bytes;
    append_attribute(bytes, 3 | NLA_F_NESTED | NLA_F_NET_BYTEORDER, 5, 4);
    append_attribute(bytes, 7, 4, 0);
    NetlinkAttributes attributes(bytes);
    const auto first = attributes.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type, 3);
    EXPECT_EQ(first->payload.size(), 1U);
    const auto second = attributes.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->type, 7);
    EXPECT_TRUE(second->payload.empty());
    EXPECT_FALSE(attributes.next());
}

TEST(NetlinkAttributes, LengthsThatLieEndTheList)
{
    for (const std::size_t claimed :
         {std::size_t{0}, std::size_t{3}, std::size_t{9}, std::size_t{0xffff}}) {
        Bytes bytes;
        append_attribute(bytes, 1, claimed, 4);
        NetlinkAttributes attributes(bytes);
        EXPECT_FALSE(attributes.next()) << claimed;
        EXPECT_FALSE(attributes.next()) << claimed;
    }
}

TEST(ReadObject, NeedsEveryByte)
{
    const std::array<std::byte, 4> bytes{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}};
    EXPECT_EQ(read_object<std::uint8_t>(bytes), 1);
    EXPECT_TRUE(read_object<std::uint32_t>(bytes));
    EXPECT_FALSE(read_object<std::uint32_t>(std::span(bytes).first(3)));
    EXPECT_FALSE(read_object<std::uint64_t>(bytes));
}

} // namespace
} // namespace sockit::test::THIS_FILE
