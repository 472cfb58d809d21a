#include "sock/host_names.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

TEST(HostNames, OfLoopbackAndOfWhatHasNone)
{
    const auto loopback = *Endpoint::from_literal("127.0.0.1", 80);
    const auto nobody = *Endpoint::from_literal("192.0.2.1", 80); // RFC 5737
    HostNames names;
    EXPECT_EQ(names.name_of(loopback), "") << "nobody has asked yet";
    names.want(loopback);
    names.want(*Endpoint::from_literal("127.0.0.1", 443));
    names.want(nobody);
    names.want(*Endpoint::from_literal("0.0.0.0", 80));
    names.want(*Endpoint::unix_path("/run/x"));
    names.want(Endpoint());
    EXPECT_EQ(names.look_up(Deadline::after(std::chrono::seconds(20))), 0U);
    EXPECT_EQ(names.name_of(loopback), "localhost");
    EXPECT_EQ(names.name_of(nobody), "");
    EXPECT_EQ(names.name_of(*Endpoint::unix_path("/run/x")), "");
}

TEST(HostNames, WhatDoesNotComeInTimeHasNoName)
{
    HostNames names;
    for (int i = 1; i < 200; ++i)
        names.want(*Endpoint::from_literal("192.0.2." + std::to_string(i), 80));
    const auto end = Clock::now() + std::chrono::seconds(10);
    EXPECT_LE(names.look_up(Deadline::after(Duration(0))), 199U);
    EXPECT_LT(Clock::now(), end);
    EXPECT_EQ(names.name_of(*Endpoint::from_literal("192.0.2.1", 0)), "");
}

TEST(HostNames, NothingWantedNothingAsked) { EXPECT_EQ(HostNames().look_up(Deadline()), 0U); }

} // namespace
} // namespace sockit::test::THIS_FILE
