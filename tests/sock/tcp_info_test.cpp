#include "sock/tcp_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using Buffer = std::array<std::byte, 1024>;

struct Pair {
    Fd listener;
    Fd client;
    Fd server;
};

/// A connected pair over loopback; what cannot be made fails the test.
Pair connected_pair()
{
    Pair pair;
    pair.listener = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(pair.listener.get(), generic, length), 0);
    EXPECT_EQ(::listen(pair.listener.get(), 7), 0);
    EXPECT_EQ(::getsockname(pair.listener.get(), generic, &length), 0);
    pair.client = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(pair.client.get(), generic, length), 0);
    return pair;
}

std::span<const std::byte> kernel_bytes(FdRef socket, Buffer& buffer)
{
    socklen_t length = sizeof buffer;
    EXPECT_EQ(::getsockopt(socket.value, IPPROTO_TCP, TCP_INFO, buffer.data(), &length), 0);
    return std::span(buffer).first(length);
}

const TcpInfoField* find(const std::vector<TcpInfoField>& fields, std::string_view name)
{
    const auto found = std::ranges::find(fields, name, &TcpInfoField::name);
    return found == fields.end() ? nullptr : &*found;
}

TEST(TcpInfo, RowsAreInOrderAndWithoutHoles)
{
    std::size_t end = 0;
    for (const auto& row : tcp_info_rows()) {
        if (row.width != 0 && row.shift != 0)
            EXPECT_EQ(row.offset + std::size_t{1}, end) << row.name;
        else
            EXPECT_EQ(row.offset, end) << row.name;
        EXPECT_EQ(row.name.ends_with("_ns"), row.unit != TcpInfoUnit::Plain) << row.name;
        end = std::size_t{row.offset} + row.size;
    }
}

TEST(TcpInfo, OffsetsAreThoseOfTheHeader)
{
    const auto offset = [](std::string_view name) {
        return std::size_t{std::ranges::find(tcp_info_rows(), name, &TcpInfoRow::name)->offset};
    };
    EXPECT_EQ(offset("rto_ns"), offsetof(tcp_info, tcpi_rto));
    EXPECT_EQ(offset("rtt_ns"), offsetof(tcp_info, tcpi_rtt));
    EXPECT_EQ(offset("total_retrans"), offsetof(tcp_info, tcpi_total_retrans));
    EXPECT_EQ(offset("bytes_acked"), offsetof(tcp_info, tcpi_bytes_acked));
    EXPECT_EQ(offset("min_rtt_ns"), offsetof(tcp_info, tcpi_min_rtt));
    EXPECT_EQ(offset("delivered_ce"), offsetof(tcp_info, tcpi_delivered_ce));
    EXPECT_EQ(offset("snd_wnd"), offsetof(tcp_info, tcpi_snd_wnd));
}

TEST(TcpInfo, CoversWhatTheRunningKernelReturns)
{
    const auto pair = connected_pair();
    Buffer buffer{};
    const auto bytes = kernel_bytes(pair.client.ref(), buffer);
    const auto& last = tcp_info_rows().back();
    // Four bytes after the last row have a layout that depends on the release.
    const std::size_t covered = std::size_t{last.offset} + last.size + 4;
    if (bytes.size() > covered)
        GTEST_SKIP() << "this kernel returns " << bytes.size() << " bytes, the table knows "
                     << covered << ": it has newer members";
    const auto fields = decode_tcp_info(bytes);
    const auto whole = std::ranges::count_if(tcp_info_rows(), [&](const TcpInfoRow& row) {
        return std::size_t{row.offset} + row.size <= bytes.size();
    });
    EXPECT_EQ(fields.size(), static_cast<std::size_t>(whole));
}

TEST(TcpInfo, ConnectedSocket)
{
    const auto pair = connected_pair();
    ASSERT_EQ(::send(pair.client.get(), "hello", 5, 0), 5);
    Buffer buffer{};
    const auto fields = decode_tcp_info(kernel_bytes(pair.client.ref(), buffer));
    tcp_info header{};
    std::memcpy(&header, buffer.data(), sizeof header);

    EXPECT_EQ(find(fields, "state")->value, 1U);
    EXPECT_EQ(find(fields, "snd_mss")->value, header.tcpi_snd_mss);
    EXPECT_EQ(find(fields, "rto_ns")->value, std::uint64_t{header.tcpi_rto} * 1000);
    EXPECT_EQ(find(fields, "snd_wscale")->value, header.tcpi_snd_wscale);
    EXPECT_EQ(find(fields, "rcv_wscale")->value, header.tcpi_rcv_wscale);
    EXPECT_EQ(find(fields, "bytes_sent")->value, 5U);
    EXPECT_GT(find(fields, "rtt_ns")->value, 0U);
    EXPECT_EQ(find(fields, "last_ack_sent_ns")->value, std::nullopt);
    EXPECT_EQ(find(fields, "max_pacing_rate")->value, std::nullopt); // nobody has set one

    const auto summary = read_tcp_info(pair.client.ref());
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->state, SocketState::Established);
    EXPECT_GT(summary->rtt_ns.value_or(0), 0);
    EXPECT_EQ(summary->total_retrans, 0U);
    EXPECT_TRUE(summary->bytes_acked);
}

TEST(TcpInfo, ListenerHasOnlyWhatTheKernelFills)
{
    const auto pair = connected_pair();
    Buffer buffer{};
    const auto bytes = kernel_bytes(pair.listener.ref(), buffer);
    const auto fields = decode_tcp_info(bytes);
    EXPECT_EQ(find(fields, "unacked")->value, 1U); // the connection waiting to be accepted
    EXPECT_EQ(find(fields, "sacked")->value, 7U);
    EXPECT_EQ(find(fields, "rtt_ns"), nullptr);
    for (const auto& row : tcp_info_rows()) {
        if (row.of_listeners || std::size_t{row.offset} + row.size > bytes.size())
            continue;
        const auto member = bytes.subspan(row.offset, row.size);
        EXPECT_TRUE(std::ranges::all_of(member, [](std::byte b) { return b == std::byte{0}; }))
            << row.name << " is filled for listeners too";
    }
}

TEST(TcpInfo, ShortAnswersEndWithTheLastWholeMember)
{
    std::array<std::byte, 108> bytes{};
    bytes.fill(std::byte{0xff});
    EXPECT_TRUE(decode_tcp_info({}).empty());
    // 107 bytes: pacing_rate (104 to 111) is cut.
    EXPECT_EQ(decode_tcp_info(std::span(bytes).first(107)).back().name, "total_retrans");
    const auto fields = decode_tcp_info(std::span(bytes).first(1));
    ASSERT_EQ(fields.size(), 1U);
    EXPECT_EQ(fields[0].value, 0xffU);
}

TEST(TcpInfo, WithoutASampleRttIsUnknown)
{
    const Fd fresh(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto summary = read_tcp_info(fresh.ref());
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->state, SocketState::Close);
    EXPECT_EQ(summary->rtt_ns, std::nullopt);
    EXPECT_EQ(summary->rttvar_ns, std::nullopt);
    Buffer buffer{};
    const auto fields = decode_tcp_info(kernel_bytes(fresh.ref(), buffer));
    EXPECT_EQ(find(fields, "rtt_ns")->value, std::nullopt);
    EXPECT_EQ(find(fields, "min_rtt_ns")->value, std::nullopt);
}

TEST(TcpInfo, NotATcpSocketIsAnError)
{
    const Fd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto summary = read_tcp_info(udp.ref());
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().call, "getsockopt");
    EXPECT_EQ(code_name(summary.error()), "EOPNOTSUPP");
}

} // namespace
} // namespace sockit::test::THIS_FILE
