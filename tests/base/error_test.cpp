#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <netdb.h>

namespace sockit::THIS_FILE {
namespace {

TEST(Error, OneLineNamesCallSubjectReasonAndErrno)
{
    const auto error = Error::from_errno(Phase::Connect, "connect", "127.0.0.1:9", ECONNREFUSED);
    EXPECT_EQ(describe_error(error), "connect 127.0.0.1:9: Connection refused (ECONNREFUSED)");
    EXPECT_EQ(code_name(error), "ECONNREFUSED");
    EXPECT_EQ(message(error), "Connection refused");
    EXPECT_EQ(phase_name(error.phase), "connect");
}

TEST(Error, WithoutASubjectThereIsNoGap)
{
    EXPECT_EQ(describe_error(Error::from_errno(Phase::Socket, "socket", "", EMFILE)),
              "socket: Too many open files (EMFILE)");
}

TEST(Error, TheSubjectIsEscaped)
{
    const auto error = Error::from_errno(Phase::Bind, "bind", "unix:/tmp/\033[31m\n", EADDRINUSE);
    EXPECT_EQ(describe_error(error),
              "bind unix:/tmp/\\x1b[31m\\n: Address already in use (EADDRINUSE)");
}

TEST(Error, ResolverCodesHaveTheirOwnNames)
{
    const auto error = Error::from_resolver("no.such.host:80", EAI_NONAME);
    EXPECT_EQ(code_name(error), "EAI_NONAME");
    EXPECT_EQ(error.phase, Phase::Resolve);
    EXPECT_EQ(describe_error(error),
              "resolve no.such.host:80: Name or service not known (EAI_NONAME)");
    const auto failed = Error::from_resolver("h", EAI_SYSTEM, EMFILE);
    EXPECT_EQ(describe_error(failed), "resolve h: System error (EAI_SYSTEM): EMFILE");
}

TEST(Error, UsageErrorsAreTheirOwnText)
{
    EXPECT_EQ(describe_error(Error::usage("no target")), "no target");
}

TEST(Error, LackingFeaturesSayWhatIsLacking)
{
    EXPECT_EQ(describe_error(Error::unsupported("socket", "MPTCP", EPROTONOSUPPORT)),
              "socket: this kernel lacks MPTCP (EPROTONOSUPPORT)");
    EXPECT_EQ(code_name(Error::unsupported("socket", "MPTCP")), "UNSUPPORTED");
}

TEST(Error, TlsFaultsHaveStableWords)
{
    const auto error = Error::tls("TLS handshake", "127.0.0.1:443", TlsFault::SelfSigned, "alone");
    EXPECT_EQ(describe_error(error), "TLS handshake 127.0.0.1:443: alone (CERT_SELF_SIGNED)");
    EXPECT_EQ(message(error), "alone");
    EXPECT_EQ(error.phase, Phase::Tls);
    EXPECT_EQ(code_name(Error::tls("", "", TlsFault::Failed, "")), "TLS_FAILED");
    EXPECT_EQ(code_name(Error::tls("", "", TlsFault::KeyMismatch, "")), "CERT_KEY_MISMATCH");
}

TEST(Error, AnIcmpMessageIsTheExplanation)
{
    auto error = Error::from_errno(Phase::Connect, "connect", "10.0.0.9:80", EHOSTUNREACH);
    error.icmp = IcmpNotice{.v6 = false, .type = 3, .code = 13, .from = "10.0.0.1", .local = false};
    EXPECT_EQ(describe_error(error),
              "connect 10.0.0.9:80: No route to host (EHOSTUNREACH): ICMP 3/13 communication "
              "administratively prohibited from 10.0.0.1");
    error.icmp->local = true;
    EXPECT_TRUE(describe_error(error).ends_with("from 10.0.0.1 (this host)"));
}

TEST(Error, NumbersWithoutANameAreShownAsNumbers)
{
    EXPECT_EQ(errno_name(4095), "E4095");
    EXPECT_EQ(message(Error::from_errno(Phase::None, "x", "", 4095)), "Unknown error 4095");
}

TEST(IcmpName, KnowsTheVerdictsOfBothProtocols)
{
    const auto name = [](bool v6, std::uint8_t type, std::uint8_t code) {
        return icmp_name({.v6 = v6, .type = type, .code = code, .from = "", .local = false});
    };
    EXPECT_EQ(name(false, 3, 0), "network unreachable");
    EXPECT_EQ(name(false, 3, 1), "host unreachable");
    EXPECT_EQ(name(false, 3, 3), "port unreachable");
    EXPECT_EQ(name(false, 3, 9), "network administratively prohibited");
    EXPECT_EQ(name(false, 3, 10), "host administratively prohibited");
    EXPECT_EQ(name(false, 3, 200), "destination unreachable");
    EXPECT_EQ(name(false, 11, 0), "time to live exceeded");
    EXPECT_EQ(name(false, 250, 1), "type 250 code 1");
    EXPECT_EQ(name(true, 1, 0), "no route to destination");
    EXPECT_EQ(name(true, 1, 1), "communication administratively prohibited");
    EXPECT_EQ(name(true, 1, 4), "port unreachable");
    EXPECT_EQ(name(true, 3, 0), "hop limit exceeded");
    EXPECT_EQ(name(true, 2, 0), "packet too big");
}

} // namespace
} // namespace sockit::THIS_FILE
