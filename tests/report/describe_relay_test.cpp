#include "golden.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace sockit::THIS_FILE {
namespace {

using namespace std::chrono_literals;

const Endpoint here = *Endpoint::from_literal("127.0.0.1", 40000);
const Endpoint there = *Endpoint::from_literal("::1", 443);
const std::chrono::system_clock::time_point when{1'700'000'000s};
const Error refused = Error::from_errno(Phase::Connect, "connect", "[::1]:443", ECONNREFUSED);

Traffic traffic()
{
    return {.bytes_sent = 6,
            .bytes_received = 2048,
            .bytes_unacked = 0,
            .closed_first = Side::Local,
            .fin_sent = true,
            .stdin_eof = true,
            .send_path = DataPath::Sendfile,
            .receive_path = DataPath::Copy};
}

TEST(DescribeConnect, Start)
{
    const ConnectStarted event{.target = "[::1]:443", .time = when};
    EXPECT_EQ(text_of(event), "");
    EXPECT_EQ(json_of(event), R"("target":"[::1]:443","time":"2023-11-14T22:13:20.000000Z")");
}

TEST(DescribeConnect, Attempts)
{
    EXPECT_EQ(text_of(ConnectAttempt{there, 20us, refused}),
              "connect [::1]:443: Connection refused (ECONNREFUSED) after 20.0 us");
    EXPECT_EQ(json_of(ConnectAttempt{there, 20us, refused}),
              R"("endpoint":{"family":"inet6","address":"::1","port":443},"duration_ns":20000,")"
              R"(error":{"phase":"connect","call":"connect","subject":"[::1]:443","code":"ECONN)"
              R"(REFUSED","errno":111,"message":"Connection refused"})");
    EXPECT_EQ(json_of(ConnectAttempt{there, 20us, std::nullopt}),
              R"("endpoint":{"family":"inet6","address":"::1","port":443},"duration_ns":20000,")"
              R"(error":null)");
}

TEST(DescribeConnect, DatagramsAreCounted)
{
    auto counted = traffic();
    counted.datagrams = {.sent = 2, .received = 1};
    EXPECT_EQ(text_of(ConnectClosed{counted, 1500us}),
              "sent 6 B, received 2.00 KiB (2 and 1 datagrams) in 1.50 ms; closed by us first");
    EXPECT_NE(json_of(ConnectClosed{counted, 1500us})
                  .find(R"("datagrams_sent":2,"datagrams_received":1,)"),
              std::string::npos);
    EXPECT_NE(json_of(ListenSummary{.datagrams = Datagrams{.sent = 3, .received = 4}})
                  .find(R"("datagrams_sent":3,"datagrams_received":4,)"),
              std::string::npos);
}

TEST(DescribeConnect, ConnectedAndClosed)
{
    EXPECT_EQ(text_of(Connected{here, there}), "connected to [::1]:443 from 127.0.0.1:40000");
    EXPECT_EQ(json_of(Connected{here, there}),
              R"("local":{"family":"inet","address":"127.0.0.1","port":40000},"peer":{"family":)"
              R"("inet6","address":"::1","port":443})");
    EXPECT_EQ(text_of(ConnectClosed{traffic(), 1500us}),
              "sent 6 B, received 2.00 KiB in 1.50 ms; closed by us first");
    EXPECT_EQ(json_of(ConnectClosed{traffic(), 1500us}),
              R"("bytes_sent":6,"bytes_received":2048,"bytes_unacked":0,"closed_first":"local",)"
              R"("fin_sent":true,"stdin_eof":true,"path":{"send":"sendfile","receive":"copy"},)"
              R"("duration_ns":1500000)");
    EXPECT_EQ(text_of(ConnectClosed{}), "took 0 ns");
}

TEST(DescribeConnect, Failed)
{
    EXPECT_EQ(text_of(ConnectFailed{refused}), "");
    EXPECT_EQ(json_of(ConnectFailed{refused}),
              R"("error":{"phase":"connect","call":"connect","subject":"[::1]:443","code":"ECON)"
              R"(NREFUSED","errno":111,"message":"Connection refused"})");
}

TEST(DescribeConnect, Summary)
{
    ConnectSummary event;
    event.target = "[::1]:443";
    EXPECT_EQ(json_of(event),
              R"("ok":true,"target":"[::1]:443","local":null,"peer":null,"phases":{"resolve_ns")"
              R"(:null,"connect_ns":null,"tls_ns":null,"first_byte_ns":null,"total_ns":0},"byte)"
              R"(s_sent":null,"bytes_received":null,"bytes_unacked":null,"closed_first":null,"f)"
              R"(in_sent":false,"stdin_eof":false,"path":{"send":null,"receive":null},"tcp":nul)"
              R"(l,"proxy":null,"tls":null,"child_status":null,"stopped_by":null,"error":null)");
    event.local = here;
    event.peer = there;
    event.phases = {.resolve = 1ms, .connect = 20us, .first_byte = 30us, .total = 2ms};
    event.traffic = traffic();
    event.tcp = TcpFacts{.rtt_ns = 18000, .retransmits = 1};
    event.payload = KeptPayload{.bytes = "\xff", .truncated = true};
    event.stopped_by = "deadline";
    event.error = refused;
    EXPECT_EQ(text_of(event), "");
    EXPECT_EQ(
        json_of(event),
        R"("ok":false,"target":"[::1]:443","local":{"family":"inet","address":"127.0.0.1")"
        R"(,"port":40000},"peer":{"family":"inet6","address":"::1","port":443},"phases":{)"
        R"("resolve_ns":1000000,"connect_ns":20000,"tls_ns":null,"first_byte_ns":30000,"t)"
        R"(otal_ns":2000000},"bytes_sent":6,"bytes_received":2048,"bytes_unacked":0,"clos)"
        R"(ed_first":"local","fin_sent":true,"stdin_eof":true,"path":{"send":"sendfile","rece)"
        R"(ive":"copy"},"tcp":{"rtt_ns":18000,"retransmits":1},"proxy":null,"tls":null,"child_status":)"
        R"(null,"data_base64":"/w==","data_truncated":true,"stopped_by":"deadline","error)"
        R"(":{"phase":"connect","call":"connect","subject":"[::1]:443","code":"ECONNREFUS)"
        R"(ED","errno":111,"message":"Connection refused"})");
}

TEST(DescribeProgress, OneLineThatTheNextReplaces)
{
    const TransferProgress event{.bytes_sent = 3 << 20, .bytes_received = 512, .elapsed = 1500ms};
    EXPECT_EQ(text_of(event), "sent 3.00 MiB (2.00 MiB/s), received 512 B (341 B/s) in 1.50 s");
    EXPECT_EQ(json_of(event),
              R"("bytes_sent":3145728,"bytes_received":512,"duration_ns":1500000000)");
}

TEST(DescribeConnect, ThroughAProxy)
{
    const Connected event{here, there, "example.org:\x1b"};
    EXPECT_EQ(text_of(event),
              "connected to example.org:\\x1b through [::1]:443 from 127.0.0.1:40000");
    EXPECT_EQ(json_of(event),
              R"("local":{"family":"inet","address":"127.0.0.1","port":40000},"peer":{"family":)"
              R"("inet6","address":"::1","port":443},"target":"example.org:\u001b")");
    ConnectSummary summary;
    summary.proxy = ProxyFacts{
        .url = "socks5://me@[::1]:443", .endpoint = there, .reply = "connection refused"};
    EXPECT_NE(json_of(summary).find(
                  R"("proxy":{"url":"socks5://me@[::1]:443","endpoint":{"family":"inet6",)"
                  R"("address":"::1","port":443},"reply":"connection refused"})"),
              std::string::npos);
    summary.proxy = ProxyFacts{.url = "http://h:1", .endpoint = {}, .reply = {}};
    EXPECT_NE(json_of(summary).find(R"("proxy":{"url":"http://h:1","endpoint":null,"reply":null})"),
              std::string::npos);
}

TEST(DescribeListen, Received)
{
    const PayloadReceived event{.connection = 2, .bytes = "hi\x1b[31m\n"};
    EXPECT_EQ(text_of(event), "");
    EXPECT_EQ(json_of(event), "\"id\":2,\"data\":\"hi\\u001b[31m\\n\"");
    EXPECT_EQ(json_of(PayloadReceived{.connection = {}, .bytes = "\xff"}),
              R"("data_base64":"/w==")");
}

TEST(DescribeListen, Closed)
{
    ListenClosed event{.id = 3,
                       .peer = there,
                       .local = here,
                       .traffic = traffic(),
                       .duration = 5ms,
                       .child_status = {},
                       .payload = {},
                       .error = {}};
    EXPECT_EQ(text_of(event),
              "3 closed: sent 6 B, received 2.00 KiB in 5.00 ms; closed by us first");
    EXPECT_EQ(
        json_of(event),
        R"("id":3,"peer":{"family":"inet6","address":"::1","port":443},"local":{"family":)"
        R"("inet","address":"127.0.0.1","port":40000},"bytes_sent":6,"bytes_received":204)"
        R"(8,"bytes_unacked":0,"closed_first":"local","fin_sent":true,"stdin_eof":true,)"
        R"("path":{"send":"sendfile","receive":"copy"},"duration_ns":5000000,"tls":null,"child_status":null,"error":null)");
    event.traffic = {};
    event.child_status = 3;
    EXPECT_EQ(text_of(event), "3 closed: took 5.00 ms; exit status 3");
    event.child_status = {};
    event.error = Error::from_errno(Phase::Receive, "recv", "[::1]:443", ECONNRESET);
    EXPECT_EQ(text_of(event),
              "3 closed: took 5.00 ms: recv [::1]:443: Connection reset by peer (ECONNRESET)");
    EXPECT_EQ(
        json_of(event),
        R"("id":3,"peer":{"family":"inet6","address":"::1","port":443},"local":{"family":)"
        R"("inet","address":"127.0.0.1","port":40000},"bytes_sent":null,"bytes_received":)"
        R"(null,"bytes_unacked":null,"closed_first":null,"fin_sent":false,"stdin_eof":fal)"
        R"(se,"path":{"send":null,"receive":null},"duration_ns":5000000,"tls":null,"child_status":null,"error":{"phase":"receive","call")"
        R"(:"recv","subject":"[::1]:443","code":"ECONNRESET","errno":104,"message":"Conne)"
        R"(ction reset by peer"})");
}

TEST(DescribeListen, APeerThatAHeaderNamed)
{
    PeerAccepted accepted{.id = 1, .peer = there, .local = here, .time = when, .proxy = here};
    EXPECT_EQ(text_of(accepted), "1 accepted from [::1]:443 through 127.0.0.1:40000");
    const std::string proxy = R"("proxy":{"family":"inet","address":"127.0.0.1","port":40000})";
    EXPECT_NE(json_of(accepted).find(proxy), std::string::npos);
    accepted.proxy = {};
    EXPECT_EQ(json_of(accepted).find("proxy"), std::string::npos);
    ListenClosed closed;
    closed.peer = closed.local = there;
    closed.proxy = here;
    closed.file = "out/1-::1-\x1b";
    EXPECT_NE(json_of(closed).find(R"("file":"out/1-::1-\u001b")"), std::string::npos);
    EXPECT_EQ(text_of(closed), "0 closed: took 0 ns; in out/1-::1-\\x1b");
    EXPECT_NE(json_of(closed).find(proxy), std::string::npos);
}

TEST(DescribeListen, Summary)
{
    ListenSummary event;
    event.accepted = 3;
    event.denied = 4;
    event.closed = 2;
    event.errors = 1;
    event.bytes_received = 2048;
    event.bytes_sent = 6;
    event.stopped_by = "SIGTERM";
    EXPECT_EQ(text_of(event), "");
    EXPECT_EQ(
        json_of(event),
        R"("accepted":3,"denied":4,"closed":2,"errors":1,"bytes_received":2048,"bytes_sent":6,"stopp)"
        R"(ed_by":"SIGTERM","error":null)");
    event.bytes_received = event.bytes_sent = std::nullopt;
    EXPECT_EQ(text_of(event), "");
}

TEST(DescribeCommon, WarningsNotesAndErrors)
{
    EXPECT_EQ(text_of(Warning{.message = "the queue is full", .error = std::nullopt}),
              "the queue is full");
    EXPECT_EQ(text_of(Warning{.message = "", .error = refused}),
              "connect [::1]:443: Connection refused (ECONNREFUSED)");
    EXPECT_EQ(json_of(Warning{.message = "", .error = refused}),
              R"-("message":"connect [::1]:443: Connection refused (ECONNREFUSED)","error":{"pha)-"
              R"(se":"connect","call":"connect","subject":"[::1]:443","code":"ECONNREFUSED","er)"
              R"(rno":111,"message":"Connection refused"})");
    EXPECT_EQ(text_of(Note{"SO_KEEPALIVE=true: exact"}), "SO_KEEPALIVE=true: exact");
    EXPECT_EQ(json_of(Note{"SO_KEEPALIVE=true: exact"}), R"("message":"SO_KEEPALIVE=true: exact")");
    EXPECT_EQ(text_of(Failed{refused}), "") << "people read it as the last line on stderr";
    EXPECT_EQ(json_of(Failed{refused}),
              R"("error":{"phase":"connect","call":"connect","subject":"[::1]:443","code":"ECON)"
              R"(NREFUSED","errno":111,"message":"Connection refused"})");
}

} // namespace
} // namespace sockit::THIS_FILE
