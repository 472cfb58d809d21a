#include "support/network.h"

#include <gtest/gtest.h>

namespace {

/// All tests run in a private network, or none does.
class PrivateNetwork final : public testing::Environment {
public:
    void SetUp() override
    {
        const auto obstacle = sockit::test::enter_private_network();
        if (!obstacle.empty())
            GTEST_SKIP() << "no private network here: " << obstacle;
    }
};

class NetworkOfEachSuite final : public testing::EmptyTestEventListener {
public:
    void OnTestSuiteEnd(const testing::TestSuite& /*suite*/) override
    {
        sockit::test::leave_used_network();
    }
};

} // namespace

int main(int argc, char** argv)
{
    testing::InitGoogleTest(&argc, argv);
    testing::AddGlobalTestEnvironment(new PrivateNetwork);
    testing::UnitTest::GetInstance()->listeners().Append(new NetworkOfEachSuite);
    return RUN_ALL_TESTS();
}
