#include "op/verdict.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include <netdb.h>

namespace sockit::THIS_FILE {
namespace {

const Endpoint v4 = *Endpoint::from_literal("192.0.2.1", 80);
const Endpoint v6 = *Endpoint::from_literal("2001:db8::1", 80);
const Endpoint link_local = *Endpoint::from_literal("fe80::1", 80);
const Endpoint path = *Endpoint::unix_path("/run/x");
const Endpoint machine = Endpoint::vsock(2, 5);

Error failed(Phase phase, int code) { return Error::from_errno(phase, "connect", "x", code); }

Evidence at_once(const Endpoint& to, int code)
{
    return {.to = to, .error = failed(Phase::Connect, code), .synchronous = true};
}

Evidence from(const char* source, Evidence evidence)
{
    evidence.from = *Endpoint::from_literal(source, 4000);
    return evidence;
}

Evidence later(const Endpoint& to, int code)
{
    return {.to = to, .error = failed(Phase::Connect, code)};
}

Evidence told_by(const Endpoint& to, int code, std::uint8_t type, std::uint8_t icmp_code,
                 bool local)
{
    Evidence evidence = later(to, code);
    evidence.error->icmp = IcmpNotice{.v6 = to.family() == AF_INET6,
                                      .type = type,
                                      .code = icmp_code,
                                      .from = local ? "192.0.2.9" : "198.51.100.1",
                                      .local = local};
    return evidence;
}

Evidence in_phase(Phase phase, int code) { return {.to = v4, .error = failed(phase, code)}; }

Evidence resolver(int eai, int reason = 0)
{
    return {.to = {}, .error = Error::from_resolver("x", eai, reason)};
}

/// Of a datagram.
Evidence datagram(Evidence evidence)
{
    evidence.datagram = true;
    return evidence;
}

Evidence refusal(Evidence evidence)
{
    evidence.error->icmp->refusal = true;
    return datagram(std::move(evidence));
}

struct Case {
    const char* what;
    Evidence evidence;
    ProbeOutcome expected;
};

class Verdict : public testing::TestWithParam<Case> {};

TEST_P(Verdict, IsByAllOfTheEvidence)
{
    EXPECT_EQ(probe_outcome_name(verdict(GetParam().evidence)),
              probe_outcome_name(GetParam().expected))
        << GetParam().what;
}

using enum ProbeOutcome;

INSTANTIATE_TEST_SUITE_P(
    Connected, Verdict,
    testing::Values(Case{"connected", {.to = v4}, Open},
                    Case{"connected to ourselves", {.to = v4, .to_ourselves = true}, SelfConnect},
                    Case{"unix, connected", {.to = path}, Open}));

INSTANTIATE_TEST_SUITE_P(
    ErrnoWithoutIcmp, Verdict,
    testing::Values(Case{"RST", later(v4, ECONNREFUSED), Refused},
                    Case{"RST, v6", later(v6, ECONNREFUSED), Refused},
                    Case{"kernel gave up", later(v4, ETIMEDOUT), Timeout},
                    Case{"unreachable route", at_once(v4, EHOSTUNREACH), Unreachable},
                    Case{"no route", at_once(v6, ENETUNREACH), Unreachable},
                    Case{"device down", at_once(v4, ENETDOWN), Unreachable},
                    Case{"no neighbour, queue not to be had", later(v4, EHOSTUNREACH), Unreachable},
                    Case{"prohibit route", at_once(v4, EACCES), Denied},
                    Case{"prohibit route, v6", at_once(v6, EACCES), Denied},
                    Case{"blackhole route", at_once(v4, EINVAL), Denied},
                    Case{"blackhole route, with a source", from("192.0.2.9", at_once(v4, EINVAL)),
                         Denied},
                    Case{"loopback source", from("127.0.0.1", at_once(v4, EINVAL)), LocalError},
                    Case{"OUTPUT rule", at_once(v4, EPERM), Denied},
                    Case{"admin-prohibited v6, queue not to be had", later(v6, EACCES), Rejected},
                    Case{"ICMP 3/2, queue not to be had", later(v4, ENOPROTOOPT), Rejected},
                    Case{"ICMP 3/7, queue not to be had", later(v4, EHOSTDOWN), Rejected},
                    Case{"ICMP 12, queue not to be had", later(v4, EPROTO), Rejected},
                    Case{"link-local without a zone", at_once(link_local, EINVAL), LocalError},
                    Case{"source ports used up", at_once(v4, EADDRNOTAVAIL), LocalError},
                    Case{"source ports used up, older kernels", at_once(v4, EAGAIN), LocalError},
                    Case{"no memory", at_once(v4, ENOBUFS), LocalError},
                    Case{"family not built", at_once(v6, EAFNOSUPPORT), LocalError}));

INSTANTIATE_TEST_SUITE_P(
    Datagrams, Verdict,
    testing::Values(
        Case{"the target has no such port", refusal(told_by(v4, ECONNREFUSED, 3, 3, false)),
             Refused},
        Case{"the target is this host", refusal(told_by(v6, ECONNREFUSED, 1, 4, true)), Refused},
        Case{"a router says so", datagram(told_by(v4, ECONNREFUSED, 3, 3, false)), Rejected},
        Case{"a rule of ours says so", datagram(told_by(v4, ECONNREFUSED, 3, 3, true)), Denied},
        Case{"no ARP answer", datagram(told_by(v4, EHOSTUNREACH, 3, 1, true)), Unreachable},
        Case{"queue not to be had", datagram(in_phase(Phase::Receive, ECONNREFUSED)), Refused},
        Case{"OUTPUT rule",
             datagram({.to = v4, .error = failed(Phase::Send, EPERM), .synchronous = true}),
             Denied},
        Case{"too large", datagram(in_phase(Phase::Send, EMSGSIZE)), LocalError},
        Case{"unix, the peer has gone",
             datagram({.to = path, .error = failed(Phase::Send, ECONNREFUSED)}), Refused},
        Case{"nothing to send it with", datagram(in_phase(Phase::Send, ENOBUFS)), LocalError}));

INSTANTIATE_TEST_SUITE_P(
    Icmp, Verdict,
    testing::Values(
        Case{"net unreachable", told_by(v4, ENETUNREACH, 3, 0, false), Rejected},
        Case{"host unreachable from a router", told_by(v4, EHOSTUNREACH, 3, 1, false), Rejected},
        Case{"port unreachable is no RST", told_by(v4, ECONNREFUSED, 3, 3, false), Rejected},
        Case{"admin-prohibited", told_by(v4, EHOSTUNREACH, 3, 13, false), Rejected},
        Case{"TTL exceeded", told_by(v4, EHOSTUNREACH, 11, 0, false), Rejected},
        Case{"admin-prohibited v6 as EACCES", told_by(v6, EACCES, 1, 1, false), Rejected},
        Case{"port unreachable v6", told_by(v6, ECONNREFUSED, 1, 4, false), Rejected},
        Case{"no ARP answer", told_by(v4, EHOSTUNREACH, 3, 1, true), Unreachable},
        Case{"no ND answer", told_by(v6, EHOSTUNREACH, 1, 3, true), Unreachable},
        Case{"own OUTPUT reject", told_by(v4, ECONNREFUSED, 3, 3, true), Denied},
        Case{"own OUTPUT admin-prohibited", told_by(v4, EHOSTUNREACH, 3, 13, true), Denied},
        Case{"own OUTPUT reject v6", told_by(v6, ECONNREFUSED, 1, 4, true), Denied},
        Case{"own route, v6 code 1 is not 3", told_by(v6, EACCES, 1, 1, true), Denied}));

INSTANTIATE_TEST_SUITE_P(
    OtherFamilies, Verdict,
    testing::Values(Case{"no such path", at_once(path, ENOENT), Refused},
                    Case{"a file in the way", at_once(path, ENOTDIR), Refused},
                    Case{"stale socket", at_once(path, ECONNREFUSED), Refused},
                    Case{"no permission", at_once(path, EACCES), Denied},
                    Case{"backlog full", at_once(path, EAGAIN), Timeout},
                    Case{"stream to datagram", at_once(path, EPROTOTYPE), LocalError},
                    Case{"vsock, nobody listens", later(machine, ECONNRESET), Refused},
                    Case{"vsock, no such machine", at_once(machine, ENODEV), Unreachable},
                    Case{"vsock, mute", later(machine, ETIMEDOUT), Timeout}));

INSTANTIATE_TEST_SUITE_P(
    OtherPhases, Verdict,
    testing::Values(Case{"no such name", resolver(EAI_NONAME), Unresolved},
                    Case{"name server down", resolver(EAI_AGAIN), Unresolved},
                    Case{"resolver without descriptors", resolver(EAI_SYSTEM, EMFILE), LocalError},
                    Case{"resolver failed otherwise", resolver(EAI_SYSTEM, EIO), Unresolved},
                    Case{"resolver without memory", resolver(EAI_MEMORY), LocalError},
                    Case{"mute resolver", in_phase(Phase::Resolve, ETIMEDOUT), Timeout},
                    Case{"no thread to resolve with", in_phase(Phase::Resolve, EAGAIN), LocalError},
                    Case{"no descriptor", in_phase(Phase::Socket, EMFILE), LocalError},
                    Case{"no descriptor in the system", in_phase(Phase::Socket, ENFILE),
                         LocalError},
                    Case{"no such device", in_phase(Phase::Socket, ENODEV), LocalError},
                    Case{"socket forbidden", in_phase(Phase::Socket, EPERM), Denied},
                    Case{"source not ours", in_phase(Phase::Bind, EADDRNOTAVAIL), LocalError},
                    Case{"privileged source port", in_phase(Phase::Bind, EACCES), Denied},
                    Case{"reset after accept", in_phase(Phase::Receive, ECONNRESET), Reset}));

TEST(VerdictPressure, IsWorthAskingAgainOnlyForWhatMayComeBack)
{
    for (const auto& evidence :
         {in_phase(Phase::Socket, EMFILE), in_phase(Phase::Socket, ENFILE),
          in_phase(Phase::Socket, ENOBUFS), in_phase(Phase::Bind, EADDRINUSE),
          at_once(v4, EADDRNOTAVAIL), at_once(v4, EAGAIN), resolver(EAI_SYSTEM, EMFILE)})
        EXPECT_TRUE(is_pressure(evidence)) << describe_error(*evidence.error);
    for (const auto& evidence :
         {in_phase(Phase::Bind, EADDRNOTAVAIL), in_phase(Phase::Socket, ENODEV),
          at_once(path, EAGAIN), later(v4, ECONNREFUSED), resolver(EAI_AGAIN), Evidence{.to = v4}})
        EXPECT_FALSE(is_pressure(evidence));
}

TEST(VerdictWeight, OpenTellsMostAndWhatNeverLeftLeast)
{
    const std::vector order{Open,        Mismatch,   TlsError,  Reset,  Refused,
                            SelfConnect, Rejected,   Timeout,   Silent, Denied,
                            Unreachable, Unresolved, LocalError};
    ASSERT_EQ(order.size(), probe_outcome_count);
    for (std::size_t i = 1; i < order.size(); ++i)
        EXPECT_GT(weight(order[i - 1]), weight(order[i])) << i;
}

TEST(VerdictExplanation, SaysWhatAnErrnoAloneDoesNot)
{
    EXPECT_EQ(explanation(at_once(v4, EINVAL)), "a blackhole route of this host");
    EXPECT_EQ(explanation(told_by(v4, ECONNREFUSED, 3, 3, true)), "a firewall rule of this host");
    EXPECT_EQ(explanation(told_by(v4, ECONNREFUSED, 3, 3, false)), "");
    EXPECT_EQ(explanation(later(v4, ECONNREFUSED)), "");
    EXPECT_EQ(explanation(at_once(path, EAGAIN)), "the backlog of the listener is full");
}

} // namespace
} // namespace sockit::THIS_FILE
