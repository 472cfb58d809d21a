#include "loop/poller_thread.h"

#include <gtest/gtest.h>

#include <atomic>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

TEST(PollerThread, WaitsUntilSomebodyWakesIt)
{
    constexpr std::uint64_t token = 7;
    auto thread = PollerThread::open(token);
    ASSERT_TRUE(thread);
    std::atomic<int> woken = 0;
    const auto started = thread->start([&] {
        while (woken < 2) {
            const auto ready = thread->poller().wait(Deadline::after(10s));
            if (!ready || ready->empty())
                return; // nobody did
            if (ready->front().token == token) {
                thread->wakeup().clear();
                ++woken;
            }
            woken.notify_all();
        }
    });
    ASSERT_TRUE(started);
    thread->wakeup().notify();
    woken.wait(0);
    thread->wakeup().notify();
    thread->join();
    EXPECT_EQ(woken, 2);
}

TEST(PollerThread, ThatWasNotStartedNeedsNoJoin)
{
    auto thread = PollerThread::open(1);
    ASSERT_TRUE(thread);
    thread->wakeup().notify();
    thread->join();
    const auto ready = thread->poller().wait(Deadline::after(0s));
    ASSERT_TRUE(ready && ready->size() == 1);
    EXPECT_EQ(ready->front().token, 1U);
}

} // namespace
} // namespace sockit::THIS_FILE
