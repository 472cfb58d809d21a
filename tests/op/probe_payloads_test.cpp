#include "op/probe_payloads.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {
namespace {

using namespace std::string_view_literals;

TEST(ProbePayloads, FitIntoOneDatagramOfAnyPath)
{
    constexpr std::size_t smallest_mtu = 1280; // RFC 8200, 5
    constexpr std::size_t headers = 48;
    for (unsigned port = 1; port < 65536; ++port) {
        const auto payload = probe_payload(static_cast<std::uint16_t>(port));
        ASSERT_FALSE(payload.empty()) << port;
        ASSERT_LE(payload.size(), smallest_mtu - headers) << port;
    }
}

TEST(ProbePayloads, AreWhatTheServiceUnderstands)
{
    EXPECT_EQ(probe_payload(53).substr(2), "\x01\0\0\x01\0\0\0\0\0\0\0\0\x02\0\x01"sv);
    EXPECT_EQ(probe_payload(123).size(), 48U);
    EXPECT_EQ(probe_payload(123)[0], '\x23');
    EXPECT_EQ(probe_payload(7), "\n");
    // Its outermost length is that of the rest.
    EXPECT_EQ(static_cast<std::size_t>(probe_payload(161)[1]), probe_payload(161).size() - 2);
    EXPECT_EQ(probe_payload(443).size(), 1200U);
}

} // namespace
} // namespace sockit::THIS_FILE
