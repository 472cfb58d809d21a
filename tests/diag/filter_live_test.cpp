#include "diag/filter_evaluate.h"
#include "diag/filter_names.h"
#include "diag/filter_program.h"
#include "diag/sock_diag.h"
#include "live_sockets.h"
#include "support/network.h"
#include "support/run.h"

#include <charconv>
#include <deque>
#include <functional>
#include <set>

namespace sockit::test::THIS_FILE {
namespace {

using Cookies = std::set<std::uint64_t>;

/// Sockets of IP with many addresses, ports, states, marks and devices, in a network of their own.
class FilterZoo : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        const auto& plain = listen_on("127.0.0.1", 8080);
        connect_to(plain, "127.0.0.1", 5000);
        connect_to(plain, "127.0.0.2", 42'000);
        connect_to(plain, "127.0.0.1", 0);
        const auto& dual = listen_on("::", 443);
        connect_to(dual, "::1", 0);
        connect_to(Endpoint::from_literal("127.0.0.9", 443).value(), dual, "127.0.0.3", 5001);
        connect_to(listen_on("::1", 80), "::1", 5002);
        leave_time_wait(listen_on("127.3.0.1", 9000));
        listen_on("0.0.0.0", 6000, [](const Socket& socket) {
            EXPECT_EQ(
                ::setsockopt(socket.ref().value, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo"),
                0);
        });
        listen_on("::1", 6001, marked(5));
        listen_on("::1", 6002, marked(0x25));
        std::uint16_t port = 53;
        for (const char* address : {"127.0.0.1", "::", "::ffff:127.0.0.2"}) {
            auto bound = open(Endpoint::from_literal(address, port++).value(), SOCK_DGRAM);
            auto client = Socket::open(bound.family(), SOCK_DGRAM).value();
            EXPECT_TRUE(client.connect(*bound.local()));
            m_sockets.push_back(std::move(bound));
            m_sockets.push_back(std::move(client));
        }
        read_rows();
    }

    void read_rows()
    {
        SockDiag diag;
        for (const auto& query : queries())
            for (const auto& socket : collect(diag, query))
                m_rows.push_back(socket);
    }

    using Setup = std::function<void(const Socket&)>;

    static Setup marked(int mark)
    {
        return [mark](const Socket& socket) {
            EXPECT_TRUE(socket.set_option(SOL_SOCKET, SO_MARK, mark, "SO_MARK"));
        };
    }

    static Socket open(const Endpoint& local, int type, const Setup& setup = {})
    {
        auto socket = Socket::open(local.family(), type).value();
        if (local.family() == AF_INET6) {
            EXPECT_TRUE(socket.set_option(IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY"));
        }
        if (setup)
            setup(socket);
        EXPECT_TRUE(socket.bind(local)) << local.text();
        return socket;
    }

    const Socket& listen_on(const char* address, std::uint16_t port, const Setup& setup = {})
    {
        auto socket = open(Endpoint::from_literal(address, port).value(), SOCK_STREAM, setup);
        EXPECT_TRUE(socket.listen(8, *socket.local()));
        return m_listeners.emplace_back(std::move(socket));
    }

    void connect_to(const Endpoint& to, const Socket& listener, const char* from,
                    std::uint16_t port)
    {
        auto client = open(Endpoint::from_literal(from, port).value(), SOCK_STREAM);
        EXPECT_TRUE(client.connect(to));
        auto accepted = listener.accept();
        ASSERT_TRUE(accepted && *accepted);
        m_sockets.push_back(std::move(client));
        m_sockets.push_back(std::move((*accepted)->socket));
    }

    void connect_to(const Socket& listener, const char* from, std::uint16_t port)
    {
        auto to = *listener.local();
        if (to.is_wildcard())
            to = Endpoint::from_literal(from, static_cast<std::uint16_t>(to.port())).value();
        connect_to(to, listener, from, port);
    }

    static void leave_time_wait(const Socket& listener)
    {
        auto client = client_of(listener);
        auto accepted = listener.accept();
        ASSERT_TRUE(accepted && *accepted);
        (*accepted)->socket.close();
        client.close();
    }

    /// Where marks are asked for, TIME-WAIT is left out: the kernel matches its mark, but does not
    /// tell it.
    Cookies without_time_wait(Cookies cookies, const Filter& filter) const
    {
        for (const auto& socket : m_rows)
            if (has_test<MarkTest>(filter) && socket.state == SocketState::TimeWait)
                cookies.erase(*socket.cookie);
        return cookies;
    }

    /// What the kernel passes and `rest` keeps.
    static Cookies by_program(const Filter& filter)
    {
        Cookies cookies;
        SockDiag diag;
        for (auto query : queries()) {
            auto program = compile_filter(filter, query);
            query.bytecode = std::move(program.code);
            FilterEvaluator rest(std::move(program.rest));
            if (program.never)
                continue;
            for (const auto& socket : collect(diag, query))
                if (rest(socket) == Truth::True)
                    cookies.insert(*socket.cookie);
        }
        return cookies;
    }

    [[nodiscard]] Cookies by_evaluator(const Filter& filter) const
    {
        Cookies cookies;
        FilterEvaluator evaluator(filter.steps);
        for (const auto& socket : m_rows)
            if (evaluator(socket) == Truth::True)
                cookies.insert(*socket.cookie);
        return cookies;
    }

    static Cookies by_ss(const std::string& text)
    {
        Cookies cookies;
        const auto outcome = run_program({"ss", "-tuanHeO", text});
        EXPECT_TRUE(exited(outcome, 0)) << text << outcome;
        for (auto at = outcome.out.find("sk:"); at != std::string::npos;
             at = outcome.out.find("sk:", at + 1)) {
            std::uint64_t cookie = 0;
            std::from_chars(&outcome.out[at + 3], &outcome.out.back(), cookie, 16);
            cookies.insert(cookie);
        }
        return cookies;
    }

    static std::vector<SocketQuery> queries()
    {
        std::vector<SocketQuery> queries;
        for (const auto protocol : {SocketProtocol::Tcp, SocketProtocol::Udp})
            for (const int family : {AF_INET, AF_INET6})
                queries.push_back({.protocol = protocol, .family = family});
        return queries;
    }

    static Filter parsed(const std::string& text)
    {
        auto filter = parse_filter(text);
        EXPECT_TRUE(filter) << text << (filter ? "" : ": " + message(filter.error()));
        const auto found = filter ? find_names(*filter) : Result<>();
        EXPECT_TRUE(found) << text << (found ? "" : ": " + describe_error(found.error()));
        return filter.value_or(Filter{});
    }

    std::deque<Socket> m_listeners; ///< which stay where they are
    std::vector<Socket> m_sockets;
    std::vector<SocketInfo> m_rows; ///< all there are
};

class RandomExpression {
public:
    enum class Tests { LikeSs, Kernel, All };

    RandomExpression(std::uint32_t seed, Tests tests)
        : m_random(seed), m_like_ss(tests == Tests::LikeSs), m_with_ours(tests == Tests::All)
    {}

    std::string next(int depth = 3)
    {
        static constexpr const char* joins[]{" and ", " or ", " ", " && ", " || ", " & ", " | "};
        if (depth == 0 || pick(4) == 0)
            return test();
        std::string text = next(depth - 1);
        for (auto more = pick(3); more > 0; --more)
            text += joins[pick(std::size(joins))] + next(depth - 1);
        if (pick(3) == 0)
            text = "not ( " + text + " )";
        return pick(2) == 0 ? "( " + text + " )" : text;
    }

private:
    std::size_t pick(std::size_t below)
    {
        m_random = m_random * 1'664'525U + 1'013'904'223U;
        return (m_random >> 8U) % below;
    }

    std::string test()
    {
        // The last ones are all zeros at the start; ss takes such a prefix of one family for one of
        // the other, too, when it looks at what the kernel has passed.
        static constexpr const char* hosts[]{"127.0.0.1",
                                             "127.0.0.0/8",
                                             "127.0.0.2/31",
                                             "[::1]",
                                             "*",
                                             "127.0.0.1:8080",
                                             "*:443",
                                             "127.0.0.0/8:443",
                                             "[::1]:80",
                                             "127.3/16",
                                             "127.0.0.3",
                                             "[::ffff:127.0.0.2]",
                                             ":53",
                                             "[::ffff:0:0/96]",
                                             "0.0.0.0/0",
                                             "[::/0]",
                                             "0.0.0.0",
                                             "[::]"};
        constexpr std::size_t with_zeros = 5;
        static constexpr const char* ports[]{"0",    "53",   "80",   "443",   "5000",  "5001",
                                             "6001", "8080", "9000", "42000", "65535", "https"};
        static constexpr const char* comparisons[]{"=", "!=", "<", "<=", ">", ">=", "eq", "lt", ""};
        static constexpr const char* others[]{"dev lo",     "dev != lo",      "dev 1",
                                              "fwmark = 5", "fwmark = 5/0xf", "not fwmark = 0x25"};
        static constexpr const char* ours[]{"uid = 0", "inode > 0", "autobound", "not autobound"};
        const auto kind = pick(m_with_ours ? 12 : 10);
        const std::string end = pick(2) == 0 ? "s" : "d";
        const std::string negation = pick(5) == 0 ? "not " : "";
        if (kind < 4)
            return negation + end + (end == "s" ? "rc " : "st ") +
                   hosts[pick(std::size(hosts) - (m_like_ss ? with_zeros : 0))];
        if (kind < 8)
            return negation + end + "port " + comparisons[pick(std::size(comparisons))] + " :" +
                   ports[pick(std::size(ports))];
        return negation +
               (kind < 10 ? others[pick(std::size(others))] : ours[pick(std::size(ours))]);
    }

    std::uint32_t m_random;
    bool m_like_ss;
    bool m_with_ours;
};

TEST_F(FilterZoo, EvaluatorAndKernelAgree)
{
    RandomExpression random(4711, RandomExpression::Tests::Kernel);
    std::size_t found = 0;
    for (int round = 0; round < 150; ++round) {
        const auto text = random.next();
        const auto filter = parsed(text);
        const auto evaluated = without_time_wait(by_evaluator(filter), filter);
        EXPECT_EQ(without_time_wait(by_program(filter), filter), evaluated) << text;
        found += evaluated.size();
        for (const auto& query : queries()) {
            EXPECT_TRUE(compile_filter(filter, query).rest.empty()) << text;
        }
    }
    EXPECT_GT(found, 150U);
}

TEST_F(FilterZoo, SsAgrees)
{
    RandomExpression random(1942, RandomExpression::Tests::LikeSs);
    for (int round = 0; round < 60; ++round) {
        const auto text = random.next();
        const auto filter = parsed(text);
        EXPECT_EQ(without_time_wait(by_ss(text), filter),
                  without_time_wait(by_evaluator(filter), filter))
            << text;
    }
}

TEST_F(FilterZoo, WhatTheKernelCannotDecideIsDecidedAfterIt)
{
    RandomExpression random(815, RandomExpression::Tests::All);
    for (int round = 0; round < 100; ++round) {
        const auto text = random.next();
        if (text.find("autobound") != std::string::npos)
            continue; // the kernel knows what we can only guess
        const auto filter = parsed(text);
        EXPECT_EQ(without_time_wait(by_program(filter), filter),
                  without_time_wait(by_evaluator(filter), filter))
            << text;
    }
}

TEST_F(FilterZoo, OneConnectionIsLookedUp)
{
    const auto find = [](const std::string& text, int family, bool dump_finds) {
        SocketQuery query{.family = family};
        query.exact = only_connection(parsed(text), family);
        EXPECT_TRUE(query.exact) << text;
        // Of a dump the kernel passes nothing, where it is asked so.
        query.bytecode = compile_filter(parsed(dump_finds ? text : "sport = 1"), query).code;
        SockDiag diag;
        return collect(diag, query).size();
    };
    const std::string plain = "src 127.0.0.1:5000 dst 127.0.0.1:8080";
    EXPECT_EQ(find(plain, AF_INET, false), 1U);
    EXPECT_EQ(
        find("dport 8080 src 127.0.0.1 sport 5000 and dst 127/8 and dst 127.0.0.1", AF_INET, false),
        1U);
    EXPECT_EQ(find("src [::1]:5002 dst [::1]:80", AF_INET6, false), 1U);
    const std::string mapped = "src 127.0.0.9:443 dst 127.0.0.3:5001";
    EXPECT_EQ(find(mapped, AF_INET6, false), 1U) << "accepted by a dual-stack listener";
    EXPECT_EQ(find(mapped, AF_INET, true), 0U);
    EXPECT_EQ(find("src 127.0.0.1:8080 dst 127.0.0.1:1", AF_INET, true), 0U)
        << "the kernel's answer is the listener";
    for (const auto* socket : {&m_sockets[0], &m_sockets[1]}) {
        ASSERT_EQ(::setsockopt(socket->ref().value, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo"),
                  0);
    }
    EXPECT_EQ(find(plain, AF_INET, false), 0U) << "bound to a device, it escapes the look-up";
    EXPECT_EQ(find(plain, AF_INET, true), 1U);
    for (const char* text :
         {"src 127.0.0.1:5000", "src 127.0.0.1:5000 or dst 127.0.0.1:8080",
          "not src 127.0.0.1:5000 dst 127.0.0.1:8080", "src 127.0.0.0/8:5000 dst 127.0.0.1:8080",
          "src 127.0.0.1:5000 dst 127.0.0.1 dport > 8080"})
        EXPECT_EQ(only_connection(parsed(text), AF_INET), std::nullopt) << text;
}

TEST_F(FilterZoo, LongFilters)
{
    for (const int terms : {500, 5000}) {
        std::string text = "sport = 8080";
        for (int i = 0; i < terms; ++i)
            text += (i % 3 == 0 ? " or dport = " : " or sport = ") + std::to_string(i + 10'000);
        const auto filter = parsed(text);
        const auto program = compile_filter(filter, {.family = AF_INET});
        EXPECT_EQ(program.code.empty(), terms == 5000) << "too long for the kernel";
        EXPECT_EQ(program.rest.empty(), terms == 500);
        const auto found = by_program(filter);
        EXPECT_EQ(found, by_evaluator(filter));
        EXPECT_EQ(found.size(), 4U);
    }
}

TEST(FilterProgram, WhatCannotMatchIsNotAskedFor)
{
    const auto never = [](std::string_view text, int family) {
        return compile_filter(*parse_filter(text), {.family = family}).never;
    };
    EXPECT_TRUE(never("src 127.0.0.1", AF_UNIX));
    EXPECT_TRUE(never("sport = 80 and pid = 1", AF_UNIX));
    EXPECT_TRUE(never("src [::1]", AF_INET));
    EXPECT_TRUE(never("src inet6:* or src unix:x", AF_INET));
    EXPECT_TRUE(never("sport < 0", AF_INET));
    EXPECT_TRUE(never("not sport >= 0", AF_INET6));
    EXPECT_TRUE(never("src unix:x", AF_INET6));
    EXPECT_FALSE(never("not src 127.0.0.1", AF_UNIX));
    EXPECT_FALSE(never("src 127.0.0.1", AF_INET6));
    EXPECT_FALSE(never("pid = 1", AF_UNIX));
    EXPECT_FALSE(never("src unix:x or sport = 80", AF_INET));
}

} // namespace
} // namespace sockit::test::THIS_FILE
