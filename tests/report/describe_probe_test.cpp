#include "golden.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

ProbeOutcomes want(std::initializer_list<ProbeOutcome> outcomes)
{
    ProbeOutcomes set;
    for (const auto outcome : outcomes)
        set.set(static_cast<std::size_t>(outcome));
    return set;
}

ProbeResult open_result()
{
    ProbeResult event;
    event.target = "localhost:443";
    event.endpoint = *Endpoint::from_literal("127.0.0.1", 443);
    event.outcome = ProbeOutcome::Open;
    event.ok = true;
    event.want = want({ProbeOutcome::Open});
    event.phases = {.resolve = 1ms, .connect = 40us, .total = 1050us};
    event.kernel_rtt = 18us;
    event.syn_retransmits = 0;
    event.source = *Endpoint::from_literal("127.0.0.1", 40000);
    return event;
}

TEST(DescribeProbe, Start)
{
    const ProbeStarted event{.targets = 3,
                             .parallel = 2,
                             .timeout = 3s,
                             .want = want({ProbeOutcome::Open, ProbeOutcome::Refused})};
    EXPECT_EQ(text_of(event), "3 targets, 2 at once, 3.00 s each");
    EXPECT_EQ(json_of(event),
              R"("targets":3,"parallel":2,"timeout_ns":3000000000,"want":["open","refused"])");
}

TEST(DescribeProbe, Open)
{
    EXPECT_EQ(text_of(open_result()),
              "open         localhost:443          127.0.0.1:443  40.0 us (kernel 18.0 us)");
    EXPECT_EQ(json_of(open_result()),
              R"("target":"localhost:443","endpoint":{"family":"inet","address":"127.0.0.1","po)"
              R"(rt":443},"transport":"tcp","outcome":"open","ok":true,"want":["open"],"attempt)"
              R"(":1,"phases":{"resolve_ns":1000000,"connect_ns":40000,"tls_ns":null,"first_byt)"
              R"(e_ns":null,"total_ns":1050000},"kernel_rtt_ns":18000,"syn_retransmits":0,"sync)"
              R"(":false,"source":{"family":"inet","address":"127.0.0.1","port":40000},"error":)"
              R"(null)");
    auto lost = open_result();
    lost.syn_retransmits = 2;
    EXPECT_EQ(text_of(lost), "open         localhost:443          127.0.0.1:443  40.0 us (kernel "
                             "18.0 us), 2 SYN retransmits");
}

TEST(DescribeProbe, RejectedNamesTheSender)
{
    auto event = open_result();
    event.target = "evil\x1b[2J:443";
    event.outcome = ProbeOutcome::Rejected;
    event.ok = false;
    event.kernel_rtt = {};
    event.error = Error::from_errno(Phase::Connect, "connect", "127.0.0.1:443", EHOSTUNREACH);
    event.error->icmp =
        IcmpNotice{.v6 = false, .type = 3, .code = 13, .from = "10.77.1.254", .local = false};
    EXPECT_EQ(text_of(event), "rejected     evil\\x1b[2J:443        127.0.0.1:443  ICMP 3/13 from "
                              "10.77.1.254: communication administratively prohibited");
    EXPECT_EQ(json_of(event),
              R"("target":"evil\u001b[2J:443","endpoint":{"family":"inet","address":"127.0.0.1")"
              R"(,"port":443},"transport":"tcp","outcome":"rejected","ok":false,"want":["open"])"
              R"(,"attempt":1,"phases":{"resolve_ns":1000000,"connect_ns":40000,"tls_ns":null,")"
              R"(first_byte_ns":null,"total_ns":1050000},"kernel_rtt_ns":null,"syn_retransmits")"
              R"(:0,"sync":false,"source":{"family":"inet","address":"127.0.0.1","port":40000},)"
              R"("error":{"phase":"connect","call":"connect","subject":"127.0.0.1:443","code":")"
              R"(EHOSTUNREACH","errno":113,"message":"No route to host","icmp":{"type":3,"code")"
              R"(:13,"name":"communication administratively prohibited","from":"10.77.1.254","l)"
              R"(ocal":false}})");
}

TEST(DescribeProbe, Unresolved)
{
    ProbeResult event;
    event.target = "nx.example:80";
    event.outcome = ProbeOutcome::Unresolved;
    event.want = want({ProbeOutcome::Open});
    event.error = Error::from_resolver("nx.example", -2, 0);
    EXPECT_EQ(text_of(event),
              "unresolved   nx.example:80          Name or service not known (EAI_NONAME)");
    EXPECT_EQ(json_of(event),
              R"("target":"nx.example:80","endpoint":null,"transport":"tcp","outcome":"unresolv)"
              R"(ed","ok":false,"want":["open"],"attempt":1,"phases":{"resolve_ns":null,"connec)"
              R"(t_ns":null,"tls_ns":null,"first_byte_ns":null,"total_ns":0},"kernel_rtt_ns":nu)"
              R"(ll,"syn_retransmits":null,"sync":false,"source":null,"error":{"phase":"resolve)"
              R"(","call":"resolve","subject":"nx.example","code":"EAI_NONAME","errno":null,"me)"
              R"(ssage":"Name or service not known"})");
}

TEST(DescribeProbe, Hops)
{
    ProbeHop event{.target = "a:1",
                   .ttl = 1,
                   .from = "10.0.0.1",
                   .rtt = 1ms,
                   .icmp = IcmpNotice{.type = 11, .from = "10.0.0.1"},
                   .outcome = {}};
    EXPECT_EQ(text_of(event), "a:1:\n  1  10.0.0.1          1.00 ms");
    EXPECT_EQ(json_of(event),
              R"("target":"a:1","ttl":1,"from":"10.0.0.1","rtt_ns":1000000,"icmp":{"type":11,)"
              R"("code":0,"name":"time to live exceeded","from":"10.0.0.1",)"
              R"("local":false})");
    event.ttl = 12;
    event.icmp = IcmpNotice{.type = 3, .code = 13, .from = "10.0.0.1"};
    event.outcome = ProbeOutcome::Rejected;
    EXPECT_EQ(text_of(event), " 12  10.0.0.1          1.00 ms  rejected  ICMP 3/13: communication "
                              "administratively prohibited");
    event = {.target = "a:1", .ttl = 2, .from = {}, .rtt = {}, .icmp = {}, .outcome = {}};
    EXPECT_EQ(text_of(event), "  2  *");
    EXPECT_EQ(json_of(event), R"("target":"a:1","ttl":2,"from":null,"rtt_ns":null,"icmp":null)");
    event.outcome = ProbeOutcome::Denied;
    EXPECT_EQ(text_of(event), "  2  -                       -  denied");
}

TEST(DescribeProbe, LabelsStandAtTheEnd)
{
    auto event = open_result();
    event.labels = {{"env", "prod"}, {"note", "a\nb"}};
    EXPECT_TRUE(text_of(event).ends_with("(kernel 18.0 us) {env=prod, note=a\\nb}"));
    EXPECT_NE(json_of(event).find(R"("labels":{"env":"prod","note":"a\nb"},"error")"),
              std::string::npos);
}

TEST(DescribeProbe, Summary)
{
    ProbeSummary event;
    event.total = 4;
    event.ok = 1;
    event.failed = 2;
    event.unfinished = 1;
    event.outcomes[static_cast<std::size_t>(ProbeOutcome::Open)] = 1;
    event.outcomes[static_cast<std::size_t>(ProbeOutcome::Rejected)] = 2;
    event.duration = 25ms;
    event.stopped_by = "deadline";
    EXPECT_EQ(text_of(event), "4 targets, 1 open, 2 rejected, 1 unfinished in 25.0 ms");
    EXPECT_EQ(json_of(event),
              R"("total":4,"ok":1,"failed":2,"unfinished":1,"outcomes":{"open":1,"rejected":2},)"
              R"("requeued":0,"duration_ns":25000000,"stopped_by":"deadline")");
    event.requeued = 3;
    EXPECT_EQ(text_of(event), "4 targets, 1 open, 2 rejected, 1 unfinished in 25.0 ms; put off 3 "
                              "times for want of descriptors or ports");
}

} // namespace
} // namespace sockit::THIS_FILE
