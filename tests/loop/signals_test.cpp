#include "loop/signals.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <csignal>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

TEST(Signals, ArriveAsSomethingToPollInsteadOfKilling)
{
    sigset_t before;
    ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
    const auto signals = Signals::open();
    ASSERT_TRUE(signals);
    EXPECT_EQ(signals->take(), std::nullopt);
    for (const int signal : {SIGINT, SIGTERM}) {
        ASSERT_EQ(::kill(::getpid(), signal), 0);
        pollfd waiting{.fd = signals->ref().value, .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
        EXPECT_EQ(signals->take(), signal);
        EXPECT_EQ(signals->take(), std::nullopt);
    }
    ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST(Signals, HaveNames)
{
    EXPECT_EQ(Signals::name(SIGINT), "SIGINT");
    EXPECT_EQ(Signals::name(SIGTERM), "SIGTERM");
    EXPECT_EQ(Signals::name(4711), "4711");
}

} // namespace
} // namespace sockit::THIS_FILE
