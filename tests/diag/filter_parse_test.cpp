#include "diag/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <netinet/in.h>

namespace sockit::test::THIS_FILE {
namespace {

using enum FilterOperator;

/// The tests and operators in postfix order, short: "sport=80 dport<5 and".
std::string steps_of(std::string_view text, int family = AF_UNSPEC)
{
    const auto filter = parse_filter(text, family);
    if (!filter)
        return message(filter.error());
    std::string steps;
    for (const auto& step : filter->steps) {
        if (!steps.empty())
            steps += ' ';
        if (const auto* join = std::get_if<FilterOperator>(&step)) {
            steps += *join == Not ? "not" : *join == And ? "and" : "or";
        } else if (const auto* port = std::get_if<PortTest>(&step)) {
            constexpr std::array signs{"=", "<", "<=", ">", ">="};
            steps += port->end == SocketEnd::Local ? "sport" : "dport";
            steps += signs[static_cast<std::size_t>(port->comparison)];
            steps += std::to_string(port->port);
        } else {
            steps += "#" + std::to_string(step.index());
        }
    }
    return steps;
}

template <class T>
T only(std::string_view text, int family = AF_UNSPEC)
{
    const auto filter = parse_filter(text, family);
    EXPECT_TRUE(filter) << text << ": " << message(filter.error());
    if (!filter || filter->steps.size() != 1 || !std::holds_alternative<T>(filter->steps[0])) {
        ADD_FAILURE() << text;
        return {};
    }
    return std::get<T>(filter->steps[0]);
}

TEST(FilterParse, OperatorsInEverySpelling)
{
    for (const char* text : {"sport = :80", "sport == 80", "sport eq 80", "sport 80", "sport :80",
                             "sport=80", "sport=:80", "sport ==:80", "sport = 0x50", "(sport=80)",
                             " sport\t=\n80 ", "sport = :http", "sport http", "( ( sport 80 ) )"})
        EXPECT_EQ(steps_of(text), "sport=80") << text;
    for (const char* text :
         {"sport != 80", "sport ne 80", "sport neq 80", "sport!=80", "! sport = 80", "!sport=80",
          "not sport 80", "not not not sport 80", "! ( sport = 80 )", "not sport eq 80"})
        EXPECT_EQ(steps_of(text), "sport=80 not") << text;
    EXPECT_EQ(steps_of("not sport != 80"), "sport=80");
    for (const char* text : {"dport < 80", "dport lt :80", "dport<80"})
        EXPECT_EQ(steps_of(text), "dport<80") << text;
    for (const char* text : {"dport <= 80", "dport le 80", "dport leq 80"})
        EXPECT_EQ(steps_of(text), "dport<=80") << text;
    for (const char* text : {"dport >= 80", "dport ge 80", "dport geq 80", "dport>=80"})
        EXPECT_EQ(steps_of(text), "dport>=80") << text;
    for (const char* text : {"dport > 80", "dport gt 80"})
        EXPECT_EQ(steps_of(text), "dport>80") << text;
    EXPECT_EQ(steps_of("sport = :*"), "sport>=0");
    EXPECT_EQ(steps_of(""), "");
    EXPECT_EQ(steps_of(" "), "");
}

TEST(FilterParse, JoinsBindAlikeFromLeftToRight)
{
    for (const char* text : {"sport 1 and sport 2", "sport 1 & sport 2", "sport 1 && sport 2",
                             "sport 1 sport 2", "sport=1&&sport=2", "(sport 1)(sport 2)"})
        EXPECT_EQ(steps_of(text), "sport=1 sport=2 and") << text;
    for (const char* text : {"sport 1 or sport 2", "sport 1 | sport 2", "sport 1||sport 2"})
        EXPECT_EQ(steps_of(text), "sport=1 sport=2 or") << text;
    EXPECT_EQ(steps_of("sport 1 or sport 2 and sport 3"), "sport=1 sport=2 or sport=3 and");
    EXPECT_EQ(steps_of("sport 1 or sport 2 sport 3"), "sport=1 sport=2 or sport=3 and");
    EXPECT_EQ(steps_of("sport 1 or (sport 2 sport 3)"), "sport=1 sport=2 sport=3 and or");
    EXPECT_EQ(steps_of("not sport 1 sport 2"), "sport=1 not sport=2 and");
    EXPECT_EQ(steps_of("not (sport 1 or sport 2) or sport 3"), "sport=1 sport=2 or not sport=3 or");
}

TEST(FilterParse, StatesBeforeTheExpression)
{
    const auto states = [](std::string_view text) { return parse_filter(text)->states; };
    constexpr auto established = state_bit(SocketState::Established);
    constexpr auto listening = state_bit(SocketState::Listen);
    EXPECT_EQ(states("sport = 1"), std::nullopt);
    EXPECT_EQ(states("state established"), established);
    EXPECT_EQ(states("state ESTAB state listen sport = 1"), established | listening);
    EXPECT_EQ(states("exclude listening"), all_states & ~listening);
    EXPECT_EQ(states("state all exclude listening exclude established"),
              all_states & ~listening & ~established);
    EXPECT_EQ(states("exclude all"), std::nullopt) << "as in ss";
    EXPECT_EQ(states("state connected exclude synchronized"), state_bit(SocketState::SynSent));
    EXPECT_EQ(*states("state bucket") | *states("state big"), all_states);
    EXPECT_EQ(*states("state bucket") & *states("state big"), 0U);
    EXPECT_EQ(*states("state bucket"), *states("state time-wait state syn-recv"));
}

TEST(FilterParse, Hosts)
{
    const auto v4 = only<HostTest>("src 127.0.0.1");
    ASSERT_EQ(v4.addresses.size(), 1U);
    EXPECT_EQ(v4.addresses[0].length, 32U);
    EXPECT_EQ(v4.family, AF_UNSPEC);
    EXPECT_EQ(v4.port, std::nullopt);
    EXPECT_EQ(only<HostTest>("src = 127.0.0.1:80").port, 80);
    EXPECT_EQ(only<HostTest>("dst 10/8").addresses, only<HostTest>("dst 10.0.0.0/8").addresses);
    EXPECT_EQ(only<HostTest>("dst 10.1/255.255.0.0").addresses,
              only<HostTest>("dst 10.1.0.0/16").addresses);
    EXPECT_EQ(only<HostTest>("dst 10/8:22").port, 22);
    const auto v6 = only<HostTest>("dst [2001:db8::/32]:443");
    EXPECT_EQ(v6.addresses[0].family, AF_INET6);
    EXPECT_EQ(v6.addresses[0].length, 32U);
    EXPECT_EQ(v6.port, 443);
    for (const char* text : {"dst [2001:db8::]/32", "dst 2001:db8::/32", "dst inet6:2001:db8::/32"})
        EXPECT_EQ(only<HostTest>(text).addresses, v6.addresses) << text;
    for (const char* text : {"src *", "src *:*", "src :*", "src any", "src all:*", "src default"}) {
        const auto any = only<HostTest>(text);
        EXPECT_TRUE(any.addresses.empty() && any.name.empty() && !any.port) << text;
    }
    EXPECT_EQ(only<HostTest>("src inet6::80").family, AF_INET6);
    EXPECT_EQ(only<HostTest>("src inet6::80").port, 80);
    EXPECT_EQ(only<HostTest>("src inet:*").family, AF_INET);
    EXPECT_EQ(only<HostTest>("dst www.example.com:https").name, "www.example.com");
    EXPECT_EQ(only<PortTest>("sport = inet6::443").family, AF_INET6);
}

TEST(FilterParse, OtherFamilies)
{
    EXPECT_EQ(only<UnixTest>("src unix:/run/*").pattern, "/run/*");
    EXPECT_EQ(only<UnixTest>("src /run/*").pattern, "/run/*");
    EXPECT_EQ(only<UnixTest>("dst @name").end, SocketEnd::Peer);
    EXPECT_EQ(only<UnixTest>("src a(b", AF_UNIX).pattern, "a(b");
    EXPECT_EQ(only<UnixTest>("(src unix:/a(b)=c)").pattern, "/a(b)=c");
    EXPECT_EQ(only<UnixTest>("src unix:/a\\ b\\)").pattern, "/a\\ b\\)");
    EXPECT_EQ(only<UnixTest>("src 'unix:/a b'").pattern, "/a b");
    EXPECT_EQ(only<VsockTest>("dst vsock:2:5000").cid, 2U);
    EXPECT_EQ(only<VsockTest>("dst vsock:*:5000").cid, std::nullopt);
    EXPECT_EQ(only<VsockTest>("dst vsock:2").port, std::nullopt);
    EXPECT_EQ(only<NetlinkTest>("src netlink:rtnl:kernel"),
              (NetlinkTest{SocketEnd::Local, 0U, 0U}));
    EXPECT_EQ(only<NetlinkTest>("src netlink:16:*"),
              (NetlinkTest{SocketEnd::Local, 16U, std::nullopt}));
    EXPECT_EQ(only<PacketTest>("src link:IP:eth0"),
              (PacketTest{SocketEnd::Local, 0x800U, "eth0", 0}));
    EXPECT_EQ(only<VsockTest>("src 3:4", AF_VSOCK).port, 4U);
}

TEST(FilterParse, OurOwnTests)
{
    using Field = NumberTest::Field;
    EXPECT_EQ(only<NumberTest>("pid > 5"), (NumberTest{Field::Pid, Comparison::Greater, 5}));
    EXPECT_EQ(only<NumberTest>("user root"), (NumberTest{Field::Uid, Comparison::Equal, 0}));
    EXPECT_EQ(only<NumberTest>("uid le 9"), (NumberTest{Field::Uid, Comparison::AtMost, 9}));
    EXPECT_EQ(only<NumberTest>("inode = 7").field, Field::Inode);
    EXPECT_EQ(only<CommTest>("comm = nginx*").pattern, "nginx*");
    EXPECT_EQ(only<CommTest>("comm = \"Web Content\"").pattern, "Web Content");
    EXPECT_EQ(only<MarkTest>("fwmark 0x10/0xff"), (MarkTest{16, 255}));
    EXPECT_EQ(only<CgroupTest>("cgroup system.slice/").path, "/system.slice");
    EXPECT_EQ(only<CgroupTest>("cgroup /").path, "/");
    EXPECT_EQ(only<DeviceTest>("dev eth0").name, "eth0");
    EXPECT_TRUE(needs_owners(*parse_filter("sport = 1 or comm = x")));
    EXPECT_TRUE(needs_owners(*parse_filter("not pid = 1")));
    EXPECT_FALSE(needs_owners(*parse_filter("uid = 1 inode = 5")));
}

TEST(FilterParse, FamiliesChosenByName)
{
    const auto families = [](std::string_view text) {
        std::string letters;
        const auto filter = parse_filter(text);
        for (const auto& [family, letter] :
             {std::pair{AF_INET, '4'}, {AF_INET6, '6'}, {AF_UNIX, 'x'}, {AF_NETLINK, 'n'}})
            if (names_family(*filter, family))
                letters += letter;
        return letters;
    };
    EXPECT_EQ(families("sport = 80"), "46xn");
    EXPECT_EQ(families("not src 127.0.0.1"), "46xn");
    EXPECT_EQ(families("src inet:*"), "4");
    EXPECT_EQ(families("not src unix:/x"), "x");
    EXPECT_EQ(families("src unix:/x or sport = 80"), "46x");
    EXPECT_EQ(families("src inet6:* or src netlink:*"), "6n");
    EXPECT_EQ(families("pid = 1"), "46xn");
}

TEST(FilterParse, Errors)
{
    const std::vector<std::pair<std::string, std::string>> errors{
        {"sport = nosuch", "9: expected a port from 0 to 65535 or the name of a service, not "
                           "'nosuch'"},
        {"sport = 65536", "9: expected a port from 0 to 65535 or the name of a service, not "
                          "'65536'"},
        {"sport = 080", "9: expected a port from 0 to 65535 or the name of a service, not '080'"},
        {"(sport = x)", "10: expected a port from 0 to 65535 or the name of a service, not 'x'"},
        {"sport = unix:/x", "9: expected a port of inet, inet6 or vsock: the others have none, "
                            "not 'unix:/x'"},
        {"sport =", "8: expected a value, not its end"},
        {"sport = 80 )", "12: expected and, or, a test or the end, not ')'"},
        {"( sport = 80", "13: expected a closing parenthesis for the one at column 1, not its end"},
        {"sport 80 (", "11: expected a test, not its end"},
        {"()", "2: expected a test, not ')'"},
        {"or sport 80", "1: expected a test, not 'or'"},
        {"sport 80 or or sport 81", "13: expected a test, not 'or'"},
        {"sport 80 and", "13: expected a test, not its end"},
        {"not", "4: expected a test, not its end"},
        {"( not )", "7: expected a test, not ')'"},
        {"sprot = 80", "1: expected a test (perhaps sport), not 'sprot'"},
        {"\x1b[31m",
         "1: expected a test (src, dst, sport, dport, dev, pid, comm, …), not '\\x1b[31m'"},
        {"comm = é zzzzzzz",
         "10: expected a test (src, dst, sport, dport, dev, pid, comm, …), not 'zzzzzzz'"},
        {"src 127.1", "5: expected an address, ADDRESS/LENGTH, the name of a host or *, not "
                      "'127.1'"},
        {"src 1.2.3.4/33",
         "5: expected an address, ADDRESS/LENGTH, the name of a host or *, not '1.2.3.4/33'"},
        {"src 80", "5: expected an address (a port alone is written :PORT), not '80'"},
        {"src inet6:1.2.3.4", "5: expected an IPv6 address, not 'inet6:1.2.3.4'"},
        {"src [::1", "5: expected an address, ADDRESS/LENGTH, the name of a host or *, not "
                     "'[::1'"},
        {"src > ::1", "5: expected = or !=, not '>'"},
        {"state foo", "7: expected a state or group of states (established, listening, "
                      "connected, …), not 'foo'"},
        {"sport 80 state all", "10: expected state and exclude before all tests, not 'state'"},
        {"pid -1", "5: expected a number, not '-1'"},
        {"pid 99999999999999999999", "5: expected a number, not '99999999999999999999'"},
        {"user no-such-user", "6: expected the name or the number of a user, not 'no-such-user'"},
        {"fwmark x", "8: expected MARK or MARK/MASK, decimal or hexadecimal numbers of 32 bits, "
                     "not 'x'"},
        {"comm = 'a", "8: expected a closing quotation mark, not ''a'"},
        {"src vsock:x", "5: expected CID:PORT, each a number or *, not 'vsock:x'"},
        {"src netlink:x:1", "5: expected a netlink protocol (rtnl, genl, …), a number or *, not "
                            "'netlink:x:1'"},
        {"src link:x", "5: expected an Ethernet protocol (ip, arp, …), a number or *, not "
                       "'link:x'"},
    };
    for (const auto& [text, error] : errors)
        EXPECT_EQ(steps_of(text), "bad filter at column " + error) << text;
}

TEST(FilterParse, DepthAndLengthNeedNoStack)
{
    constexpr std::size_t many = 100'000;
    std::string deep;
    for (std::size_t i = 0; i < many; ++i)
        deep += "( not ";
    EXPECT_EQ(steps_of(deep + "sport 80 " + std::string(many, ')')).substr(0, 16),
              "sport=80 not not");
    EXPECT_EQ(steps_of(std::string(many, '(')),
              "bad filter at column 100001: expected a test, not its end");
    EXPECT_EQ(steps_of(std::string(many, '!') + "sport 80"), "sport=80");
    EXPECT_EQ(steps_of(std::string(many, ')')),
              "bad filter at column 1: expected a test, not '" + std::string(64, ')') + "…'");
}

/// For fuzzers, too: any bytes give a filter or a usage error of one line.
void parse_anything(std::string_view bytes)
{
    const auto filter = parse_filter(bytes);
    if (filter)
        return;
    EXPECT_EQ(filter.error().domain, Domain::Usage);
    const auto text = message(filter.error());
    EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos) << text;
    EXPECT_LT(text.size(), 400U) << text;
}

TEST(FilterParse, AnyBytes)
{
    constexpr std::string_view seeds[]{
        "sport",    "=",           "80",   "(",   ")",     "!",      "src",   "[", "]",
        "::",       "127.0.0.1/8", "\xff", "\n",  "'",     "\\",     "unix:", "*", "&",
        "|",        "and",         "or",   "not", "state", "all",    "<",     ">", "comm",
        "netlink:", ":",           "/",    "dst", "link:", "vsock:", "é",     " "};
    std::uint32_t random = 20'250'101;
    const auto next = [&](std::size_t below) {
        random = random * 1'664'525U + 1'013'904'223U;
        return static_cast<std::size_t>(random >> 8U) % below;
    };
    for (int round = 0; round < 5000; ++round) {
        std::string bytes;
        for (auto words = next(12); words > 0; --words) {
            bytes += seeds[next(std::size(seeds))];
            bytes += next(3) == 0 ? "" : " ";
        }
        parse_anything(bytes);
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
