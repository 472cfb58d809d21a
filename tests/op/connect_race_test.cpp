#include "op/connect_race.h"
#include "support/second_host.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <variant>

namespace sockit::THIS_FILE {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::listen_on;
using test::port_of;

Endpoint at(const char* address, std::uint16_t port)
{
    return *Endpoint::from_literal(address, port);
}

struct Raced {
    Result<std::optional<Connection>> outcome;
    std::vector<ConnectAttempt> attempts;
    Duration took;
};

Raced race(const std::vector<Endpoint>& endpoints, Duration limit = seconds(20))
{
    std::vector<ConnectAttempt> attempts;
    const Emit emit = [&](const Event& event) {
        if (const auto* attempt = event.get_if<ConnectAttempt>())
            attempts.push_back(*attempt);
        return true;
    };
    auto loop = OpLoop::open(std::nullopt);
    EXPECT_TRUE(loop);
    const auto start = Clock::now();
    auto outcome =
        race_to_connect(*loop, Transport::Tcp, endpoints, {}, Deadline::after(limit), emit);
    return {std::move(outcome), std::move(attempts), Clock::now() - start};
}

/// A listener that answers no SYN: its accept queue is full.
struct BlackHole {
    BlackHole() : listener(listen_on("127.0.0.1", 0, 0)), fill(Socket::open(AF_INET, SOCK_STREAM))
    {
        EXPECT_TRUE(fill->connect(endpoint()));
    }
    [[nodiscard]] Endpoint endpoint() const { return at("127.0.0.1", port_of(listener)); }

    Fd listener;
    Result<Socket> fill;
};

TEST(Race, FamiliesAlternate)
{
    const auto a4 = at("127.0.0.1", 1);
    const auto b4 = at("127.0.0.2", 1);
    const auto c4 = at("127.0.0.3", 1);
    const auto a6 = at("::1", 1);
    const auto b6 = at("::2", 1);
    using Endpoints = std::vector<Endpoint>;
    EXPECT_EQ(interleave_families(Endpoints{a6, b6, a4, b4, c4}), (Endpoints{a6, a4, b6, b4, c4}));
    EXPECT_EQ(interleave_families(Endpoints{a4, b4}), (Endpoints{a4, b4}));
    EXPECT_EQ(interleave_families(Endpoints{a4, a6, b6}), (Endpoints{a4, a6, b6}));
}

TEST(Race, ABlackHoleCostsAQuarterOfASecond)
{
    const BlackHole hole;
    const Fd open = listen_on("::1", 0);
    const auto raced = race({hole.endpoint(), at("::1", port_of(open))});
    ASSERT_TRUE(raced.outcome && *raced.outcome);
    EXPECT_EQ((*raced.outcome)->peer, at("::1", port_of(open)));
    EXPECT_GE(raced.took, milliseconds(250));
    EXPECT_LT(raced.took, seconds(10));
    ASSERT_EQ(raced.attempts.size(), 2U);
    EXPECT_EQ(raced.attempts[0].error, std::nullopt);
    EXPECT_EQ(raced.attempts[1].endpoint, hole.endpoint());
    EXPECT_EQ(raced.attempts[1].error->code, ECANCELED);
}

TEST(Race, ARefusalGoesOnToTheNextAddressAtOnce)
{
    const Fd open = listen_on("127.0.0.1", 0);
    const auto raced = race({at("::1", 9), at("127.0.0.1", port_of(open))});
    ASSERT_TRUE(raced.outcome && *raced.outcome);
    ASSERT_EQ(raced.attempts.size(), 2U);
    EXPECT_EQ(raced.attempts[0].error->code, ECONNREFUSED);
    EXPECT_EQ(raced.attempts[1].error, std::nullopt);
}

TEST(Race, TheErrorIsThatOfWhoeverCameClosest)
{
    const auto raced = race({at("192.0.2.1", 9), at("127.0.0.1", 9), at("2001:db8::1", 9)});
    ASSERT_FALSE(raced.outcome);
    EXPECT_EQ(raced.outcome.error().code, ECONNREFUSED);
    EXPECT_EQ(raced.outcome.error().subject, "127.0.0.1:9");
    EXPECT_EQ(raced.attempts.size(), 3U);
}

TEST(Race, TheLimitEndsWhatIsStillOpen)
{
    const BlackHole hole;
    const auto raced = race({hole.endpoint()}, milliseconds(100));
    ASSERT_FALSE(raced.outcome);
    EXPECT_EQ(raced.outcome.error().code, ETIMEDOUT);
    ASSERT_EQ(raced.attempts.size(), 1U);
    EXPECT_GE(raced.attempts[0].duration, milliseconds(100));
}

TEST(Race, AConnectionToItselfIsARefusal)
{
    std::vector<ConnectAttempt> attempts;
    const Emit emit = [](const Event&) { return true; };
    auto loop = OpLoop::open(std::nullopt);
    const auto itself = at("127.0.0.1", 7777);
    const std::vector<Endpoint> endpoints{itself};
    const auto outcome = race_to_connect(*loop, Transport::Tcp, endpoints, {.source = itself},
                                         Deadline::after(seconds(20)), emit);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ECONNREFUSED);
    EXPECT_NE(outcome.error().detail, "");
}

TEST(Race, AConnectedSocketOutlivesIcmpErrors)
{
    // As long as IP_RECVERR is on, a single unreachable message ends an established connection.
    const Fd open = listen_on("127.0.0.1", 0);
    const auto raced = race({at("127.0.0.1", port_of(open))});
    ASSERT_TRUE(raced.outcome && *raced.outcome);
    EXPECT_EQ((*raced.outcome)->socket.get_option(SOL_IP, IP_RECVERR, "IP_RECVERR"), 0);
}

} // namespace

} // namespace sockit::THIS_FILE
