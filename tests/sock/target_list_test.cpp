#include "sock/target_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sockit::THIS_FILE {
namespace {

using Words = std::vector<std::string>;

/// Every target of the words by its text, or the error's message.
std::vector<std::string> texts(const Words& words)
{
    const auto groups = parse_target_list(words);
    if (!groups)
        return {"error: " + message(groups.error())};
    std::vector<std::string> all;
    for (const auto& group : *groups)
        for (std::size_t i = 0; i < group.size(); ++i)
            all.push_back(group.at(i).text);
    return all;
}

std::string error_of(const Words& words)
{
    const auto groups = parse_target_list(words);
    return groups ? "no error" : message(groups.error());
}

TEST(TargetList, OneWordIsOneTarget)
{
    EXPECT_EQ(texts({"localhost:22"}), Words{"localhost:22"});
    EXPECT_EQ(texts({"[::1]:80"}), Words{"[::1]:80"});
    EXPECT_EQ(texts({"tcp://127.0.0.1:80"}), Words{"127.0.0.1:80"});
    EXPECT_EQ(texts({":80"}), Words{"localhost:80"});
    EXPECT_EQ(texts({"80"}), Words{"localhost:80"});
    EXPECT_EQ(texts({"localhost:http"}), Words{"localhost:http"});
    EXPECT_EQ(texts({"unix:/run/a,b-c:1,2"}), Words{"unix:/run/a,b-c:1,2"});
    EXPECT_EQ(texts({"vsock:2:5"}), Words{"vsock:2:5"});
}

TEST(TargetList, PortsAreListsAndRanges)
{
    EXPECT_EQ(texts({"localhost:22,80,8000-8002"}),
              (Words{"localhost:22", "localhost:80", "localhost:8000", "localhost:8001",
                     "localhost:8002"}));
    EXPECT_EQ(texts({"[::1]:1-2"}), (Words{"[::1]:1", "[::1]:2"}));
    EXPECT_EQ(texts({"22,http"}), (Words{"localhost:22", "localhost:80"}));
    EXPECT_EQ(texts({"mptcp:127.0.0.1:5-5"}), Words{"mptcp:127.0.0.1:5"});
}

TEST(TargetList, APortIsAskedOnce)
{
    EXPECT_EQ(texts({"127.0.0.1:22,20-23,22"}),
              (Words{"127.0.0.1:22", "127.0.0.1:20", "127.0.0.1:21", "127.0.0.1:23"}));
}

TEST(TargetList, EveryEndpointHasItsPort)
{
    const auto groups = parse_target_list(Words{"127.0.0.1:1-65535"});
    ASSERT_TRUE(groups);
    ASSERT_EQ(groups->front().size(), 65535U);
    const auto last = groups->front().at(65534);
    EXPECT_EQ(last.port, 65535);
    EXPECT_EQ(last.endpoint->port(), 65535U);
    EXPECT_EQ(last.text, "127.0.0.1:65535");
}

TEST(TargetList, TwoWordsAreHostAndPortsWhereTheFirstHasNone)
{
    EXPECT_EQ(texts({"localhost", "80"}), Words{"localhost:80"});
    EXPECT_EQ(texts({"localhost", "http"}), Words{"localhost:http"});
    EXPECT_EQ(texts({"::1", "22,80"}), (Words{"[::1]:22", "[::1]:80"}));
    EXPECT_EQ(texts({"[::1]", "22-23"}), (Words{"[::1]:22", "[::1]:23"}));
    EXPECT_EQ(texts({"127.0.0.1", "80-81"}), (Words{"127.0.0.1:80", "127.0.0.1:81"}));
    EXPECT_EQ(texts({"80", "443"}), (Words{"localhost:80", "localhost:443"}));
    EXPECT_EQ(texts({"localhost:1", "80"}), (Words{"localhost:1", "localhost:80"}));
    EXPECT_EQ(texts({"unix:/a", "80"}), (Words{"unix:/a", "localhost:80"}));
    EXPECT_EQ(texts({"a:1", "b:2"}), (Words{"a:1", "b:2"}));
}

TEST(TargetList, AHostWithoutAPortAmongManyIsAnError)
{
    // Not localhost:80: whoever forgets a colon must not be told of another host.
    EXPECT_NE(error_of({"example.com", "22", "80"}), "no error");
    EXPECT_NE(error_of({"localhost", "b:80"}), "no error");
}

TEST(TargetList, BadWordsAreQuotedWhole)
{
    const auto expect = [](const std::string& word, const std::string& why) {
        EXPECT_EQ(error_of({word}), "bad target '" + word + "': " + why);
    };
    expect("localhost:22,80abc", "a port is a service name or 0 to 65535");
    expect("localhost:22,", "no port");
    expect("localhost:,22", "no port");
    expect("localhost:22,,23", "no port");
    expect("localhost:0", "port 0 is only for servers");
    expect("localhost:22,0-5", "port 0 is only for servers");
    expect("localhost:9-1", "a range of ports goes upwards");
    expect("localhost:1-65536", "a port is a service name or 0 to 65535");
    expect("localhost:1-2-3", "a port is a service name or 0 to 65535");
    expect("localhost:1-", "no port");
    expect("localhost:-5", "a port is a service name or 0 to 65535");
    expect("localhost:22, 80", "a port is a service name or 0 to 65535");
    expect("10.0.0.0/33:80", "its prefix has 0 to 32 bits");
    expect("[fd00::/129]:80", "its prefix has 0 to 128 bits");
    expect("10.0.0.0/99999999999999999999:80", "its prefix has 0 to 32 bits");
    expect("10.0.0.0/7:80", "too many addresses: a prefix has at least 8 bits");
    expect("[fd00::/103]:80,81", "too many addresses: a prefix has at least 104 bits");
    expect("localhost/24:80", "a prefix is for an address, not for a name");
    expect("127.1/24:80", "an IPv4 address is four decimal numbers, 0 to 255");
    expect("10.0.0.0/:80", "not a host name");
    expect("10.0.0.0/+8:80", "not a host name");
    expect("10.0.0.0/8/8:80", "not a host name");
    expect("fd00::/120:80", "an IPv6 address wants brackets: [V6]:PORT");
    expect("10.0.0.0/24:0", "port 0 is only for servers");
    expect("10.0.0.0/24", "a port is a service name or 0 to 65535");
    expect("127.1:22,80", "an IPv4 address is four decimal numbers, 0 to 255");
    expect("::1:22,23", "an IPv6 address wants brackets: [V6]:PORT");
    expect("*:80", "not a host name");
    EXPECT_NE(error_of({}), "no error");
}

TEST(TargetList, APrefixStandsForAllAddressesThatBeginSo)
{
    EXPECT_EQ(texts({"10.0.0.5/30:80"}),
              (Words{"10.0.0.4:80", "10.0.0.5:80", "10.0.0.6:80", "10.0.0.7:80"}));
    EXPECT_EQ(texts({"10.0.0.255/31:http"}), (Words{"10.0.0.254:80", "10.0.0.255:80"}));
    EXPECT_EQ(texts({"10.0.0.1/32:80"}), Words{"10.0.0.1:80"});
    EXPECT_EQ(texts({"[fd00::ffff/127]:80"}), (Words{"[fd00::fffe]:80", "[fd00::ffff]:80"}));
    EXPECT_EQ(texts({"udp:[fd00::]/127:53"}), (Words{"udp:[fd00::]:53", "udp:[fd00::1]:53"}));
    EXPECT_EQ(texts({"tcp://10.0.0.0/31:1"}), (Words{"10.0.0.0:1", "10.0.0.1:1"}));
    EXPECT_EQ(texts({"10.0.0.0/31", "80"}), (Words{"10.0.0.0:80", "10.0.0.1:80"}));
    EXPECT_EQ(texts({"fd00::/127", "80"}), (Words{"[fd00::]:80", "[fd00::1]:80"}));
    EXPECT_EQ(texts({"[fe80::%lo/127]:1"}), (Words{"[fe80::%lo]:1", "[fe80::1%lo]:1"}));
    EXPECT_EQ(texts({"unix:/run/10.0.0.0/24:80"}), Words{"unix:/run/10.0.0.0/24:80"});
}

TEST(TargetList, EveryHostIsAskedForOnePortBeforeTheNext)
{
    EXPECT_EQ(texts({"10.0.0.0/31:22,80-81"}),
              (Words{"10.0.0.0:22", "10.0.0.1:22", "10.0.0.0:80", "10.0.0.1:80", "10.0.0.0:81",
                     "10.0.0.1:81"}));
}

TEST(TargetList, AWideRangeIsComputedNotHeld)
{
    const auto groups = parse_target_list(Words{"10.0.0.0/8:1-65535", "[fd00::/104]:443"});
    ASSERT_TRUE(groups);
    const auto& v4 = groups->at(0);
    EXPECT_EQ(v4.size(), 65535 * most_hosts);
    const auto last = v4.at(v4.size() - 1);
    EXPECT_EQ(last.text, "10.255.255.255:65535");
    EXPECT_EQ(last.endpoint->text(), last.text);
    EXPECT_EQ(last.port, 65535);
    EXPECT_EQ(v4.at(0x010203, 79).text, "10.1.2.3:80");
    EXPECT_EQ(groups->at(1).at(most_hosts - 1).text, "[fd00::ff:ffff]:443");
}

/// The targets of a line by their text, or the error's message.
std::vector<std::string> texts_of_line(std::string_view line)
{
    const auto group = parse_target_line(line);
    if (!group)
        return {"error: " + message(group.error())};
    std::vector<std::string> all;
    for (std::size_t i = 0; *group && i < (*group)->size(); ++i)
        all.push_back((*group)->at(i).text);
    return all;
}

TEST(TargetLine, HasOneTargetOrNone)
{
    for (const char* nothing : {"", "  \t", "\r", "# localhost:80", "   #", "#"})
        EXPECT_EQ(texts_of_line(nothing), Words()) << nothing;
    EXPECT_EQ(texts_of_line("localhost:80"), Words{"localhost:80"});
    EXPECT_EQ(texts_of_line(" \tlocalhost:80-81 \r"), (Words{"localhost:80", "localhost:81"}));
    EXPECT_EQ(texts_of_line("localhost\t80  # the web"), Words{"localhost:80"});
    EXPECT_EQ(texts_of_line("10.0.0.0/31 80"), (Words{"10.0.0.0:80", "10.0.0.1:80"}));
    EXPECT_EQ(texts_of_line("unix:/run/a b #c"), Words{"unix:/run/a b #c"});
    EXPECT_EQ(texts_of_line("80 443"), Words{"error: bad word '443': a line has one target, "
                                             "HOST:PORTS or HOST PORTS"});
    EXPECT_EQ(texts_of_line("localhost:1 localhost:2").size(), 1U);
    EXPECT_EQ(texts_of_line("localhost:1#2"),
              Words{"error: bad target 'localhost:1#2': a port is a service name or 0 to 65535"});
}

TEST(TargetList, AServiceNameWithADashIsNoRange)
{
    const auto groups = parse_target_list(Words{"localhost:http-alt,22"});
    if (!groups)
        GTEST_SKIP() << "no service named http-alt here";
    EXPECT_EQ(groups->front().ports, (std::vector<std::uint16_t>{8080, 22}));
}

} // namespace
} // namespace sockit::THIS_FILE
