#include "sock/target.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include <net/if.h>
#include <netdb.h>

namespace sockit::THIS_FILE {
namespace {

using Words = std::vector<std::string>;

std::string reason(const Result<Target>& target)
{
    return target ? "taken as " + target->text : describe_error(target.error());
}

/// The literal endpoint of a target, as text; the reason where it has none.
std::string endpoint_of(std::string_view word, Role role = Role::Client)
{
    const auto target = parse_target(word, role);
    return target && target->endpoint ? target->endpoint->text() : reason(target);
}

void expect_refused(std::string_view word, Role role = Role::Client)
{
    const auto target = parse_target(word, role);
    ASSERT_FALSE(target) << "'" << word << "' was taken as " << target->text;
    EXPECT_EQ(target.error().domain, Domain::Usage) << word;
    EXPECT_NE(describe_error(target.error()).find('\''), std::string::npos)
        << "does not quote the word: " << describe_error(target.error());
}

TEST(Target, LiteralsNeedNoResolver)
{
    EXPECT_EQ(endpoint_of("127.0.0.1:80"), "127.0.0.1:80");
    EXPECT_EQ(endpoint_of("0.0.0.0:0", Role::Server), "0.0.0.0:0");
    EXPECT_EQ(endpoint_of("[::1]:65535"), "[::1]:65535");
    EXPECT_EQ(endpoint_of("[0:0:0:0:0:0:0:1]:80"), "[::1]:80");
    EXPECT_EQ(endpoint_of("[::ffff:127.0.0.1]:80"), "[::ffff:127.0.0.1]:80");
    EXPECT_EQ(endpoint_of("[::1%lo]:80"), "[::1%lo]:80");
    EXPECT_EQ(endpoint_of("[::1%1]:80"), "[::1%lo]:80");
    EXPECT_EQ(endpoint_of("[fe80::1%lo]:80"), "[fe80::1%lo]:80");
}

TEST(Target, NamesStayNames)
{
    const auto target = parse_target("www.example.org:8080", Role::Client);
    ASSERT_TRUE(target) << reason(target);
    EXPECT_EQ(target->host, "www.example.org");
    EXPECT_EQ(target->port, 8080);
    EXPECT_EQ(target->endpoint, std::nullopt);
    EXPECT_EQ(target->text, "www.example.org:8080");
    EXPECT_EQ(target->transport, Transport::Tcp);
    for (const char* name : {"localhost", "a-b_c.d", "xn--bcher-kva.example", "bücher.example",
                             "name.", "1.example", "0x7f.example", "a"}) {
        const auto other = parse_target(std::string(name) + ":1", Role::Client);
        ASSERT_TRUE(other) << reason(other);
        EXPECT_EQ(other->host, name);
    }
}

TEST(Target, ABarePortMeansLocalhostToClientsAndEveryAddressToServers)
{
    for (const char* word : {"80", ":80", "tcp:80", "tcp::80", "tcp://:80"}) {
        const auto client = parse_target(word, Role::Client);
        ASSERT_TRUE(client) << reason(client);
        EXPECT_EQ(client->host, "localhost") << word;
        EXPECT_EQ(client->text, "localhost:80") << word;
        EXPECT_FALSE(client->any_address) << word;
        const auto server = parse_target(word, Role::Server);
        ASSERT_TRUE(server) << reason(server);
        EXPECT_TRUE(server->any_address) << word;
        EXPECT_EQ(server->host, "") << word;
        EXPECT_EQ(server->port, 80) << word;
    }
}

TEST(Target, TwoWordsAreHostAndPort)
{
    const auto target = parse_target(Words{"localhost", "80"}, Role::Client);
    ASSERT_TRUE(target) << reason(target);
    EXPECT_EQ(target->text, "localhost:80");
    for (const char* host : {"::1", "[::1]"}) {
        const auto six = parse_target(Words{host, "80"}, Role::Client);
        ASSERT_TRUE(six) << reason(six);
        EXPECT_EQ(six->text, "[::1]:80");
    }
    const auto udp = parse_target(Words{"udp:127.0.0.1", "53"}, Role::Client);
    ASSERT_TRUE(udp) << reason(udp);
    EXPECT_EQ(udp->transport, Transport::Udp);
}

TEST(Target, SchemesPickTheTransport)
{
    struct Case {
        const char* word;
        Transport transport;
        const char* text;
    };
    const std::array cases{
        Case{"tcp:127.0.0.1:80", Transport::Tcp, "127.0.0.1:80"},
        Case{"tcp://127.0.0.1:80", Transport::Tcp, "127.0.0.1:80"},
        Case{"udp:127.0.0.1:53", Transport::Udp, "udp:127.0.0.1:53"},
        Case{"tls:[::1]:443", Transport::Tls, "tls:[::1]:443"},
        Case{"mptcp:127.0.0.1:80", Transport::Mptcp, "mptcp:127.0.0.1:80"},
        Case{"unix:/run/x", Transport::UnixStream, "unix:/run/x"},
        Case{"unix:///run/x", Transport::UnixStream, "unix:/run/x"},
        Case{"unix:relative/x", Transport::UnixStream, "unix:relative/x"},
        Case{"unix:@name", Transport::UnixStream, "unix:@name"},
        Case{"unix-dgram:/run/x", Transport::UnixDgram, "unix-dgram:/run/x"},
        Case{"unix-seqpacket:@n", Transport::UnixSeqpacket, "unix-seqpacket:@n"},
        Case{"vsock:2:5000", Transport::Vsock, "vsock:2:5000"},
    };
    for (const auto& wanted : cases) {
        const auto target = parse_target(wanted.word, Role::Client);
        ASSERT_TRUE(target) << wanted.word << ": " << reason(target);
        EXPECT_EQ(target->transport, wanted.transport) << wanted.word;
        EXPECT_EQ(target->text, wanted.text) << wanted.word;
    }
}

TEST(Target, TheTextOfAHostNamedLikeASchemeMeansThatHost)
{
    EXPECT_EQ(parse_target("tcp:udp:80", Role::Client)->text, "tcp:udp:80");
    EXPECT_EQ(parse_target(Words{"unix", "80"}, Role::Client)->text, "tcp:unix:80");
    EXPECT_EQ(parse_target("udp:udp:80", Role::Client)->text, "udp:udp:80");
    EXPECT_EQ(parse_target(Words{"mptcp", "80"}, Role::Client),
              parse_target("tcp:mptcp:80", Role::Client));
}

TEST(Target, ServiceNamesComeFromTheServicesDatabase)
{
    if (getservbyname("https", "tcp") == nullptr)
        GTEST_SKIP() << "no services database here";
    const auto target = parse_target("localhost:https", Role::Client);
    ASSERT_TRUE(target) << reason(target);
    EXPECT_EQ(target->port, 443);
    expect_refused("localhost:no-such-service");
}

TEST(Target, AddressesInOtherNotationsAreNotGuessed)
{
    for (const char* host :
         {"0177.0.0.1", "127.1", "127.0.1", "2130706433", "127.0.0.256", "0x7f.0.0.1", "0x7f000001",
          "127.0.0.01", "1.2.3.4.5", "256.1.1.1", "0X7F.1"})
        expect_refused(std::string(host) + ":80");
}

TEST(Target, HostsThatAreNoneAreRefused)
{
    for (const char* host : {"*",
                             "a b",
                             "a/b",
                             "a,b",
                             "user@host",
                             "a\tb",
                             "a\nb",
                             "a\033b",
                             "[::1",
                             "[]",
                             "[127.0.0.1]",
                             "[::1]x",
                             "::1",
                             "1::2::3",
                             "[::g]",
                             "[::1%]",
                             "[::1%nosuchzone]",
                             "[fe80::1%99999]",
                             "a\u0085b",
                             "a\u202eb",
                             "a\xff"
                             "b"})
        expect_refused(std::string(host) + ":80");
    for (const auto word : {std::string_view("a\0b:80", 6), std::string_view("[::1%lo\0x]:80", 13),
                            std::string_view("127.0.0.1\0:80", 13)})
        expect_refused(word);
}

TEST(Target, PortsThatAreNoneAreRefused)
{
    for (const char* port : {"", " 80", "80 ", "+80", "-80", "0x50", "80abc", "9.08e3", "99999",
                             "65536", "080x", "8 0", "80\n", "*", "8\0330"}) {
        expect_refused("127.0.0.1:" + std::string(port));
        expect_refused("[::1]:" + std::string(port));
        expect_refused(port, Role::Server);
        EXPECT_FALSE(parse_target(Words{"127.0.0.1", port}, Role::Client)) << port;
    }
}

TEST(Target, PortZeroIsForServersOnly)
{
    expect_refused("127.0.0.1:0");
    expect_refused("0");
    EXPECT_TRUE(parse_target("127.0.0.1:0", Role::Server));
    EXPECT_TRUE(parse_target("0", Role::Server));
}

TEST(Target, EmptyPartsAreRefused)
{
    for (const char* word : {"", ":", "localhost:", "tcp:", "tcp://", "udp:", "unix:", "unix:@",
                             "vsock:", "vsock:2", "vsock:2:", "[]:80"})
        expect_refused(word);
    EXPECT_FALSE(parse_target(Words{"", "80"}, Role::Client));
    EXPECT_FALSE(parse_target(Words{"localhost", ""}, Role::Client));
    EXPECT_FALSE(parse_target(Words{}, Role::Client));
}

TEST(Target, NamesAreAtMost253BytesLong)
{
    const std::string label(62, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(64, 'b');
    ASSERT_EQ(longest.size(), 253U);
    EXPECT_TRUE(parse_target(longest + ":80", Role::Client));
    EXPECT_TRUE(parse_target(longest + ".:80", Role::Client));
    expect_refused(longest + "b:80");
}

TEST(Target, UnixPathsAreAtMost107BytesLong)
{
    const std::string longest(107, 'p');
    EXPECT_TRUE(parse_target("unix:" + longest, Role::Server));
    EXPECT_TRUE(parse_target("unix:@" + longest, Role::Server));
    expect_refused("unix:" + longest + "p");
    expect_refused("unix:@" + longest + "p");
    expect_refused(std::string_view("unix:a\0b", 8));
}

TEST(Target, MoreWordsThanATargetTakesAreRefused)
{
    EXPECT_FALSE(parse_target(Words{"localhost", "80", "81"}, Role::Client));
    EXPECT_FALSE(parse_target(Words{"unix:/x", "80"}, Role::Client));
    EXPECT_FALSE(parse_target(Words{"vsock:2:1", "80"}, Role::Client));
}

TEST(Target, VsockNumbersHaveThirtyTwoBits)
{
    EXPECT_EQ(endpoint_of("vsock:4294967295:4294967295"), "vsock:4294967295:4294967295");
    expect_refused("vsock:4294967296:1");
    expect_refused("vsock:1:4294967296");
    expect_refused("vsock:x:1");
}

TEST(Target, TheErrorQuotesTheWordEscapedAndCut)
{
    const auto target = parse_target("\033[2J" + std::string(100, 'x') + ":80", Role::Client);
    ASSERT_FALSE(target);
    EXPECT_EQ(describe_error(target.error()),
              "bad target '\\x1b[2J" + std::string(57, 'x') + "…': not a host name");
}

} // namespace
} // namespace sockit::THIS_FILE
