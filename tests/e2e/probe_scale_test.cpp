#include "support/network.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/three_hosts.h"

#include <map>
#include <memory>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// Many targets, not all of which answer, behind a router.
class ProbeScale : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_hosts = std::make_unique<ThreeHosts>();
        if (!m_hosts->obstacle().empty())
            GTEST_SKIP() << m_hosts->obstacle();
    }

    std::unique_ptr<ThreeHosts> m_hosts;
};

/// Outcome and error of each target, by its text.
std::map<std::string, std::string> verdicts(const Outcome& outcome)
{
    std::map<std::string, std::string> all;
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    for (const auto& result : document["results"]) {
        const json& error = result["error"];
        all[result["target"]] = result["outcome"].get<std::string>() +
                                (error.is_null() ? "" : " " + error["code"].get<std::string>());
    }
    return all;
}

/// Where they differ, for people.
std::string differences(const std::map<std::string, std::string>& seen,
                        const std::map<std::string, std::string>& right)
{
    std::string text;
    for (const auto& [target, verdict] : right)
        if (const auto found = seen.find(target); found == seen.end() || found->second != verdict)
            text += target + ": " + (found == seen.end() ? "nothing" : found->second) + ", not " +
                    verdict + "\n";
    return text;
}

TEST_F(ProbeScale, DescriptorsParallelsAndThreadsChangeTheSpeedOnly)
{
    const Words words{sockit_binary(),
                      "probe",
                      "--json",
                      "--timeout",
                      "500ms",
                      "10.77.2.2:7001-7004,7009-7020,20300-20315",
                      "[fd77:2::2]:7001-7004,7009-7016,20100-20106",
                      "10.77.8.2/31:80,81",
                      "10.77.1.77:80,81",
                      "unix:/nowhere/s",
                      "127.0.0.1:1-100"};
    Words at_leisure = words;
    at_leisure.insert(at_leisure.end(), {"--parallel", "7"});
    Running many(words, {});
    Running few(words, {.limits = {{RLIMIT_NOFILE, 24}}});
    Running some(at_leisure, {});
    Words in_parallel = words;
    in_parallel.insert(in_parallel.end(), {"--threads", "2"});
    Running by_two(in_parallel, {});
    const auto right = many.wait();
    EXPECT_TRUE(exited(right, 1));
    const auto expected = verdicts(right);
    EXPECT_EQ(expected.size(), 32U + 19 + 4 + 2 + 1 + 100);
    for (Running* process : {&few, &some, &by_two}) {
        const auto outcome = process->wait();
        EXPECT_TRUE(exited(outcome, 1));
        EXPECT_EQ(differences(verdicts(outcome), expected), "");
    }
}

TEST_F(ProbeScale, ARangeReachesEveryHostOfANetwork)
{
    m_hosts->run_on_server({"ip", "address", "add", "10.77.2.3/24", "dev", "s0"});
    const auto outcome =
        run({"probe", "--json", "10.77.2.0/29:7001,7002", "--want", "open,refused"});
    const auto found = verdicts(outcome);
    EXPECT_EQ(found.size(), 16U) << outcome;
    for (const std::string host : {"10.77.2.2", "10.77.2.3"}) {
        EXPECT_EQ(found.at(host + ":7001"), "open");
        EXPECT_EQ(found.at(host + ":7002"), "refused ECONNREFUSED");
    }
    for (const std::string host : {"10.77.2.1", "10.77.2.4", "10.77.2.7"})
        EXPECT_EQ(found.at(host + ":7001"), "rejected EHOSTUNREACH") << outcome;
}

TEST_F(ProbeScale, TwoSourcePortsSufficeForEveryVerdict)
{
    write_file("/proc/sys/net/ipv4/ip_local_port_range", "45000 45001");
    const auto outcome = run({"probe", "--json", "10.77.2.2:7101-7130", "udp:10.77.2.2:7101-7130",
                              "udp:[fd77:2::2]:7101-7130", "--want", "refused"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto found = verdicts(outcome);
    EXPECT_EQ(found.size(), 90U);
    for (const auto& [target, verdict] : found)
        EXPECT_EQ(verdict, "refused ECONNREFUSED") << target;
}

TEST_F(ProbeScale, AMuteResolverEndsAtTheDeadline)
{
    const TemporaryDirectory directory;
    write_file(directory.path("resolv.conf"), "nameserver 10.77.2.2\n");
    write_file(directory.path("list"), "mute.zoo.test:80\n127.0.0.1:9\n");
    const auto outcome = run_program(
        {"unshare", "--mount", "sh", "-c",
         "mount --bind " + directory.path("resolv.conf") + " /etc/resolv.conf && exec \"$@\"", "sh",
         sockit_binary(), "probe", "--json", "--targets-from", directory.path("list"), "--timeout",
         "60s", "--deadline", "300ms"});
    if (outcome.err.find("mount:") != std::string::npos)
        GTEST_SKIP() << "no mount namespace here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 1));
    const auto document = parse_document(outcome.out);
    ASSERT_EQ(document["results"].size(), 2U) << outcome;
    const json& mute = document["results"][1];
    EXPECT_EQ(mute["outcome"], "timeout") << outcome;
    EXPECT_EQ(mute["error"]["phase"], "resolve") << outcome;
    EXPECT_EQ(document["summary"]["stopped_by"], "deadline") << outcome;
    EXPECT_LT(document["summary"]["duration_ns"], 2'000'000'000) << outcome;
}

} // namespace
} // namespace sockit::test::THIS_FILE
