#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/three_hosts.h"

#include <map>
#include <memory>
#include <sstream>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// The ICMP message behind a verdict; type -1 where there must be none.
struct Message {
    int type = -1;
    int code = 0;
    const char* from = "";
    bool local = false;
};

Message by_server(int type, int code) { return {.type = type, .code = code, .from = "10.77.2.2"}; }
Message by_server6(int type, int code) { return {.type = type, .code = code, .from = "fd77:2::2"}; }
Message by_router(int type, int code)
{
    return {.type = type, .code = code, .from = "10.77.1.254"};
}
Message by_router6(int type, int code)
{
    return {.type = type, .code = code, .from = "fd77:1::fe"};
}
Message by_us(int type, int code)
{
    return {.type = type, .code = code, .from = "10.77.1.1", .local = true};
}
Message by_us6(int type, int code)
{
    return {.type = type, .code = code, .from = "fd77:1::1", .local = true};
}

/// One way for a connection to fail, or to succeed: what is asked, and all that must be said of it.
struct Case {
    std::string target;
    std::string outcome;
    int status = 0;
    std::string code = {}; ///< of the error; empty: none
    Message icmp = {};
    bool sync = false;
    std::string options = {};
    const char* phase = "connect";
};

const std::string briefly = "--timeout 400ms"; // where silence is expected

std::vector<Case> far_host()
{
    const std::string s = "10.77.2.2:";
    const std::string t = "[fd77:2::2]:";
    return {
        {s + "7001", "open", 0},
        {t + "7001", "open", 0},
        {s + "7002", "refused", 8, "ECONNREFUSED"},
        {t + "7002", "refused", 8, "ECONNREFUSED"},
        {s + "7003", "refused", 8, "ECONNREFUSED"},
        {t + "7003", "refused", 8, "ECONNREFUSED"},
        {s + "7010", "rejected", 9, "ENETUNREACH", by_server(3, 0)},
        {s + "7011", "rejected", 9, "EHOSTUNREACH", by_server(3, 1)},
        {s + "7012", "rejected", 9, "ENOPROTOOPT", by_server(3, 2)},
        {s + "7013", "rejected", 9, "ECONNREFUSED", by_server(3, 3)},
        {s + "7014", "rejected", 9, "ENETUNREACH", by_server(3, 9)},
        {s + "7015", "rejected", 9, "EHOSTUNREACH", by_server(3, 10)},
        {s + "7016", "rejected", 9, "EHOSTUNREACH", by_server(3, 13)},
        {t + "7010", "rejected", 9, "ENETUNREACH", by_server6(1, 0)},
        {t + "7011", "rejected", 9, "EHOSTUNREACH", by_server6(1, 3)},
        {t + "7013", "rejected", 9, "ECONNREFUSED", by_server6(1, 4)},
        {t + "7016", "rejected", 9, "EACCES", by_server6(1, 1)},
        {s + "7004", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {t + "7004", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {s + "7004",
         "timeout",
         3,
         "ETIMEDOUT",
         {},
         false,
         "--timeout 60s --sockopt TCP_USER_TIMEOUT=100"}, // the kernel's own limit
        {s + "7006", "reset", 10, "ECONNRESET", {}, false, "--settle 1s", "receive"},
        {s + "7007", "reset", 10, "", {}, false, "--settle 1s"},
        {t + "7007", "reset", 10, "", {}, false, "--settle 1s"},
    };
}

std::vector<Case> the_way_there()
{
    const std::string s = "10.77.2.2:";
    const std::string t = "[fd77:2::2]:";
    return {
        {s + "7030", "rejected", 9, "EHOSTUNREACH", by_router(3, 13)},
        {t + "7030", "rejected", 9, "EACCES", by_router6(1, 1)},
        // Of these the kernel of the router sends five in a row to one host, and then one a second.
        {"10.77.9.1:80", "rejected", 9, "EHOSTUNREACH", by_router(3, 1)},
        {"10.77.9.2:80", "rejected", 9, "EHOSTUNREACH", by_router(3, 13)},
        {"10.77.200.1:80", "rejected", 9, "ENETUNREACH", by_router(3, 0)},
        {"10.77.9.3:80", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {"[fd77:9::1]:80", "rejected", 9, "ENETUNREACH", by_router6(1, 0)},
        {"[fd77:9::2]:80", "rejected", 9, "EACCES", by_router6(1, 1)},
        {"[fd77:99::1]:80", "rejected", 9, "ENETUNREACH", by_router6(1, 0)},
        {"[fd77:9::3]:80", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {s + "7001", "rejected", 9, "EHOSTUNREACH", by_router(11, 0), false, "--sockopt IP_TTL=1"},
        {t + "7001", "rejected", 9, "EHOSTUNREACH", by_router6(3, 0), false,
         "--sockopt IPV6_UNICAST_HOPS=1"},
        {"10.77.2.77:80", "rejected", 9, "EHOSTUNREACH", by_router(3, 1)},
        {"[fd77:2::77]:80", "rejected", 9, "EHOSTUNREACH", by_router6(1, 3)},
    };
}

std::vector<Case> our_own_stack()
{
    const std::string s = "10.77.2.2:";
    const std::string t = "[fd77:2::2]:";
    return {
        {"10.77.8.1:80", "unreachable", 9, "EHOSTUNREACH", {}, true},
        {"10.77.8.2:80", "denied", 5, "EACCES", {}, true},
        {"10.77.8.3:80", "denied", 5, "EINVAL", {}, true},
        {"10.77.8.4:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"[fd77:8::1]:80", "unreachable", 9, "EHOSTUNREACH", {}, true},
        {"[fd77:8::2]:80", "denied", 5, "EACCES", {}, true},
        {"[fd77:8::3]:80", "denied", 5, "EINVAL", {}, true},
        {"[fd77:8::4]:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"192.0.2.1:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"[2001:db8::1]:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"10.77.1.77:80", "unreachable", 9, "EHOSTUNREACH", by_us(3, 1)},
        {"[fd77:1::77]:80", "unreachable", 9, "EHOSTUNREACH", by_us6(1, 3)},
        {"172.31.5.9:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"239.1.1.1:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"10.77.1.255:80", "unreachable", 9, "ENETUNREACH", {}, true},
        {"[fe80::1]:80", "local-error", 6, "EINVAL", {}, true},
        {s + "7001", "local-error", 6, "ENODEV", {}, false, "--interface nope0", "socket"},
        {s + "7001", "unreachable", 9, "ENETUNREACH", {}, true, "--interface down0"},
        {s + "7001", "local-error", 6, "EADDRNOTAVAIL", {}, false, "--source 10.9.9.9", "bind"},
        {s + "7001", "local-error", 6, "EINVAL", {}, true, "--source 127.0.0.1"},
        {s + "7020", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {t + "7020", "timeout", 3, "ETIMEDOUT", {}, false, briefly},
        {s + "7021", "refused", 8, "ECONNREFUSED"},
        {t + "7021", "refused", 8, "ECONNREFUSED"},
        {s + "7022", "denied", 5, "EHOSTUNREACH", by_us(3, 13)},
        {t + "7022", "denied", 5, "EACCES", by_us6(1, 1)},
        {s + "7023", "denied", 5, "ECONNREFUSED", by_us(3, 3)},
        {t + "7023", "denied", 5, "ECONNREFUSED", by_us6(1, 4)},
    };
}

/// An ICMP message of each type and code, and what the kernel makes of it: an errno, or nothing.
struct Forged {
    int type;
    int code;
    const char* error;
};

constexpr Forged forged_v4[] = {{3, 0, "ENETUNREACH"},
                                {3, 1, "EHOSTUNREACH"},
                                {3, 2, "ENOPROTOOPT"},
                                {3, 3, "ECONNREFUSED"},
                                {3, 4, ""},
                                {3, 5, "EOPNOTSUPP"},
                                {3, 6, "ENETUNREACH"},
                                {3, 7, "EHOSTDOWN"},
                                {3, 8, "ENONET"},
                                {3, 9, "ENETUNREACH"},
                                {3, 10, "EHOSTUNREACH"},
                                {3, 11, "ENETUNREACH"},
                                {3, 12, "EHOSTUNREACH"},
                                {3, 13, "EHOSTUNREACH"},
                                {3, 14, "EHOSTUNREACH"},
                                {3, 15, "EHOSTUNREACH"},
                                {4, 0, ""},
                                {11, 0, "EHOSTUNREACH"},
                                {11, 1, ""},
                                {12, 0, "EPROTO"}};

constexpr Forged forged_v6[] = {
    {1, 0, "ENETUNREACH"},  {1, 1, "EACCES"},       {1, 2, "EHOSTUNREACH"}, {1, 3, "EHOSTUNREACH"},
    {1, 4, "ECONNREFUSED"}, {1, 5, "EACCES"},       {1, 6, "EACCES"},       {2, 0, ""},
    {3, 0, "EHOSTUNREACH"}, {3, 1, "EHOSTUNREACH"}, {4, 0, "EPROTO"},       {4, 1, "EPROTO"},
    {4, 2, "EPROTO"}};

/// Each of them in answer to a SYN or a datagram.
std::vector<Case> forged_messages(const std::string& scheme)
{
    const bool datagram = scheme == "udp:";
    std::vector<Case> cases;
    const auto add = [&](const Forged& forged, const char* host, const Message& message) {
        const auto port = std::to_string(20000 + 100 * forged.type + forged.code);
        const auto target = scheme + host + port;
        const bool nobody_there = datagram && std::string_view(forged.error) == "ECONNREFUSED";
        if (*forged.error == '\0' && datagram)
            cases.push_back({target, "silent", 3, "ETIMEDOUT", {}, false, briefly, "receive"});
        else if (*forged.error == '\0')
            cases.push_back({target, "timeout", 3, "ETIMEDOUT", {}, false, briefly});
        else
            cases.push_back({target, nobody_there ? "refused" : "rejected", nobody_there ? 8 : 9,
                             forged.error, message, false, "", datagram ? "receive" : "connect"});
    };
    for (const auto& forged : forged_v4)
        add(forged, "10.77.2.2:", by_server(forged.type, forged.code));
    for (const auto& forged : forged_v6)
        add(forged, "[fd77:2::2]:", by_server6(forged.type, forged.code));
    return cases;
}

std::vector<Case> datagrams()
{
    const std::string s = "udp:10.77.2.2:";
    const std::string t = "udp:[fd77:2::2]:";
    const auto answered = [](const std::string& target, const char* outcome, int status,
                             const char* code, const Message& message) {
        return Case{target, outcome, status, code, message, false, "", "receive"};
    };
    const auto at_once = [](const std::string& target, const char* outcome, int status,
                            const char* code, const char* phase = "connect") {
        return Case{target, outcome, status, code, {}, true, "", phase};
    };
    return {
        {s + "7001", "open", 0},
        {t + "7001", "open", 0},
        answered(s + "7002", "refused", 8, "ECONNREFUSED", by_server(3, 3)),
        answered(t + "7002", "refused", 8, "ECONNREFUSED", by_server6(1, 4)),
        answered(s + "7010", "rejected", 9, "ENETUNREACH", by_server(3, 0)),
        answered(s + "7011", "rejected", 9, "EHOSTUNREACH", by_server(3, 1)),
        answered(s + "7012", "rejected", 9, "ENOPROTOOPT", by_server(3, 2)),
        answered(s + "7013", "refused", 8, "ECONNREFUSED", by_server(3, 3)),
        answered(s + "7016", "rejected", 9, "EHOSTUNREACH", by_server(3, 13)),
        answered(t + "7013", "refused", 8, "ECONNREFUSED", by_server6(1, 4)),
        answered(t + "7016", "rejected", 9, "EACCES", by_server6(1, 1)),
        answered(s + "7030", "rejected", 9, "EHOSTUNREACH", by_router(3, 10)),
        {s + "7004", "silent", 3, "ETIMEDOUT", {}, false, briefly, "receive"},
        {t + "7004", "silent", 3, "ETIMEDOUT", {}, false, briefly, "receive"},
        {s + "7001", "rejected", 9, "EHOSTUNREACH", by_router(11, 0), false, "--sockopt IP_TTL=1",
         "receive"},
        answered("udp:10.77.1.77:80", "unreachable", 9, "EHOSTUNREACH", by_us(3, 1)),
        answered("udp:[fd77:1::77]:80", "unreachable", 9, "EHOSTUNREACH", by_us6(1, 3)),
        at_once(s + "7020", "denied", 5, "EPERM", "send"),
        at_once(t + "7020", "denied", 5, "EPERM", "send"),
        at_once("udp:10.77.8.1:80", "unreachable", 9, "EHOSTUNREACH"),
        at_once("udp:10.77.8.2:80", "denied", 5, "EACCES"),
        at_once("udp:10.77.8.3:80", "denied", 5, "EINVAL"),
        at_once("udp:10.77.8.4:80", "unreachable", 9, "ENETUNREACH"),
        at_once("udp:[fd77:8::1]:80", "unreachable", 9, "EHOSTUNREACH"),
        at_once("udp:[fd77:8::2]:80", "denied", 5, "EACCES"),
        at_once("udp:[fd77:8::3]:80", "denied", 5, "EINVAL"),
        at_once("udp:[fd77:8::4]:80", "unreachable", 9, "ENETUNREACH"),
        at_once("udp:10.77.1.255:80", "denied", 5, "EACCES"),
        {s + "7001",
         "local-error",
         6,
         "EMSGSIZE",
         {},
         true,
         "--send " + std::string(65508, 'x'),
         "send"},
    };
}

std::vector<Case> names()
{
    return {
        {"nx.zoo.test:7001", "unresolved", 4, "EAI_NONAME", {}, false, "", "resolve"},
        {"servfail.zoo.test:7001", "unresolved", 4, "EAI_AGAIN", {}, false, "", "resolve"},
        {"refused.zoo.test:7001", "unresolved", 4, "EAI_AGAIN", {}, false, "", "resolve"},
        {"nodata.zoo.test:7001", "unresolved", 4, "EAI_NODATA", {}, false, "", "resolve"},
        {"dual.zoo.test:7001", "open", 0},
        {"dual.zoo.test:7002", "refused", 8, "ECONNREFUSED"},
        {"mute.zoo.test:7001", "timeout", 3, "ETIMEDOUT", {}, false, briefly, "resolve"},
    };
}

/// Like `words`, but as somebody whose capabilities end at a user namespace of his own, so that the
/// network is not his.
Words as_ordinary_user(const Words& words)
{
    Words all{"unshare", "--user", "--map-user=1000", "--map-group=1000"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

Words split(const std::string& text)
{
    std::istringstream stream(text);
    Words words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

/// What is wrong with a result; empty if nothing is.
std::string compare(const Case& wanted, const json& result)
{
    std::string wrong;
    const auto check = [&](std::string_view what, const json& seen, const json& right) {
        if (seen != right)
            wrong += "\n  " + std::string(what) + " is " + seen.dump() + ", not " + right.dump();
    };
    check("outcome", result["outcome"], wanted.outcome);
    check("sync", result["sync"], wanted.sync);
    check("ok", result["ok"], wanted.status == 0);
    const json& error = result["error"];
    check("code", error.is_null() ? json() : error["code"],
          wanted.code.empty() ? json() : json(wanted.code));
    if (error.is_object())
        check("phase", error["phase"], wanted.phase);
    json icmp;
    if (error.is_object() && error.contains("icmp")) {
        icmp = error["icmp"];
        icmp.erase("name");
    }
    const Message& message = wanted.icmp;
    check("icmp", icmp,
          message.type < 0 ? json()
                           : json{{"type", message.type},
                                  {"code", message.code},
                                  {"from", message.from},
                                  {"local", message.local}});
    return wrong.empty() ? "" : wanted.target + " " + wanted.options + ":" + wrong;
}

/// Whoever asks: root, or an ordinary user.
class ProbeZoo : public testing::TestWithParam<bool> {
protected:
    void SetUp() override
    {
        fresh_network();
        m_hosts = std::make_unique<ThreeHosts>();
        if (!m_hosts->obstacle().empty())
            GTEST_SKIP() << m_hosts->obstacle();
        if (GetParam() && run_program(as_ordinary_user({"true"})).status != 0)
            GTEST_SKIP() << "cannot become an ordinary user here";
    }

    /// Asks them all, those together whose options and exit status are the same.
    void ask(const std::vector<Case>& cases, const Words& before = {})
    {
        std::map<std::pair<std::string, int>, std::vector<Case>> groups;
        for (const auto& one : cases)
            groups[{one.options, one.status}].push_back(one);
        for (const auto& [key, group] : groups) {
            Words words{sockit_binary(), "probe", "--json"};
            for (auto& option : split(key.first))
                words.push_back(std::move(option));
            for (const auto& one : group)
                words.push_back(one.target);
            if (GetParam())
                words = as_ordinary_user(words);
            words.insert(words.begin(), before.begin(), before.end());
            m_asked.push_back({std::make_unique<Running>(words, Surroundings{}), group});
        }
    }

    /// Waits for the answers.
    void judge()
    {
        for (auto& [process, group] : m_asked)
            judge(process->wait(), group);
        m_asked.clear();
    }

    std::unique_ptr<ThreeHosts> m_hosts;

private:
    static void judge(const Outcome& outcome, const std::vector<Case>& group)
    {
        if (outcome.err.find("mount:") != std::string::npos)
            GTEST_SKIP() << "no mount namespace here: " << outcome.err;
        EXPECT_TRUE(exited(outcome, group.front().status));
        EXPECT_TRUE(valid_document(outcome.out));
        const auto document = parse_document(outcome.out);
        ASSERT_TRUE(document.is_object()) << outcome;
        std::map<std::string, json> results;
        for (const auto& result : document["results"])
            results[result["target"]] = result;
        for (const auto& one : group) {
            ASSERT_TRUE(results.contains(one.target)) << one.target << outcome;
            EXPECT_EQ(compare(one, results[one.target]), "");
        }
    }

    struct Asked {
        std::unique_ptr<Running> process;
        std::vector<Case> cases;
    };
    std::vector<Asked> m_asked;
};

TEST_P(ProbeZoo, EveryCase)
{
    const TemporaryDirectory directory;
    write_file(directory.path("resolv.conf"),
               "nameserver 10.77.2.2\noptions timeout:1 attempts:1\n");
    ask(far_host());
    ask(the_way_there());
    ask(our_own_stack());
    ask(forged_messages(""));
    ask(names(),
        {"unshare", "--mount", "sh", "-c",
         "mount --bind " + directory.path("resolv.conf") + " /etc/resolv.conf && exec \"$@\"",
         "sh"});
    ask(datagrams());
    ask(forged_messages("udp:"));
    if (GetParam())
        ask({{"10.77.2.2:7001",
              "denied",
              5,
              "EACCES",
              {},
              false,
              "--source 10.77.1.1:80",
              "bind"}});
    judge();
    write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    ask({{"[fd77:2::2]:7001", "local-error", 6, "EADDRNOTAVAIL", {}, true},
         {"10.77.2.2:7001", "open", 0}});
    judge();
}

TEST_P(ProbeZoo, ALostSynIsCounted)
{
    // Of the SYNs to that port every second one is dropped, the first one too.
    const Words words{sockit_binary(), "probe", "--json", "10.77.2.2:7008"};
    const auto outcome = run_program(GetParam() ? as_ordinary_user(words) : words);
    EXPECT_TRUE(exited(outcome, 0));
    const auto document = parse_document(outcome.out);
    const json& result = document["results"][0];
    EXPECT_EQ(result["syn_retransmits"], 1) << outcome;
    EXPECT_GT(result["phases"]["connect_ns"], 900'000'000) << outcome;
    EXPECT_LT(result["kernel_rtt_ns"], 900'000'000) << outcome;
}

INSTANTIATE_TEST_SUITE_P(AsAnybody, ProbeZoo, testing::Bool(),
                         [](const auto& info) { return info.param ? "Ordinary" : "Root"; });

} // namespace
} // namespace sockit::test::THIS_FILE
