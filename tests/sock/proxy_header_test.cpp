#include "sock/proxy_header.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {

namespace {

using namespace std::string_literals;

Endpoint inet(std::string_view address, std::uint16_t port)
{
    return *Endpoint::from_literal(address, port);
}

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

/// What the parser makes of the bytes, given in pieces of that size; fails where it takes more than
/// the header, or other than from a single piece.
Result<ProxyHeader> parse(const std::string& bytes, std::size_t piece)
{
    ProxyHeaderParser parser;
    std::size_t at = 0;
    while (!parser.header() && at < bytes.size()) {
        const auto taken = parser.take(std::string_view(bytes).substr(at, piece));
        if (!taken)
            return Failure(taken.error());
        EXPECT_GT(*taken, 0U);
        at += *taken;
    }
    if (!parser.header())
        return Failure(Error::usage("incomplete"));
    EXPECT_EQ(bytes.substr(at), bytes.ends_with("payload") ? "payload" : "");
    EXPECT_EQ(*parser.take("PROXY"), 0U);
    return *parser.header();
}

/// The words of the error; "" for a header.
std::string refusal(const std::string& bytes)
{
    std::string words;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size() + 1}) {
        const auto header = parse(bytes, piece);
        words = header ? "" : header.error().detail;
        if (!header && header.error().domain == Domain::Errno) {
            EXPECT_EQ(header.error().code, EPROTO);
        }
    }
    return words;
}

void expect_round_trip(ProxyVersion version, const Endpoint& source, const Endpoint& destination)
{
    const auto bytes = build_proxy_header(version, source, destination);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, bytes.size() + 100}) {
        const auto header = parse(bytes + "payload", piece);
        ASSERT_TRUE(header) << describe_error(header.error());
        EXPECT_EQ(*header, (ProxyHeader{.version = version, .ends = {{source, destination}}}));
    }
}

TEST(ProxyHeader, WhatIsBuiltIsRead)
{
    for (const auto version : {ProxyVersion::V1, ProxyVersion::V2}) {
        expect_round_trip(version, inet("192.0.2.1", 1), inet("203.0.113.255", 65535));
        expect_round_trip(version, inet("2001:db8::1", 0), inet("::", 443));
        expect_round_trip(version, inet("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
                          inet("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535));
    }
    expect_round_trip(ProxyVersion::V2, Endpoint::unix_unnamed(), *Endpoint::unix_path("/run/x"));
    expect_round_trip(ProxyVersion::V2, *Endpoint::unix_abstract("a\0b"s),
                      *Endpoint::unix_path(std::string(107, 'x')));
}

TEST(ProxyHeader, TheBytesOfTheDocument)
{
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, inet("192.0.2.1", 40000), inet("192.0.2.2", 80)),
              "PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, inet("::1", 1), inet("::2", 2)),
              "PROXY TCP6 ::1 ::2 1 2\r\n");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V2, inet("192.0.2.1", 0x1234), inet("1.2.3.4", 80)),
              signature + "\x21\x11\x00\x0c\xc0\x00\x02\x01\x01\x02\x03\x04\x12\x34\x00\x50"s);
}

TEST(ProxyHeader, MixedFamiliesAreMappedAndMappedOnesAreIpv4)
{
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, inet("192.0.2.1", 1), inet("2001:db8::1", 2)),
              "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 1 2\r\n");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, inet("::ffff:192.0.2.1", 1),
                                 inet("::ffff:192.0.2.2", 2)),
              "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
}

TEST(ProxyHeader, WhatAVersionCannotExpress)
{
    const auto path = *Endpoint::unix_path("/run/x");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, Endpoint::unix_unnamed(), path),
              "PROXY UNKNOWN\r\n");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, inet("192.0.2.1", 7), path),
              "PROXY TCP4 192.0.2.1 0.0.0.0 7 0\r\n");
    const auto vsock = Endpoint::vsock(2, 5);
    EXPECT_EQ(build_proxy_header(ProxyVersion::V1, vsock, vsock), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(build_proxy_header(ProxyVersion::V2, vsock, vsock), signature + "\x20\0\0\0"s);
}

TEST(ProxyHeader, ConnectionsOfTheProxyItselfHaveNoEnds)
{
    for (const auto& bytes :
         {"PROXY UNKNOWN\r\n"s, "PROXY UNKNOWN ffff::1 whatever 1\r\n"s,
          signature + "\x20\x00\x00\x00"s, signature + "\x20\x11\x00\x03zzz"s,
          signature + "\x21\x00\x00\x02zz"s, signature + "\x21\x41\x00\x02zz"s}) {
        const auto header = parse(bytes + "payload", 1);
        ASSERT_TRUE(header) << describe_error(header.error());
        EXPECT_FALSE(header->ends);
    }
}

TEST(ProxyHeader, WhatFollowsTheAddressesIsSkipped)
{
    const auto header = parse(
        signature + "\x21\x11\x00\x14\x7f\0\0\1\x7f\0\0\2\0\1\0\2\x01\x00\x05h2\r\n\0"s + "payload",
        4);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->ends->source, inet("127.0.0.1", 1));
    EXPECT_EQ(header->ends->destination, inet("127.0.0.2", 2));
}

TEST(ProxyHeader, AnotherProtocolIsQuoted)
{
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n"), "it began with 'GET / HTTP/1.1\\r\\n'");
    EXPECT_TRUE(refusal("POST / HTTP/1.1\r\n").starts_with("it began with 'PO"));
    EXPECT_TRUE(refusal("\r\n\r\nno").starts_with("it began with '\\r\\n\\r\\nn"));
    EXPECT_TRUE(refusal("\x1b[31m").starts_with("it began with '\\x1b"));
    EXPECT_TRUE(refusal("\x16\x03\x01").starts_with("it began with '\\x16"));
}

TEST(ProxyHeader, BadLinesOfVersionOne)
{
    for (const char* line :
         {"", "TCP4", "TCP4 ", "TCP5 1.2.3.4 1.2.3.4 1 2", "TCP4 1.2.3.4 1.2.3.4 1",
          "TCP4 1.2.3.4 1.2.3.4 1 2 ", "TCP4 1.2.3.4 1.2.3.4 1 2 3", "TCP4  1.2.3.4 1.2.3.4 1 2",
          "TCP4 ::1 ::1 1 2", "TCP6 1.2.3.4 1.2.3.4 1 2", "TCP4 1.2.3 1.2.3.4 1 2",
          "TCP4 1.2.3.4 1.2.3.4 65536 2", "TCP4 1.2.3.4 1.2.3.4 01 2", "TCP4 1.2.3.4 1.2.3.4 -1 2",
          "TCP4 1.2.3.4 1.2.3.4 1 ", "tcp4 1.2.3.4 1.2.3.4 1 2", "TCP4 1.2.3.4 localhost 1 2"})
        EXPECT_NE(refusal("PROXY " + std::string(line) + "\r\n"), "") << line;
}

TEST(ProxyHeader, VersionOneEndsWithinItsBound)
{
    EXPECT_EQ(refusal("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n"), "");
    EXPECT_TRUE(refusal("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n")
                    .starts_with("a version 1 header without an end: 'PROXY UNKNOWN xxx"));
    EXPECT_FALSE(parse("PROXY UNKNOWN " + std::string(50, '\n'), 1));
}

TEST(ProxyHeader, BadHeadersOfVersionTwo)
{
    EXPECT_EQ(refusal(signature + "\x11\x11\x00\x00"s), "a header of version 1, command 1");
    EXPECT_EQ(refusal(signature + "\x22\x11\x00\x00"s), "a header of version 2, command 2");
    EXPECT_EQ(refusal(signature + "\x21\x11\x00\x0b"s + std::string(11, 'x')),
              "a version 2 header of 11 bytes is too short for its addresses");
    EXPECT_EQ(refusal(signature + "\x21\x21\x00\x23"s + std::string(35, 'x')),
              "a version 2 header of 35 bytes is too short for its addresses");
    EXPECT_EQ(refusal(signature + "\x21\x31\x00\xd7"s + std::string(215, 'x')),
              "a version 2 header of 215 bytes is too short for its addresses");
    EXPECT_EQ(refusal(signature + "\x21\x11\xff\xff"s),
              "a version 2 header of 65551 bytes; at most 16 KiB are taken");
}

TEST(ProxyHeader, IncompleteOnesStayIncomplete)
{
    for (const auto& whole :
         {build_proxy_header(ProxyVersion::V1, inet("1.2.3.4", 1), inet("1.2.3.4", 2)),
          build_proxy_header(ProxyVersion::V2, inet("1.2.3.4", 1), inet("1.2.3.4", 2))})
        for (std::size_t size = 0; size < whole.size(); ++size) {
            ProxyHeaderParser parser;
            EXPECT_EQ(parser.take(std::string_view(whole).substr(0, size)), size);
            EXPECT_FALSE(parser.header());
        }
}

} // namespace

} // namespace sockit::THIS_FILE
