#include "golden.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {
namespace {

Endpoint at(std::string_view address, std::uint16_t port = 80)
{
    return Endpoint::from_literal(address, port).value();
}

WhyBindHolder listener()
{
    return {.holder = {.state = SocketState::Listen,
                       .local = at("::"),
                       .inode = 4711,
                       .uid = 33,
                       .processes = {{.pid = 812, .fd = 6, .comm = "ngi\x1bnx"},
                                     {.pid = 813, .fd = 6, .comm = "nginx"}},
                       .v6only = false,
                       .reuseaddr = true,
                       .reuseport = std::nullopt},
            .number = 1,
            .blocks = true};
}

WhyBindHolder remainder()
{
    return {.holder = {.state = SocketState::TimeWait,
                       .local = at("127.0.0.1"),
                       .peer = at("127.0.0.1", 41000),
                       .reuseaddr = true,
                       .reuseport = false,
                       .inferred = true,
                       .expires_ns = 57'100'000'000},
            .number = 2,
            .interface = "lo"};
}

TEST(DescribeWhyBind, Holders)
{
    EXPECT_EQ(text_of(listener()), "LISTEN | [::]:80 | - | 812/ngi\\x1bnx +1 | 33 | on | ? | yes");
    EXPECT_EQ(text_of(remainder()), "TIME-WAIT 58s | 127.0.0.1:80 on lo | 127.0.0.1:41000 | - | - "
                                    "| on~ | off~ | no");
    EXPECT_EQ(json_of(remainder()),
              R"("state":"TIME-WAIT","local":{"family":"inet","address":"127.0.0.1","port":80},)"
              R"("peer":{"family":"inet","address":"127.0.0.1","port":41000},"pid":null,)"
              R"("comm":null,"fd":null,"uid":null,"v6only":null,"reuseaddr":true,)"
              R"("reuseport":false,"inferred":true,"expires_ns":57100000000,"interface":"lo",)"
              R"("blocks":false,"uncertain":false,"processes":[])");
    EXPECT_EQ(json_of(listener()),
              R"("state":"LISTEN","local":{"family":"inet6","address":"::","port":80},)"
              R"("peer":null,"pid":812,"comm":"ngi\u001bnx","fd":6,"uid":33,"v6only":false,)"
              R"("reuseaddr":true,"reuseport":null,"inferred":false,"expires_ns":null,)"
              R"("interface":null,"blocks":true,"uncertain":false,"processes":[)"
              R"({"pid":812,"comm":"ngi\u001bnx","fd":6},{"pid":813,"comm":"nginx","fd":6}])");
}

TEST(DescribeWhyBind, HoldersBeyondTheFirstTwentyAreForTheVerbose)
{
    auto event = remainder();
    event.number = 21;
    Record record(Record::Want::Text, false);
    describe(event, record);
    EXPECT_EQ(record.level(), Level::Verbose);
    EXPECT_EQ(text_of(WhyBindSummary{.holders = 21, .blocking = 1, .would_bind = false}),
              "21 sockets are there; -v lists all of them");
    EXPECT_EQ(text_of(WhyBindSummary{.holders = 20, .blocking = 1, .would_bind = false}), "");
}

TEST(DescribeWhyBind, Answer)
{
    const WhyBindVerdict good{.target = at("127.0.0.1"),
                              .would_bind = true,
                              .rule = "nobody holds the port on this address",
                              .predicted = true,
                              .tried = true};
    EXPECT_EQ(text_of(good), "tcp 127.0.0.1:80 can be bound\n"
                             "  rule: nobody holds the port on this address");
    EXPECT_EQ(json_of(good),
              R"("transport":"tcp","target":{"family":"inet","address":"127.0.0.1","port":80},)"
              R"("would_bind":true,"predicted":true,"tried":true,"error":null,)"
              R"("rule":"nobody holds the port on this address","cure":[],"notes":[])");

    const WhyBindVerdict bad{
        .datagram = true,
        .target = at("127.0.0.1"),
        .error = Error::from_errno(Phase::Bind, "bind", "127.0.0.1:80", EADDRINUSE),
        .rule = "dnsmasq (pid 812) is bound to 127.0.0.1:80; SO_REUSEADDR must be set on both "
                "sockets, and the holder has not set it",
        .cure = {"stop dnsmasq (pid 812)"},
        .notes = {"a note"}};
    EXPECT_EQ(text_of(bad),
              "udp 127.0.0.1:80 cannot be bound: Address already in use (EADDRINUSE)\n"
              "  rule: dnsmasq (pid 812) is bound to 127.0.0.1:80; SO_REUSEADDR must be set on\n"
              "        both sockets, and the holder has not set it\n"
              "  cure: stop dnsmasq (pid 812)\n"
              "  note: a note");
}

TEST(DescribeWhyBind, Frame)
{
    EXPECT_EQ(json_of(WhyBindStarted{"6.1.0"}), R"("act":"why-bind","kernel":"6.1.0")");
    EXPECT_EQ(json_of(WhyBindSummary{}), R"("holders":0,"blocking":0,"would_bind":null)");
}

} // namespace
} // namespace sockit::THIS_FILE
