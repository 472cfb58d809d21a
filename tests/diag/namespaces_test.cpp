#include "diag/namespaces.h"
#include "support/network.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {
namespace {

TEST(Namespaces, HintsFromControlGroups)
{
    const std::string id = "0a1b2c3d4e5f" + std::string(52, '0');
    EXPECT_EQ(cgroup_hint("0::/\n"), "");
    EXPECT_EQ(cgroup_hint(""), "");
    EXPECT_EQ(cgroup_hint("garbage"), "");
    EXPECT_EQ(cgroup_hint("0::/system.slice/ssh.service\n"), "ssh");
    EXPECT_EQ(cgroup_hint("0::/system.slice/docker-" + id + ".scope\n"), "docker-0a1b2c3d4e5f");
    EXPECT_EQ(cgroup_hint("0::/machine.slice/libpod-" + id + ".scope"), "libpod-0a1b2c3d4e5f");
    EXPECT_EQ(cgroup_hint("0::/docker/" + id + "\n"), "docker-0a1b2c3d4e5f");
    EXPECT_EQ(cgroup_hint("0::/lxc.payload.web\n"), "lxc.payload.web");
    EXPECT_EQ(cgroup_hint("12:pids:/x\n1:name=systemd:/docker/" + id + "\n0::/\n"),
              "docker-0a1b2c3d4e5f");
    EXPECT_EQ(cgroup_hint("4:memory:/a/b\n"), "b");
}

TEST(Namespaces, OursIsTheFirstAndIsThereOnce)
{
    fresh_network();
    struct stat status{};
    ASSERT_EQ(::stat("/proc/thread-self/ns/net", &status), 0);
    const auto found = find_namespaces();
    ASSERT_TRUE(found);
    ASSERT_FALSE(found->spaces.empty());
    const auto& own = found->spaces.front();
    EXPECT_TRUE(own.own);
    EXPECT_EQ(own.tag.inode, status.st_ino);
    EXPECT_EQ(own.tag.pid, ::getpid());
    EXPECT_EQ(std::ranges::count(found->spaces, true, &FoundNetns::own), 1);
    std::vector<std::uint64_t> inodes;
    for (const auto& space : found->spaces)
        inodes.push_back(space.tag.inode);
    std::ranges::sort(inodes);
    EXPECT_EQ(std::ranges::adjacent_find(inodes), inodes.end());
}

// Ids of processes wrap around: ours can be the lowest of all, and it is of no use to anybody once
// we have ended.
TEST(Namespaces, OursIsNamedByAnotherProcessThatLivesInIt)
{
    fresh_network();
    const Running resident(Words{"sleep", "1000"}, Surroundings{});
    const auto found = find_namespaces();
    ASSERT_TRUE(found);
    ASSERT_FALSE(found->spaces.empty());
    const auto& own = found->spaces.front();
    EXPECT_TRUE(own.own);
    EXPECT_EQ(own.tag.pid, resident.pid());
    EXPECT_EQ(own.path, "/proc/" + std::to_string(resident.pid()) + "/ns/net");
}

} // namespace
} // namespace sockit::test::THIS_FILE
