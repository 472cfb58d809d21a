#include "cmd/exit_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <netdb.h>

namespace sockit::THIS_FILE {

namespace {

struct Case {
    Phase phase;
    int code;
    ExitStatus status;
};

TEST(ExitStatus, ByPhaseAndErrno)
{
    const Case cases[] = {
        {Phase::Connect, ECONNREFUSED, ExitStatus::Refused},
        {Phase::Connect, ENOENT, ExitStatus::Refused},
        {Phase::Connect, ETIMEDOUT, ExitStatus::NoAnswer},
        {Phase::Resolve, ETIMEDOUT, ExitStatus::NoAnswer},
        {Phase::Connect, ENETUNREACH, ExitStatus::Unreachable},
        {Phase::Connect, EHOSTUNREACH, ExitStatus::Unreachable},
        {Phase::Connect, EACCES, ExitStatus::Denied},
        {Phase::Connect, EPERM, ExitStatus::Denied},
        {Phase::Connect, EINVAL, ExitStatus::Denied},
        {Phase::Connect, EADDRNOTAVAIL, ExitStatus::Local},
        {Phase::Bind, EADDRINUSE, ExitStatus::Local},
        {Phase::Bind, EADDRNOTAVAIL, ExitStatus::Local},
        {Phase::Bind, EACCES, ExitStatus::Denied},
        {Phase::Socket, EMFILE, ExitStatus::Local},
        {Phase::Socket, EAFNOSUPPORT, ExitStatus::Unsupported},
        {Phase::Socket, ENOPROTOOPT, ExitStatus::Unsupported},
        {Phase::Send, EPIPE, ExitStatus::Reset},
        {Phase::Receive, ECONNRESET, ExitStatus::Reset},
        {Phase::Output, EPIPE, ExitStatus::Local},
        {Phase::Output, ENOSPC, ExitStatus::Local},
    };
    for (const auto& entry : cases) {
        const auto error = Error::from_errno(entry.phase, "call", "subject", entry.code);
        EXPECT_EQ(exit_status(error), entry.status) << describe_error(error);
    }
}

TEST(ExitStatus, WhatWasDoneWithoutItsEffectIsNo)
{
    const auto error = Error::unmet("setsockopt", "SO_RCVBUF", "SO_RCVBUF=1: the kernel made it 2");
    EXPECT_EQ(exit_status(error), ExitStatus::No);
    EXPECT_EQ(describe_error(error), "SO_RCVBUF=1: the kernel made it 2");
    EXPECT_EQ(code_name(error), "UNMET");
}

TEST(ExitStatus, TlsHasItsOwnButACutIsAReset)
{
    const auto of = [](TlsFault fault) {
        return exit_status(Error::tls("TLS handshake", "127.0.0.1:443", fault, "why"));
    };
    EXPECT_EQ(of(TlsFault::SelfSigned), ExitStatus::Tls);
    EXPECT_EQ(of(TlsFault::Failed), ExitStatus::Tls);
    EXPECT_EQ(of(TlsFault::Truncated), ExitStatus::Reset);
}

TEST(ExitStatus, AFullUnixBacklogIsNoAnswer)
{
    const auto full = Error::from_errno(Phase::Connect, "connect", "unix:/run/x", EAGAIN);
    EXPECT_EQ(exit_status(full), ExitStatus::NoAnswer);
    const auto ports = Error::from_errno(Phase::Connect, "connect", "127.0.0.1:80", EAGAIN);
    EXPECT_EQ(exit_status(ports), ExitStatus::Local);
}

TEST(ExitStatus, AnIcmpMessageOutranksItsErrno)
{
    auto error = Error::from_errno(Phase::Connect, "connect", "10.0.0.1:80", ECONNREFUSED);
    error.icmp = IcmpNotice{.v6 = false, .type = 3, .code = 3, .from = "10.0.0.1", .local = false};
    EXPECT_EQ(exit_status(error), ExitStatus::Unreachable);
    error.icmp->local = true; // an OUTPUT rule of our own
    EXPECT_EQ(exit_status(error), ExitStatus::Denied);
    error.icmp->code = 1; // no neighbour answered
    EXPECT_EQ(exit_status(error), ExitStatus::Unreachable);
}

TEST(ExitStatus, OtherDomains)
{
    EXPECT_EQ(exit_status(Error::usage("x")), ExitStatus::Usage);
    EXPECT_EQ(exit_status(Error::from_resolver("x", EAI_NONAME)), ExitStatus::Unresolved);
    EXPECT_EQ(exit_status(Error::unsupported("socket", "x", EAFNOSUPPORT)),
              ExitStatus::Unsupported);
}

} // namespace

} // namespace sockit::THIS_FILE
