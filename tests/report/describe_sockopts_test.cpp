#include "golden.h"

#include <gtest/gtest.h>

#include <string>

namespace sockit::THIS_FILE {
namespace {

/// The members that a machine reads: of the document, or of a line.
std::string members(const Event& event, Record::Want want = Record::Want::Document)
{
    Record record(want, false);
    describe(event, record);
    std::string out;
    append_members(out, record.fields);
    return out;
}

/// The line, or the cells with ` | ` between them; nothing for what people do not see.
SockoptRow row(std::string_view name) { return *find_sockopt(name); }

OptionChanged clamped()
{
    OptionChanged event{.act = SockoptsAct::Verify};
    auto& outcome = event.outcome;
    outcome.row = row("SO_RCVBUF");
    outcome.requested = SockoptValue{std::int64_t{1'000'000'000}};
    outcome.before = SockoptValue{std::int64_t{131072}};
    outcome.effective = SockoptValue{std::int64_t{425984}};
    outcome.predicted = outcome.effective;
    outcome.raw = std::string("\0\x80\6\0", 4);
    outcome.verdict = SockoptVerdict::Clamped;
    outcome.below_request = true;
    outcome.limit = SockoptLimit{"net.core.rmem_max", 212992};
    event.usual = SockoptValue{std::int64_t{131072}};
    event.target = "tcp4";
    return event;
}

TEST(DescribeSockopts, VerifiedOption)
{
    const std::string rest =
        R"("c_type":"int","unit":"bytes","value":425984,"default":131072,"raw":"00800600",)"
        R"("requested":1000000000,"predicted":425984,"effective":425984,"verdict":"clamped",)"
        R"("limit":{"sysctl":"net.core.rmem_max","value":212992},"error":null)";
    const std::string identity =
        R"("level":"SOL_SOCKET","name":"SO_RCVBUF","level_number":1,"number":8,)";
    EXPECT_EQ(members(clamped()), identity + R"("type":"int",)" + rest);
    EXPECT_EQ(members(clamped(), Record::Want::Fields), identity + rest);
    EXPECT_EQ(text_of(clamped()),
              "SO_RCVBUF | 1000000000 | 425984 | clamped / net.core.rmem_max = 212992");
}

TEST(DescribeSockopts, SetOptionHasOldAndUndo)
{
    auto event = clamped();
    event.act = SockoptsAct::Set;
    event.undo = "SO_RCVBUF=65536";
    EXPECT_NE(members(event).find(R"("undo":"sockit sockopts set tcp4 SO_RCVBUF=65536 --apply")"),
              std::string::npos);
    EXPECT_EQ(text_of(event),
              "SO_RCVBUF | 131072 | 1000000000 | 425984 | clamped / net.core.rmem_max = 212992");
    event.dry_run = true;
    EXPECT_NE(members(event).find(R"("effective":null,"verdict":null)"), std::string::npos);
    EXPECT_EQ(text_of(event),
              "SO_RCVBUF | 131072 | 1000000000 | 425984 / limit: net.core.rmem_max = 212992");
}

TEST(DescribeSockopts, RefusedOptionTellsWhy)
{
    auto event = clamped();
    event.outcome.verdict = SockoptVerdict::Refused;
    event.outcome.error = Error::from_errno(Phase::Socket, "setsockopt", "SO_RCVBUF", 1);
    EXPECT_NE(
        members(event).find(
            R"("error":{"phase":"socket","call":"setsockopt","subject":"SO_RCVBUF","code":"EPERM","errno":1,)"),
        std::string::npos);
    EXPECT_NE(text_of(event).find("refused / Operation not permitted (EPERM)"), std::string::npos);
}

std::string value_member(std::string_view name, SockoptValue value)
{
    OptionRead event;
    event.row = row(name);
    event.value = std::move(value);
    const auto all = members(event);
    const auto start = all.find("\"value");
    return all.substr(start, all.find(",\"default\"") - start);
}

TEST(DescribeSockopts, ValuesOfEveryForm)
{
    EXPECT_EQ(value_member("SO_KEEPALIVE", {true}), R"("value":true)");
    EXPECT_EQ(value_member("SO_MAX_PACING_RATE", {~std::uint64_t{0}}),
              R"("value":18446744073709551615,"symbol":"unlimited")");
    EXPECT_EQ(value_member("SO_RCVTIMEO", {Duration(1'500'000'000)}), R"("value":1.5)");
    EXPECT_EQ(value_member("SO_RCVTIMEO", {Duration(2'000'000'000)}), R"("value":2)");
    EXPECT_EQ(value_member("TCP_CONGESTION", {std::string("bbr")}), R"("value":"bbr")");
    EXPECT_EQ(value_member("TCP_CONGESTION", {std::string("\xff")}), R"("value_base64":"/w==")");
    EXPECT_EQ(value_member("IP_OPTIONS", {SockoptBytes{"\1\2"}}), R"("value":"0102")");
    EXPECT_EQ(value_member("SO_LINGER",
                           {SockoptValue::Fields{{"on", {true}}, {"seconds", {std::int64_t{5}}}}}),
              R"("value":{"on":true,"seconds":5})");
    EXPECT_EQ(value_member("SO_PEERGROUPS", {SockoptValue::List{{std::uint64_t{4}}}}),
              R"("value":[4])");
    EXPECT_EQ(value_member("SO_PEERCRED", {SockoptValue::Fields{{"pid", {}}}}),
              R"("value":{"pid":null})");
    EXPECT_EQ(value_member("SO_TYPE", {std::int64_t{1}}), R"("value":1,"symbol":"SOCK_STREAM")");
    EXPECT_EQ(value_member("SO_PEERNAME", {*Endpoint::unix_path("/x")}),
              R"("value":{"family":"unix","path":"/x"})");
}

TEST(DescribeSockopts, ReadOptionsForPeople)
{
    OptionRead event;
    event.row = row("SO_RCVBUF");
    event.value = SockoptValue{std::int64_t{131072}};
    event.usual = event.value;
    EXPECT_EQ(text_of(event), "SO_RCVBUF | 131072 bytes");
    event.value = SockoptValue{std::int64_t{4608}};
    EXPECT_EQ(text_of(event), "SO_RCVBUF | 4608 bytes  (default 131072 bytes)");
    event.value.reset();
    event.error = Error::from_errno(Phase::Socket, "getsockopt", "SO_RCVBUF", 107);
    EXPECT_EQ(text_of(event), "") << "a dump does not bore people with what cannot be read";
    event.named = true;
    EXPECT_EQ(text_of(event),
              "SO_RCVBUF | not readable: Transport endpoint is not connected (ENOTCONN)");
    OptionRead key;
    key.row = row("TCP_FASTOPEN_KEY");
    key.verdict = SockoptVerdict::SkippedSideEffect;
    key.named = true;
    EXPECT_EQ(text_of(key), "TCP_FASTOPEN_KEY | not read: a key");
}

TEST(DescribeSockopts, LargeStructsStandBelowTheirRow)
{
    OptionRead event;
    event.row = row("SO_MEMINFO");
    event.value = decode_sockopt(event.row, std::string(36, '\0'));
    Record record(Record::Want::Text, false);
    describe(event, record);
    EXPECT_EQ(record.row()[1].text, "9 members");
    EXPECT_EQ(record.below, "r=0 rb=0 t=0 tb=0 f=0 w=0 o=0 bl=0 d=0");
}

TEST(DescribeSockopts, TextOfTheKernelNeverReachesTheTerminalRaw)
{
    OptionRead event;
    event.row = row("TCP_CONGESTION");
    event.value = SockoptValue{std::string("\033[2J\n")};
    EXPECT_EQ(text_of(event), "TCP_CONGESTION | \\x1b[2J\\n");
}

TEST(DescribeSockopts, UnknownNumbersHaveNoName)
{
    OptionRead event;
    event.row = sockopt_row(6, 9999);
    EXPECT_TRUE(members(event).starts_with(
        R"("level":"IPPROTO_TCP","name":null,"level_number":6,"number":9999,"type":"unknown")"));
    event.row = sockopt_row(777, 1);
    EXPECT_TRUE(members(event).starts_with(R"("level":null,"name":null,"level_number":777)"));
}

TEST(DescribeSockopts, SocketStartAndSummary)
{
    EXPECT_EQ(members(SockoptsStarted{SockoptsAct::Get, "6.1.0"}),
              R"("act":"get","kernel":"6.1.0")");
    SockoptsSocket socket;
    socket.kind = KindTarget{SocketKind::Raw4, 1, "raw4:icmp"};
    socket.inode = 7;
    socket.cookie = "1f";
    EXPECT_EQ(members(socket),
              R"("kind":"raw4:icmp","phase":"fresh","state":"UNCONN","local":null,"peer":null,)"
              R"("inode":7,"cookie":"1f")");
    SockoptsSummary summary;
    summary.sockets = 1;
    summary.options = 2;
    summary.failed = 1;
    summary.verdicts["clamped"] = 1;
    EXPECT_EQ(members(summary),
              R"("sockets":1,"options":2,"failed":1,"skipped":0,"verdicts":{"clamped":1})");
    EXPECT_EQ(text_of(summary), "");
    summary.act = SockoptsAct::Set;
    summary.undo = {{"tcp4", "SO_KEEPALIVE=false"}};
    summary.dry_run = true;
    EXPECT_EQ(text_of(summary), "undo: sockit sockopts set tcp4 SO_KEEPALIVE=false --apply\n"
                                "dry run: nothing was changed; --apply does it");
}

TEST(DescribeSockopts, LiveSocketIsAHeadline)
{
    SockoptsSocket socket;
    socket.kind = KindTarget{SocketKind::Tcp4, 0, "tcp4"};
    socket.owner = SocketOwner{12, 3, "evil\x1b"};
    socket.state = SocketState::Established;
    socket.local = *Endpoint::from_literal("127.0.0.1", 80);
    socket.peer = *Endpoint::from_literal("127.0.0.1", 4000);
    socket.inode = 7;
    socket.cookie = "1f";
    EXPECT_EQ(members(socket),
              R"("pid":12,"fd":3,"comm":"evil\u001b","kind":"tcp4","state":"ESTAB",)"
              R"("local":{"family":"inet","address":"127.0.0.1","port":80},)"
              R"("peer":{"family":"inet","address":"127.0.0.1","port":4000},)"
              R"("inode":7,"cookie":"1f")");
    EXPECT_EQ(text_of(socket),
              "tcp4 ESTAB 127.0.0.1:80 -> 127.0.0.1:4000, pid 12 fd 3 (evil\\x1b), "
              "inode 7, cookie 1f");
    socket.kind.reset();
    EXPECT_NE(members(socket).find(R"("kind":null)"), std::string::npos);
}

TEST(DescribeSockopts, DifferenceHasBothSides)
{
    const OptionDiffers event{row("SO_KEEPALIVE"), SockoptValue{true}, std::nullopt};
    EXPECT_EQ(members(event),
              R"("level":"SOL_SOCKET","name":"SO_KEEPALIVE","level_number":1,"number":9,)"
              R"("c_type":"flag","unit":"bool","left":true,"right":null)");
    EXPECT_EQ(text_of(event), "SO_KEEPALIVE | true | -");
    SockoptsSummary summary;
    summary.act = SockoptsAct::Diff;
    summary.differing = 1;
    EXPECT_TRUE(members(summary).ends_with(R"("differing":1)"));
}

TEST(DescribeSockopts, UndoOfSeveralSocketsIsACommandEach)
{
    SockoptsSummary summary;
    summary.act = SockoptsAct::Set;
    summary.undo = {{"--pid 1 --fd 2", "IP_TTL=64"}, {"--pid 1 --fd 3", "IP_TTL=9"}};
    EXPECT_EQ(text_of(summary), "undo: sockit sockopts set --pid 1 --fd 2 IP_TTL=64 --apply\n"
                                "undo: sockit sockopts set --pid 1 --fd 3 IP_TTL=9 --apply");
}

TEST(DescribeSockopts, ListedAndDescribedOptions)
{
    EXPECT_EQ(text_of(OptionListed{row("SO_RCVBUF"), {}, false}),
              "SO_RCVBUF | 1:8 | rw | Receive buffer size");
    EXPECT_EQ(text_of(OptionListed{row("TCP_CORK"), {}, true}),
              "TCP_CORK  (IPPROTO_TCP, 6:3)\n"
              "              Hold partial segments\n"
              "  type        flag, bool\n"
              "  read        tcp4 tcp6 mptcp4 mptcp6\n"
              "  set         tcp4 tcp6 mptcp4 mptcp6\n"
              "  when        any time\n"
              "  inherited   by accept() on tcp4 tcp6 mptcp4 mptcp6\n"
              "  since       Linux 2.2\n"
              "  note        released after 200 ms");
    EXPECT_EQ(text_of(OptionListed{sockopt_row(6, 9999), {}, true}),
              "IPPROTO_TCP/9999  (IPPROTO_TCP, 6:9999)\n"
              "              not among the options that sockit knows");
    const auto json =
        members(OptionListed{row("SO_RCVBUF"), SockoptLimit{"net.core.rmem_max", {}}, false});
    EXPECT_NE(json.find(R"("limit":{"sysctl":"net.core.rmem_max","value":null})"),
              std::string::npos);
    EXPECT_NE(json.find(R"("inherited":["tcp4","tcp6","mptcp4","mptcp6"],"when":"any time",)"
                        R"("transformation":"doubled","reading":"harmless","privilege":null)"),
              std::string::npos)
        << json;
}

TEST(DescribeSockopts, EveryDescriptionFitsATerminal)
{
    for (const auto& each : sockopt_table()) {
        const auto whole = text_of(OptionListed{each, SockoptLimit{"net.core.rmem_max", 1}, true});
        for (std::size_t start = 0; start < whole.size();) {
            const auto end = std::min(whole.find('\n', start), whole.size());
            EXPECT_LE(end - start, 80U) << whole.substr(start, end - start);
            start = end + 1;
        }
    }
}

} // namespace
} // namespace sockit::THIS_FILE
