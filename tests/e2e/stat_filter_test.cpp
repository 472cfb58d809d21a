#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// Listeners, connections, TIME-WAIT, UDP and unix sockets, in a network of their own.
class StatFilter : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        pair("127.0.0.1", 8080, "127.0.0.1", 5000);
        pair("127.0.0.1", 8081, "127.0.0.2", 0);
        pair("127.3.0.1", 9000, "127.0.0.1", 0);
        pair("::1", 80, "::1", 5001);
        pair("::ffff:127.0.0.4", 443, "::ffff:127.0.0.1", 0);
        ::close(m_sockets[m_sockets.size() - 1].release());
        ::close(m_sockets[m_sockets.size() - 2].release()); // leaves TIME-WAIT
        for (const char* address : {"127.0.0.1", "::1"})
            m_sockets.push_back(bound(address, 53, SOCK_DGRAM));
        const auto device = bound("127.0.0.1", 6000, SOCK_STREAM);
        EXPECT_EQ(::setsockopt(device.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
        EXPECT_EQ(::listen(device.get(), 1), 0);
        m_sockets.emplace_back(::dup(device.get()));
        for (const std::string& path : {m_directory.path("one"), m_directory.path("a b(c")}) {
            m_sockets.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::ranges::copy(path, address.sun_path);
            EXPECT_EQ(::bind(m_sockets.back().get(), reinterpret_cast<const sockaddr*>(&address),
                             sizeof address),
                      0);
            EXPECT_EQ(::listen(m_sockets.back().get(), 1), 0);
        }
    }

    struct Address {
        sockaddr_storage bytes{};
        socklen_t length = sizeof(sockaddr_in);
        [[nodiscard]] const sockaddr* get() const
        {
            return reinterpret_cast<const sockaddr*>(&bytes);
        }
    };

    static Address address_of(const std::string& text, std::uint16_t port)
    {
        Address address;
        if (text.find(':') == std::string::npos) {
            auto& v4 = reinterpret_cast<sockaddr_in&>(address.bytes);
            v4.sin_family = AF_INET;
            v4.sin_port = htons(port);
            EXPECT_EQ(::inet_pton(AF_INET, text.c_str(), &v4.sin_addr), 1);
            return address;
        }
        auto& v6 = reinterpret_cast<sockaddr_in6&>(address.bytes);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1);
        address.length = sizeof v6;
        return address;
    }

    static Fd bound(const std::string& text, std::uint16_t port, int type)
    {
        const auto address = address_of(text, port);
        Fd fd(::socket(address.bytes.ss_family, type | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(fd.get(), address.get(), address.length), 0) << text;
        return fd;
    }

    /// A listener, a client of it, and the accepted socket, in this order.
    void pair(const std::string& to, std::uint16_t port, const std::string& from,
              std::uint16_t client_port)
    {
        Fd listener = bound(to, port, SOCK_STREAM);
        EXPECT_EQ(::listen(listener.get(), 4), 0);
        Fd client = bound(from, client_port, SOCK_STREAM);
        const auto address = address_of(to, port);
        EXPECT_EQ(::connect(client.get(), address.get(), address.length), 0);
        Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        EXPECT_TRUE(accepted.valid());
        m_sockets.push_back(std::move(listener));
        m_sockets.push_back(std::move(client));
        m_sockets.push_back(std::move(accepted));
    }

    /// The cookies in what `sockit stat -e` or `ss -e` printed.
    static std::multiset<std::string> cookies(const std::string& text)
    {
        std::multiset<std::string> found;
        for (auto at = text.find(" sk:"); at != std::string::npos; at = text.find(" sk:", at + 1))
            found.insert(text.substr(at + 4, text.find_first_of(" \n", at + 4) - at - 4));
        return found;
    }

    /// The inodes of unix sockets, which ss prints without cookies: `INODE * PEER`.
    static std::multiset<std::string> inodes(const std::string& text)
    {
        static const std::regex row("([0-9]+) +\\* +[0-9]+");
        std::multiset<std::string> found;
        for (std::sregex_iterator match(text.begin(), text.end(), row), end; match != end; ++match)
            found.insert((*match)[1]);
        return found;
    }

    static Outcome stat(Words words)
    {
        words.insert(words.begin(), {"stat", "-Hne"});
        auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 0));
        return outcome;
    }

    static std::multiset<std::string> ours(const Words& words) { return cookies(stat(words).out); }

    std::vector<Fd> m_sockets;
    TemporaryDirectory m_directory;
};

TEST_F(StatFilter, SameRowsAsSs)
{
    for (const char* filter : {
             "sport = 8080",
             "sport = :8080",
             "sport 8080",
             "sport eq 8080",
             "sport != 8080",
             "dport = 8080 or sport = 8080",
             "sport gt 8000 and sport lt 9500",
             "sport > 8000 sport <= :8081",
             "sport geq 8080 && dport ne 5000",
             "sport = http",
             "dport = :https or sport = :https",
             "not sport = 8080",
             "! ( sport = 8080 or dport = 8080 )",
             "src 127.0.0.1",
             "src 127.0.0.0/8",
             "src 127/8",
             "not src 127/8",
             "src 127.3/16",
             "dst 127.0.0.1",
             "src [::1]",
             "src [::1]:80",
             "src [::ffff:0:0/96]",
             "src inet6:*",
             "src inet:*",
             "dst inet6::443",
             "src 127.0.0.1:8080 dst 127.0.0.1:5000",
             "src *:8080",
             "dst :5000",
             "sport = 9000 or sport = 8080 dport = 5000",
             "sport = 9000 or ( sport = 8080 dport = 5000 )",
             "dev lo",
             "dev != lo",
             "dev = 1",
             "autobound",
             "autobound and dport = 8081",
             "sport = 53",
             "not ( not ( src 127.0.0.2 ) )",
         }) {
        const auto theirs = run_program({"ss", "-HneO", "-tua", filter});
        EXPECT_EQ(ours({"-tua", filter}), cookies(theirs.out)) << filter << theirs;
    }
}

TEST_F(StatFilter, SameStatesAsSs)
{
    for (const char* words :
         {"state established", "state time-wait", "state listening", "state connected",
          "state synchronized", "state bucket", "state big", "state all", "exclude established",
          "exclude established exclude listening", "state established state time-wait",
          "state all exclude listening sport = 8080", "state unconnected",
          "state CONNECTED exclude time-wait"}) {
        Words filter;
        std::istringstream stream{std::string(words)};
        for (std::string word; stream >> word;)
            filter.push_back(word);
        for (const char* kind : {"-tu", "-tual", "-x"}) {
            Words call{"ss", "-HneO", kind};
            call.insert(call.end(), filter.begin(), filter.end());
            const auto theirs = run_program(call);
            const auto outcome = stat({kind, words});
            const auto names = std::string_view(kind) == "-x" ? inodes : cookies;
            EXPECT_EQ(names(outcome.out), names(theirs.out)) << kind << words << outcome << theirs;
        }
    }
}

TEST_F(StatFilter, SameUnixSocketsAsSs)
{
    const auto one = m_directory.path("one");
    for (const auto& filter : Words{"src " + one, "src " + one.substr(0, one.size() - 1) + "?",
                                    "src *ONE", "not src " + one, "autobound", "not autobound"}) {
        const auto theirs = run_program({"ss", "-HneO", "-xa", filter});
        EXPECT_EQ(inodes(stat({"-xa", filter}).out), inodes(theirs.out)) << filter << theirs;
    }
    EXPECT_EQ(ours({"-a", "src " + one}).size(), 1U);
    EXPECT_EQ(ours({"-a", "src 'unix:" + m_directory.path("a b(c") + "'"}).size(), 1U);
    EXPECT_EQ(ours({"-a", "src unix:" + m_directory.path("a\\ b(c")}).size(), 1U);
    EXPECT_EQ(ours({"-a", "src " + one + " or sport = 8080"}).size(), 3U);
}

TEST_F(StatFilter, NetlinkAndProcDecideAlike)
{
    for (const char* filter : {"sport = 8080 or dport = 443", "src 127/8", "state time-wait",
                               "state all not dst 127.0.0.1:5000", "uid = 0", "inode != 0"}) {
        const auto rows = [&](const char* via) {
            std::multiset<std::string> rows;
            const auto document =
                json::parse(run({"stat", "--json", "-ntu", "--via", via, filter}).out);
            for (const auto& socket : document["sockets"])
                rows.insert(socket["local"].dump() + socket["peer"].dump());
            return rows;
        };
        EXPECT_EQ(rows("netlink"), rows("proc")) << filter;
        EXPECT_FALSE(rows("proc").empty()) << filter;
    }
}

TEST_F(StatFilter, ProcessesByNumberAndName)
{
    const auto pid = std::to_string(::getpid());
    const auto listeners = ours({"-tl"});
    EXPECT_GE(listeners.size(), 5U);
    EXPECT_EQ(ours({"-tl", "pid = " + pid}), listeners);
    EXPECT_EQ(ours({"-tl", "comm = test_e*"}), listeners);
    EXPECT_EQ(ours({"-tl", "not comm = test_e*"}).size(), 0U);
    EXPECT_EQ(ours({"-tl", "pid != " + pid}).size(), 0U);
    EXPECT_EQ(ours({"-tl", "pid = " + pid + " sport = 8080"}).size(), 1U);
    EXPECT_EQ(ours({"-tl", "comm = nobody-has-this or sport = 8080"}).size(), 1U);
    const auto shown = run({"stat", "-Htln", "pid = " + pid});
    EXPECT_EQ(shown.out.find("pid="), std::string::npos) << "asked for, but not to be shown";
    const auto document = json::parse(run({"stat", "--json", "-tl", "pid = " + pid}).out);
    EXPECT_FALSE(document["sockets"][0].contains("processes"));
    EXPECT_TRUE(valid(document));
}

TEST_F(StatFilter, UnknownProcessesMatchNothingAndAreTold)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can become somebody else";
    for (const char* filter : {"pid = 1", "not pid = 1"}) {
        const auto outcome = run_program({"setpriv", "--reuid", "65534", "--clear-groups",
                                          sockit_binary(), "stat", "-tlH", filter});
        if (outcome.status == 127 || outcome.err.find("setpriv") != std::string::npos)
            GTEST_SKIP() << "no other user here: " << outcome.err;
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("whose they are is not known"), std::string::npos) << outcome;
    }
}

TEST_F(StatFilter, NothingMatches)
{
    const auto nothing = run({"stat", "-Hta", "sport = 1"});
    EXPECT_TRUE(exited(nothing, 0));
    EXPECT_EQ(nothing.out, "");
}

TEST_F(StatFilter, ErrorsAreOneLineWithTheColumn)
{
    const auto bad = run({"stat", "-t", "--json", "sport", "=", "no\x1bsuch"});
    EXPECT_TRUE(exited(bad, 2));
    EXPECT_EQ(bad.out, "");
    EXPECT_EQ(bad.err, "sockit: bad filter at column 9: expected a port from 0 to 65535 or the "
                       "name of a service, not 'no\\x1bsuch'\n");
    const auto deep =
        run({"stat", std::string(10'000, '(') + "sport=1" + std::string(10'000, ')')});
    EXPECT_TRUE(exited(deep, 0));
    const auto device = run({"stat", "-t", "dev no-such-dev"});
    EXPECT_TRUE(exited(device, 6));
    EXPECT_EQ(device.err, "sockit: filter dev no-such-dev: No such device (ENODEV)\n");
    for (const char* test : {"fwmark = 1", "dev lo", "cgroup /"})
        EXPECT_TRUE(exited(run({"stat", "-t", "--via", "proc", test}), 7));
}

TEST_F(StatFilter, MarksNeedACapability)
{
    EXPECT_TRUE(exited(run({"stat", "-t", "fwmark = 1"}), 0));
    for (const char* filter : {"fwmark = 1", "fwmark = 1 or pid = 1"}) {
        const auto outcome = run_program(
            {"setpriv", "--bounding-set=-net_admin", sockit_binary(), "stat", "-t", filter});
        EXPECT_TRUE(exited(outcome, 5));
        EXPECT_NE(outcome.err.find("CAP_NET_ADMIN"), std::string::npos) << outcome;
        EXPECT_EQ(outcome.out.find("127.0.0.1"), std::string::npos);
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
