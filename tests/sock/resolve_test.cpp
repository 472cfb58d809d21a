#include "sock/resolve.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

Target client_target(std::string_view word) { return parse_target(word, Role::Client).value(); }

std::vector<std::string> texts(const Result<std::vector<Endpoint>>& endpoints)
{
    std::vector<std::string> out;
    if (!endpoints)
        return {describe_error(endpoints.error())};
    for (const auto& endpoint : *endpoints)
        out.push_back(endpoint.text());
    return out;
}

using Texts = std::vector<std::string>;

TEST(Resolve, LiteralsAreTakenAsTheyAre)
{
    EXPECT_EQ(texts(resolve(client_target("127.0.0.1:80"), AddressFamily::Any, {})),
              Texts{"127.0.0.1:80"});
    EXPECT_EQ(texts(resolve(client_target("unix:/x"), AddressFamily::Inet6, {})), Texts{"unix:/x"});
}

TEST(Resolve, ALiteralOfTheFamilyThatIsNotWantedIsAnError)
{
    const auto endpoints = resolve(client_target("[::1]:80"), AddressFamily::Inet, {});
    ASSERT_FALSE(endpoints);
    EXPECT_EQ(endpoints.error().domain, Domain::Resolver);
    EXPECT_EQ(endpoints.error().code, EAI_ADDRFAMILY);
}

TEST(Resolve, AServersBarePortIsDualStackUnlessToldOtherwise)
{
    const auto any = parse_target("80", Role::Server).value();
    EXPECT_EQ(texts(resolve(any, AddressFamily::Any, {})), Texts{"[::]:80"});
    EXPECT_EQ(texts(resolve(any, AddressFamily::Inet6, {})), Texts{"[::]:80"});
    EXPECT_EQ(texts(resolve(any, AddressFamily::Inet, {})), Texts{"0.0.0.0:80"});
}

TEST(Resolve, LocalhostHasEachAddressOnce)
{
    const auto four = resolve(client_target("localhost:80"), AddressFamily::Inet, {});
    EXPECT_EQ(texts(four), Texts{"127.0.0.1:80"});
    const auto any = texts(resolve(client_target("localhost:80"), AddressFamily::Any, {}));
    EXPECT_EQ(std::ranges::count(any, "127.0.0.1:80"), 1);
}

TEST(Resolve, ANameThatDoesNotExistIsAResolverError)
{
    // RFC 6761: "invalid" never exists. Without a route to any server the resolver may also say
    // "again".
    const auto endpoints =
        resolve(client_target("no-such-host.invalid:80"), AddressFamily::Any, Deadline::after(20s));
    ASSERT_FALSE(endpoints);
    EXPECT_EQ(endpoints.error().phase, Phase::Resolve);
    EXPECT_EQ(endpoints.error().subject, "no-such-host.invalid:80");
    EXPECT_TRUE(code_name(endpoints.error()).starts_with("EAI_")) << texts(endpoints)[0];
}

/// In a child with a mount namespace of its own: /etc/resolv.conf names a server on loopback that
/// takes questions and answers none. Exit status 0: resolve() ended with ETIMEDOUT soon after its
/// deadline; 77: no such namespace here.
[[noreturn]] void resolve_with_a_mute_server(const std::string& directory)
{
    const auto config = directory + "/resolv.conf";
    const auto hosts = directory + "/nsswitch.conf";
    if (::unshare(CLONE_NEWNS) < 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount(config.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) < 0 ||
        ::mount(hosts.c_str(), "/etc/nsswitch.conf", nullptr, MS_BIND, nullptr) < 0)
        ::_exit(77);
    const auto before = Clock::now();
    const auto endpoints =
        resolve(client_target("mute.example:80"), AddressFamily::Any, Deadline::after(300ms));
    const auto taken = Clock::now() - before;
    if (endpoints || endpoints.error().domain != Domain::Errno ||
        endpoints.error().code != ETIMEDOUT || endpoints.error().phase != Phase::Resolve)
        ::_exit(1);
    ::_exit(taken >= 300ms && taken < 3s ? 0 : 2);
}

TEST(Resolve, TheDeadlineHoldsWithAMuteServer)
{
    const test::TemporaryDirectory directory;
    test::write_file(directory.path("resolv.conf"),
                     "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n");
    test::write_file(directory.path("nsswitch.conf"), "hosts: files dns\n");
    const Fd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto place = Endpoint::from_literal("127.0.0.1", 53).value();
    ASSERT_EQ(::bind(server.get(), place.data(), place.size()), 0);

    const pid_t child = ::fork();
    if (child == 0)
        resolve_with_a_mute_server(directory.path(""));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "no mount namespace here";
    EXPECT_EQ(WEXITSTATUS(status), 0);
    char question = 0;
    EXPECT_GT(::recv(server.get(), &question, 1, MSG_DONTWAIT), 0) << "the server was never asked";
}

TEST(ResolveJob, TheAnswerIsAnnouncedByADescriptor)
{
    const auto job = ResolveJob::start(client_target("localhost:80"), AddressFamily::Inet);
    ASSERT_TRUE(job);
    pollfd waiting{.fd = job->ready_fd().value, .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
    const auto answer = job->take();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(texts(*answer), Texts{"127.0.0.1:80"});
}

TEST(ResolveJob, DroppingItAbandonsTheThread)
{
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(ResolveJob::start(client_target("localhost:80"), AddressFamily::Any));
}

} // namespace
} // namespace sockit::THIS_FILE
