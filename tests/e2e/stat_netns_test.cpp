#include "support/network.h"
#include "support/proc_root.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/second_host.h"

#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

std::uint64_t inode_here()
{
    struct stat status{};
    EXPECT_EQ(::stat("/proc/thread-self/ns/net", &status), 0);
    return status.st_ino;
}

/// Two networks: in the first a process, a listener that is bound to a device, and another
/// listener; in the second, where we stay, a listener.
class StatNetns : public testing::Test {
protected:
    void SetUp() override
    {
        fresh_network();
        m_there = inode_here();
        m_resident.emplace(Words{"sleep", "1000"}, Surroundings{});
        m_listeners.push_back(listen_on("127.0.0.1", 7001));
        run_here({"ip", "link", "add", "sockit7", "type", "veth", "peer", "name", "sockit8"});
        m_listeners.push_back(listen_on("127.0.0.1", 7002));
        m_device = ::if_nametoindex("sockit7") != 0;
        if (m_device) {
            EXPECT_EQ(
                ::setsockopt(m_listeners.back().get(), SOL_SOCKET, SO_BINDTODEVICE, "sockit7", 7),
                0);
        }
        fresh_network();
        m_listeners.push_back(listen_on("127.0.0.1", 7003));
    }

    std::uint64_t m_there = 0;
    bool m_device = false;
    std::optional<Running> m_resident;
    std::vector<Fd> m_listeners;
};

/// The socket at that port; null without one, fails the test where there are two.
json at_port(const json& document, int port)
{
    json found;
    for (const auto& socket : document["sockets"])
        if (socket["local"]["port"] == port && socket["processes"].is_array() &&
            !socket["processes"].empty() && socket["processes"][0]["pid"] == ::getpid()) {
            EXPECT_TRUE(found.is_null()) << found << socket;
            found = socket;
        }
    return found;
}

TEST_F(StatNetns, EveryNamespaceOnceAndTagged)
{
    const auto outcome = run({"stat", "--all-netns", "-tlp", "--json"});
    ASSERT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    const auto here = at_port(document, 7003);
    ASSERT_FALSE(here.is_null()) << outcome;
    EXPECT_EQ(here["netns"]["inode"], inode_here());
    EXPECT_EQ(here["netns"]["pid"], ::getpid());
    const auto there = at_port(document, 7001);
    ASSERT_FALSE(there.is_null()) << outcome;
    EXPECT_EQ(there["netns"]["inode"], m_there);
    EXPECT_EQ(there["netns"]["pid"], m_resident->pid());
    if (m_device) {
        EXPECT_EQ(at_port(document, 7002)["interface"], "sockit7");
    }
}

TEST_F(StatNetns, NothingButOursWithoutIt)
{
    const auto document = parse_document(run({"stat", "-tlp", "--json"}).out);
    EXPECT_EQ(document["sockets"].size(), 1U);
    EXPECT_FALSE(document["sockets"][0].contains("netns"));
}

TEST_F(StatNetns, EveryKindInEveryNamespace)
{
    for (const Words& flags : std::vector<Words>{{"-a"}, {"-ae", "--via", "proc"}, {}}) {
        Words words{"stat", "--all-netns", "--jsonl"};
        words.insert(words.end(), flags.begin(), flags.end());
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 0));
        EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
        bool there = false;
        for (const auto& line : parse_lines(outcome.out))
            there = there || (line["type"] == "socket" && line["netns"]["inode"] == m_there);
        EXPECT_TRUE(there) << outcome;
    }
}

TEST_F(StatNetns, TheTableHasAColumnForIt)
{
    const auto outcome = run({"stat", "--all-netns", "-tl"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out.starts_with("Netns")) << outcome;
}

TEST_F(StatNetns, AnotherNamespaceByItsProcess)
{
    const auto outcome = run({"stat", "-tln", "-N", std::to_string(m_resident->pid())});
    ASSERT_TRUE(exited(outcome, 0));
    EXPECT_NE(outcome.out.find("127.0.0.1:7001"), std::string::npos) << outcome;
    EXPECT_EQ(outcome.out.find("127.0.0.1:7003"), std::string::npos) << outcome;
    if (m_device) {
        EXPECT_NE(outcome.out.find("127.0.0.1%sockit7:7002"), std::string::npos) << outcome;
    }
}

TEST_F(StatNetns, WhatMayNotBeEnteredIsToldOnce)
{
    const auto outcome = run_program({"setpriv", "--reuid", "65534", "--clear-groups",
                                      sockit_binary(), "stat", "--all-netns", "-tl", "--json"});
    if (outcome.status == 127 || outcome.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << "no other user here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    const auto document = parse_document(outcome.out);
    EXPECT_EQ(document["sockets"].size(), 1U) << outcome;
    EXPECT_EQ(document["warnings"].size(), 1U) << outcome;
}

TEST_F(StatNetns, HiddenProcessesLeaveTheSocketsAndSayNothingForThem)
{
    const auto outcome = run_program({"unshare", "--mount", "sh", "-c",
                                      "mount -t proc -o hidepid=2 proc /proc && exec setpriv "
                                      "--reuid 65534 --clear-groups \"$@\"",
                                      "sh", sockit_binary(), "stat", "-tlp", "--json"});
    if (outcome.status == 127 || outcome.err.find("mount") != std::string::npos ||
        outcome.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << "no such /proc here: " << outcome.err;
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "");
    const auto document = parse_document(outcome.out);
    ASSERT_EQ(document["sockets"].size(), 1U) << outcome;
    EXPECT_EQ(document["sockets"][0]["processes"], nullptr);
    EXPECT_EQ(document["sockets"][0]["processes_incomplete"], "permission");
}

TEST(StatProc, HostileFilesOfEveryKindInventNoRows)
{
    const ProcRoot root;
    const std::string hostile = std::string("\0\0\0\n", 4) + "garbage\n" + "   0: 0100007F:1F\n" +
                                std::string(200'000, '9') + "\n" + "\x1b[2J\xff\n\n";
    for (const char* name :
         {"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "unix", "packet", "netlink"})
        root.write("net/" + std::string(name), hostile);
    const auto nothing = run({"stat", "-ae", "--proc-root", root.path(), "--json"});
    EXPECT_TRUE(exited(nothing, 6));
    EXPECT_TRUE(valid_document(nothing.out)) << nothing;
    EXPECT_TRUE(parse_document(nothing.out)["sockets"].empty()) << nothing;

    root.write("net/packet", "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
                             "00 3 3 0003 9 1 0 0 77\n" +
                                 hostile);
    const auto one = run({"stat", "-ae", "--proc-root", root.path(), "--json"});
    EXPECT_TRUE(exited(one, 0));
    EXPECT_TRUE(valid_document(one.out)) << one;
    const auto document = parse_document(one.out);
    ASSERT_EQ(document["sockets"].size(), 1U) << one;
    // Index 9 is of the machine the files come from.
    EXPECT_EQ(document["sockets"][0]["interface"], "9");
    EXPECT_EQ(document["summary"]["unreadable"], 54);
    EXPECT_EQ(one.err,
              "sockit: 54 lines of " + root.path() + "/net could not be read and were skipped\n");
}

} // namespace
} // namespace sockit::test::THIS_FILE
