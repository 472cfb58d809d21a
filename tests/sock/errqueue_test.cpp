#include "sock/errqueue.h"
#include "sock/socket.h"
#include "support/network.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <poll.h>

namespace sockit::THIS_FILE {
namespace {

Endpoint literal(const char* address, std::uint16_t port)
{
    return Endpoint::from_literal(address, port).value();
}

/// A connection attempt that keeps its ICMP errors, waited for; its outcome.
Result<> attempt(const Socket& socket, const Endpoint& to)
{
    keep_icmp_errors(socket.ref(), socket.family());
    TRY(socket.connect(to));
    pollfd waiting{.fd = socket.ref().value, .events = POLLOUT, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 20'000), 1);
    return socket.pending_error(to);
}

TEST(ErrorQueue, ARefusalByResetLeavesItEmpty)
{
    for (const char* address : {"127.0.0.1", "::1"}) {
        const auto to = literal(address, 9);
        const auto socket = Socket::open(to.family(), SOCK_STREAM).value();
        const auto outcome = attempt(socket, to);
        ASSERT_FALSE(outcome) << address;
        EXPECT_EQ(outcome.error().code, ECONNREFUSED);
        EXPECT_EQ(take_icmp_error(socket.ref()), std::nullopt);
    }
}

/// An nftables rule that rejects what is sent to port 9 of 127.0.0.9.
bool reject_with(const std::string& verdict)
{
    const auto outcome = test::run_program(
        {"sh", "-c",
         "nft add table ip t && nft add chain ip t in '{ type filter hook input priority 0; }' && "
         "nft add rule ip t in ip daddr 127.0.0.9 tcp dport 9 reject with icmp type " +
             verdict});
    return outcome.status == 0;
}

TEST(ErrorQueue, HoldsTypeCodeAndSenderOfARejection)
{
    test::fresh_network();
    if (!reject_with("admin-prohibited"))
        GTEST_SKIP() << "no nftables here";
    const auto to = literal("127.0.0.9", 9);
    const auto socket = Socket::open(AF_INET, SOCK_STREAM).value();
    EXPECT_FALSE(attempt(socket, to));
    const auto notice = take_icmp_error(socket.ref());
    ASSERT_TRUE(notice.has_value());
    EXPECT_EQ(*notice,
              (IcmpNotice{.v6 = false, .type = 3, .code = 13, .from = "127.0.0.9", .local = true}));
    EXPECT_EQ(take_icmp_error(socket.ref()), std::nullopt) << "taken once";
}

TEST(ErrorQueue, AMappedAddressIsIpv4OnTheWire)
{
    test::fresh_network();
    if (!reject_with("host-unreachable"))
        GTEST_SKIP() << "no nftables here";
    const auto to = literal("::ffff:127.0.0.9", 9);
    const auto socket = Socket::open(AF_INET6, SOCK_STREAM).value();
    EXPECT_FALSE(attempt(socket, to));
    const auto notice = take_icmp_error(socket.ref());
    ASSERT_TRUE(notice.has_value());
    EXPECT_FALSE(notice->v6);
    EXPECT_EQ(notice->type, 3);
    EXPECT_EQ(notice->code, 1);
    EXPECT_EQ(notice->from, "127.0.0.9");
}

TEST(OwnAddress, LoopbackIsOursAndDocumentationAddressesAreNot)
{
    EXPECT_TRUE(is_own_address(literal("127.1.2.3", 1)));
    EXPECT_TRUE(is_own_address(literal("::1", 1)));
    EXPECT_FALSE(is_own_address(literal("192.0.2.1", 1)));
    EXPECT_FALSE(is_own_address(literal("2001:db8::1", 1)));
    EXPECT_FALSE(is_own_address(Endpoint::unix_path("/x").value()));
}

} // namespace
} // namespace sockit::THIS_FILE
