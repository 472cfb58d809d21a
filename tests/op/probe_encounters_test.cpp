#include "op/probe_encounters.h"

#include <gtest/gtest.h>

#include <memory>

namespace sockit::THIS_FILE {
namespace {

Endpoint here(std::uint16_t port) { return *Endpoint::from_literal("127.0.0.1", port); }

TEST(ProbeEncounters, BothOfAPairLearnOfIt)
{
    const auto encounters = std::make_unique<ProbeEncounters>();
    encounters->begin(2000);
    encounters->begin(3000);
    EXPECT_TRUE(encounters->is_possible(here(3000), here(2000)));
    EXPECT_TRUE(encounters->is_possible(here(2000), here(3000)));
}

TEST(ProbeEncounters, TheSecondLearnsOfItWhenTheFirstIsGone)
{
    const auto encounters = std::make_unique<ProbeEncounters>();
    encounters->begin(2000);
    encounters->begin(3000);
    EXPECT_TRUE(encounters->is_possible(here(3000), here(2000)));
    encounters->end(2000);
    EXPECT_TRUE(encounters->is_possible(here(2000), here(3000)));
    EXPECT_FALSE(encounters->is_possible(here(2000), here(3000))) << "told once";
}

TEST(ProbeEncounters, OthersAreNotDisturbed)
{
    const auto encounters = std::make_unique<ProbeEncounters>();
    encounters->begin(2000);
    EXPECT_FALSE(encounters->is_possible(here(3000), here(2000)));
    EXPECT_FALSE(encounters->is_possible(*Endpoint::from_literal("127.0.0.2", 2000), here(2000)));
    encounters->end(2000);
    EXPECT_FALSE(encounters->is_possible(here(2000), here(3000)));
}

} // namespace
} // namespace sockit::THIS_FILE
