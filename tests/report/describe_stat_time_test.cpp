#include "golden.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

StatSocket watched(std::uint64_t cookie)
{
    StatSocket socket;
    auto& info = socket.info;
    info.netid = "tcp";
    info.family = AF_INET;
    info.state = SocketState::Listen;
    info.recv_q = 0;
    info.send_q = 5;
    info.local = *Endpoint::from_literal("127.0.0.1", 8080);
    info.cookie = cookie;
    return socket;
}

std::string record_of(const StatSocket& socket)
{
    return R"({"type":"socket",)" + json_of(socket) + "}";
}

TEST(DescribeStatTime, ChangesWithWhatWasThereBefore)
{
    StatChange event{SocketChange::Opened, watched(2), std::nullopt, {}};
    const std::string time = R"("time":"1970-01-01T00:00:00.000000Z",)";
    EXPECT_EQ(json_of(event),
              R"("change":"opened",)" + time + R"("socket":)" + record_of(watched(2)));
    EXPECT_EQ(text_of(event), "opened | tcp | LISTEN | 0 | 5 | 127.0.0.1:8080 | 0.0.0.0:* | ");
    event.change = SocketChange::Replaced;
    event.was = watched(1);
    EXPECT_EQ(json_of(event), R"("change":"replaced",)" + time + R"("socket":)" +
                                  record_of(watched(2)) + R"(,"was":)" + record_of(watched(1)));
}

TEST(DescribeStatTime, Rates)
{
    StatRate event{watched(1), std::nullopt, 1536.5, 0.0};
    EXPECT_EQ(json_of(event), R"("socket":)" + record_of(watched(1)) +
                                  R"(,"received_per_s":1536.5,"sent_per_s":0)");
    event.socket.view.tcp_info = true;
    EXPECT_EQ(text_of(event).substr(0, 24), "  | 1.50 KiB |  | tcp | ");
    event.change = SocketChange::Closed;
    EXPECT_EQ(text_of(event).substr(0, 4), "- | ");
}

TEST(DescribeStatTime, TheHeadOfAFrame)
{
    const StatFrame event{
        .counts = {{"tcp", SocketState::Listen, 2}, {"udp", SocketState::Close, 1}},
        .changes = {3, 4, 5},
        .interval = std::chrono::seconds(2),
        .time = {}};
    const auto text = text_of(event);
    EXPECT_NE(text.find("3 sockets  +3 -4 ~5  LISTEN 2 UNCONN 1  every 2.00 s"), std::string::npos)
        << text;
}

} // namespace
} // namespace sockit::test::THIS_FILE
