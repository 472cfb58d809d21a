#include "sock/service_names.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

using enum ServiceNames::Protocol;

TEST(ServiceNames, ByProtocolAndPort)
{
    ServiceNames names;
    EXPECT_EQ(names.name_of(Tcp, 22), "ssh");
    EXPECT_EQ(names.name_of(Udp, 53), "domain");
    EXPECT_EQ(names.name_of(Udp, 514), "syslog"); // another one over TCP
    EXPECT_NE(names.name_of(Tcp, 514), "syslog");
}

TEST(ServiceNames, PortsWithoutAName)
{
    ServiceNames names;
    EXPECT_EQ(names.name_of(Tcp, 0), "");
    EXPECT_EQ(names.name_of(Tcp, 4), "");
    EXPECT_EQ(names.name_of(Tcp, 50000), ""); // given to clients
}

} // namespace
} // namespace sockit::test::THIS_FILE
