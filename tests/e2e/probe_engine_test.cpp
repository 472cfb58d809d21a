#include "probed.h"
#include "support/network.h"
#include "support/second_host.h"

#include <set>

#include <poll.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

std::string range(std::uint16_t first, std::size_t count)
{
    return "127.0.0.1:" + std::to_string(first) + "-" + std::to_string(first + count - 1);
}

TEST(ProbeEngine, EachPortOnceOnAnyNumberOfThreads)
{
    fresh_network();
    const auto listener = listen_on("127.0.0.1", 20'150);
    for (const std::string threads : {"1", "3"}) {
        const auto probed =
            probe_json({range(20'000, 200), "--threads", threads, "--want", "open,refused"});
        EXPECT_TRUE(exited(probed.process, 0));
        std::set<std::string> seen;
        for (const auto& result : probed.results()) {
            seen.insert(result["target"]);
            EXPECT_EQ(result["outcome"] == "open", result["target"] == "127.0.0.1:20150") << result;
        }
        EXPECT_EQ(seen.size(), 200U);
        EXPECT_EQ(probed.results().size(), 200U);
    }
}

TEST(ProbeEngine, ShortListsStayInOrderAndLongOnesDoNot)
{
    fresh_network();
    const auto few = probe_json({range(20'000, 4), "--want", "refused"});
    for (std::size_t i = 0; i < few.results().size(); ++i)
        EXPECT_EQ(few.results()[i]["endpoint"]["port"], 20'000 + i);
    const auto many = probe_json({range(20'000, 100), "--want", "refused"});
    std::size_t in_order = 0;
    for (std::size_t i = 1; i < many.results().size(); ++i)
        in_order += many.results()[i - 1]["endpoint"]["port"].get<int>() + 1 ==
                            many.results()[i]["endpoint"]["port"].get<int>()
                        ? 1
                        : 0;
    EXPECT_LT(in_order, 20U);
}

TEST(ProbeEngine, TheRateIsNotExceeded)
{
    fresh_network();
    const auto probed = probe_json({range(20'000, 20), "--rate", "100/s", "--want", "refused"});
    EXPECT_TRUE(exited(probed.process, 0));
    // Twenty begin within nineteen intervals; a late one may catch up by one.
    EXPECT_GE(probed.document["summary"]["duration_ns"].get<std::int64_t>(), 170'000'000);
}

TEST(ProbeEngine, AScanEndsConnectionsWithResetAndASingleProbeProperly)
{
    fresh_network();
    const auto listener = listen_on("127.0.0.1", 20'001);
    const auto end_seen_by_the_server = [&](const Words& targets) {
        EXPECT_FALSE(probe_json(targets).results().empty());
        const Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        char byte = 0;
        return ::recv(accepted.get(), &byte, 1, 0) == 0 ? 0 : errno;
    };
    EXPECT_EQ(end_seen_by_the_server({"127.0.0.1:20001"}), 0);
    EXPECT_EQ(end_seen_by_the_server({"127.0.0.1:20001-20009"}), ECONNRESET);
    EXPECT_EQ(end_seen_by_the_server({"127.0.0.1:20001-20009", "--settle", "1ms"}), 0);
}

/// Another host that drops some ports and rejects others.
class ProbeEngineNetwork : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_there.emplace();
        if (!m_there->obstacle().empty())
            GTEST_SKIP() << m_there->obstacle();
        m_there->run({"nft", "-f", "-"}, R"(table inet t { chain i {
            type filter hook input priority 0;
            ip protocol tcp tcp dport 7000-7003 reject with icmp type admin-prohibited
            tcp dport 7004-7009 drop
        }
        })");
    }

    std::optional<SecondHost> m_there;
};

TEST_F(ProbeEngineNetwork, AMutePortIsAskedAgain)
{
    const auto probed = probe_json({"10.9.1.2:7004", "--retries", "2", "--timeout", "100ms"});
    expect_outcome(probed, "timeout", 3, "ETIMEDOUT");
    EXPECT_EQ(probed.result()["attempt"], 3) << probed.process;
    EXPECT_GE(probed.document["summary"]["duration_ns"].get<std::int64_t>(), 300'000'000);
    EXPECT_EQ(probed.document["summary"]["total"], 1);
}

TEST_F(ProbeEngineNetwork, WhoLimitsIcmpErrorsIsNamed)
{
    m_there->stop_limiting_icmp();
    const auto probed = probe_json({"10.9.1.2:7000-7009", "--timeout", "200ms"});
    ASSERT_EQ(probed.document["warnings"].size(), 1U) << probed.process;
    EXPECT_EQ(probed.document["warnings"][0]["message"],
              "10.9.1.2: 10.9.1.2 rejected 4 ports and said nothing of 6 others: it may limit its "
              "ICMP errors, so those may be rejected as well (--rate asks more slowly)");
    EXPECT_NE(probed.process.err.find("it may limit"), std::string::npos) << probed.process;
    EXPECT_FALSE(
        probe_json({"10.9.1.2:7000-7003", "--timeout", "200ms"}).document.contains("warnings"));
    EXPECT_FALSE(
        probe_json({"10.9.1.2:7004-7009", "--timeout", "200ms"}).document.contains("warnings"));
}

TEST_F(ProbeEngineNetwork, WhatOnePortIsToldSaysNothingOfTheNext)
{
    m_there->stop_limiting_icmp();
    const auto probed =
        probe_json({"10.9.1.2:6999-7003,7010-7013", "--parallel", "1", "--timeout", "2s"});
    for (const auto& result : probed.results()) {
        const int port = result["endpoint"]["port"];
        EXPECT_EQ(result["outcome"], port >= 7000 && port <= 7003 ? "rejected" : "refused")
            << result;
    }
    EXPECT_EQ(probed.results().size(), 9U);
}

} // namespace
} // namespace sockit::test::THIS_FILE
