#include "sock/socket_kind.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit::THIS_FILE {
namespace {

std::string typed(SocketKind kind)
{
    switch (kind) {
    case SocketKind::Raw4: return "raw4:icmp";
    case SocketKind::Raw6: return "raw6:icmpv6";
    default: return std::string(kind_name(kind));
    }
}

TEST(SocketKind, EveryNameParsesToItsKind)
{
    for (const auto kind : all_kinds()) {
        const auto target = parse_kind(typed(kind));
        ASSERT_TRUE(target) << typed(kind);
        EXPECT_EQ(target->kind, kind);
        EXPECT_EQ(target->text, typed(kind));
        EXPECT_EQ(parse_kind_name(kind_name(kind)), kind);
    }
}

TEST(SocketKind, RawKindsTakeAProtocolByNameOrNumber)
{
    EXPECT_EQ(parse_kind("raw4:icmp")->protocol, IPPROTO_ICMP);
    EXPECT_EQ(parse_kind("raw4:1")->protocol, IPPROTO_ICMP);
    EXPECT_EQ(parse_kind("raw6:icmpv6")->protocol, IPPROTO_ICMPV6);
    EXPECT_EQ(parse_kind("raw6:58")->protocol, IPPROTO_ICMPV6);
    EXPECT_EQ(parse_kind("raw4:255")->protocol, IPPROTO_RAW);
}

TEST(SocketKind, BadWordsAreUsageErrorsThatQuoteThem)
{
    for (const auto* word : {"", "tcp", "TCP4", "raw4", "raw4:", "raw4:nosuch", "raw4:256",
                             "tcp4:6", "raw4:-1", "unix", "tcp4 "}) {
        const auto target = parse_kind(word);
        ASSERT_FALSE(target) << word;
        EXPECT_EQ(target.error().domain, Domain::Usage) << word;
        EXPECT_NE(message(target.error()).find("'" + std::string(word) + "'"), std::string::npos)
            << message(target.error());
    }
}

TEST(SocketKind, AMistypedKindIsAnsweredWithTheNearest)
{
    EXPECT_EQ(parse_kind("tpc4").error().hint, "did you mean tcp4?");
    EXPECT_EQ(parse_kind("unix-steam").error().hint, "did you mean unix-stream?");
}

TEST(SocketKind, OpensWhatItSays)
{
    int opened = 0;
    for (const auto kind : all_kinds()) {
        const auto socket = open_kind(*parse_kind(typed(kind)));
        if (!socket) {
            // A kernel may be built without a family; raw kinds need CAP_NET_RAW.
            const auto code = socket.error().code;
            EXPECT_TRUE(code == EAFNOSUPPORT || code == EPROTONOSUPPORT || code == EPERM ||
                        code == EACCES)
                << describe_error(socket.error());
            EXPECT_EQ(socket.error().subject, typed(kind));
            continue;
        }
        ++opened;
        const auto found = kind_of(socket->ref());
        ASSERT_TRUE(found) << typed(kind);
        EXPECT_EQ(*found, kind) << kind_name(*found);
    }
    EXPECT_GE(opened, 7); // inet, inet6 and unix are everywhere
}

TEST(SocketKind, ADescriptorThatIsNoSocketIsAnError)
{
    EXPECT_EQ(kind_of(FdRef{-1}).error().code, EBADF);
}

} // namespace
} // namespace sockit::THIS_FILE
