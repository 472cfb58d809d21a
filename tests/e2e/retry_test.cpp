#include "peer.h"
#include "support/run.h"
#include "support/schema.h"

#include <optional>

namespace sockit::test::THIS_FILE {

namespace {

TEST(Retry, UntilSomebodyListens)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("socket");
    Running client({sockit_binary(), "connect", "unix:" + path, "--retry", "1000",
                    "--retry-interval", "10ms", "-v"},
                   {.input = "at last"});
    client.wait_for_error("try 2 failed");
    const PeerListener listener(PeerListener::Kind::Unix, path);
    auto peer = listener.accept();
    EXPECT_EQ(peer.receive_all(), "at last");
    peer.finish();
    EXPECT_TRUE(exited(client.wait(), 0));
}

TEST(Retry, EveryTryIsInTheSummary)
{
    const auto outcome =
        run({"connect", "127.0.0.1:9", "--retry", "2", "--retry-interval", "1ms", "--json", "-v"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(parse_document(outcome.out)["attempts"].size(), 3U) << outcome;
}

TEST(Retry, NamesAreAskedForAgain)
{
    const auto outcome = run({"connect", "no.such.host.invalid:80", "--retry", "1",
                              "--retry-interval", "1ms", "-v", "--timeout", "200ms"});
    EXPECT_NE(outcome.err.find("try 1 failed"), std::string::npos) << outcome;
}

TEST(Retry, NotOnceBytesWereExchanged)
{
    const PeerListener listener(PeerListener::Kind::Inet);
    Running client({sockit_binary(), "connect", listener.endpoint(), "--retry", "3",
                    "--retry-interval", "1ms", "--json"},
                   {.input = "hello", .keep_input_open = true});
    auto peer = listener.accept();
    EXPECT_EQ(peer.receive(5), "hello");
    peer.reset();
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_EQ(parse_document(outcome.out)["attempts"].size(), 1U) << outcome;
}

TEST(Retry, TheDeadlineEndsThePauseToo)
{
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:9", "--retry", "9", "--retry-interval", "1h",
                            "--deadline", "50ms"}),
                       3));
}

TEST(Retry, WhatIsWrongOnOurSideStaysSo)
{
    const auto outcome = run({"connect", "127.0.0.1:9", "--source", "192.0.2.7", "--retry", "3",
                              "--retry-interval", "1h"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:9", "--retry", "-1"}), 2));
    EXPECT_TRUE(exited(run({"connect", "127.0.0.1:9", "--retry-interval", "soon"}), 2));
}

} // namespace

} // namespace sockit::test::THIS_FILE
