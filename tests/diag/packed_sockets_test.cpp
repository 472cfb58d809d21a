#include "diag/packed_sockets.h"

#include <gtest/gtest.h>

#include <limits>

namespace sockit::test::THIS_FILE {
namespace {

SocketInfo connection(std::uint16_t port)
{
    SocketInfo info;
    info.netid = "tcp";
    info.family = AF_INET;
    info.state = SocketState::Established;
    info.recv_q = 0;
    info.send_q = 300;
    info.local = *Endpoint::from_literal("127.0.0.1", port);
    info.peer = *Endpoint::from_literal("192.0.2.7", 443);
    info.uid = 0;
    info.inode = 4711;
    info.cookie = std::numeric_limits<std::uint64_t>::max();
    return info;
}

/// With every member set.
SocketInfo everything()
{
    SocketInfo info = connection(80);
    info.family = AF_INET6;
    info.local = *Endpoint::from_literal("fe80::1", 80);
    info.peer = Endpoint::vsock(3, 70000);
    info.protocol = 58;
    info.interface = 7;
    info.interface_name = "eth0";
    info.netns = std::make_shared<const NetnsTag>(NetnsTag{4026531840, "web", 12});
    info.timer = SocketTimer{"keepalive", 7'200'000'000'000, 3};
    info.accept_length = 5;
    info.accept_limit = 4;
    info.peer_inode = 4712;
    info.processes = {{1, 2, "a\xff\n", {}}, {1, 3, "", 17}};
    info.processes_asked = true;
    info.processes_incomplete = true;
    info.peer_processes.emplace();
    info.v6only = true;
    info.shutdown = 2;
    info.cgroup = std::string("/x\0y", 4);
    info.tcp_info = {{"rtt_ns", 5}, {"max_pacing_rate", std::nullopt}, {"rto_ns", 0}};
    info.congestion = "bbr";
    info.congestion_block = "bbr";
    info.congestion_info = {{"bw", 1ULL << 63U}};
    info.memory = SocketMemory{1, 2, 3, 4, 5, 6, 7, 8, 9};
    info.tos = 0;
    info.traffic_class = 8;
    info.class_id = 9;
    info.mark = 10;
    info.drops = 0;
    info.inet_options = 0x3ff;
    info.upper_protocol = "tls";
    info.upper_protocol_info = {{"version", 771}};
    return info;
}

TEST(PackedSockets, WhatComesOutIsWhatWentIn)
{
    std::vector<SocketInfo> wanted{connection(1), everything(), SocketInfo{}, connection(65535)};
    wanted[2].local = *Endpoint::unix_abstract(std::string(107, '\xfe'));
    wanted[2].v6only = false;
    PackedSockets packed;
    std::vector<PackedSockets::Place> places;
    for (const auto& info : wanted)
        places.push_back(packed.add(info));
    EXPECT_EQ(packed.size(), wanted.size());

    SocketInfo info = everything(); // nothing of it stays
    std::size_t at = 0;
    packed.for_each(info, [&](const SocketInfo& row) {
        EXPECT_EQ(row, wanted[at]) << at;
        ++at;
        return true;
    });
    EXPECT_EQ(at, wanted.size());
    for (at = wanted.size(); at-- > 0;) {
        packed.get(places[at], info);
        EXPECT_EQ(info, wanted[at]) << at;
    }
}

TEST(PackedSockets, ManyBlocksAndARowThatIsLongerThanOne)
{
    constexpr std::uint16_t rows = 5000;
    PackedSockets packed;
    for (std::uint16_t port = 0; port < rows; ++port) {
        auto info = connection(port);
        if (port == rows / 2)
            info.cgroup = std::string(200'000, 'c');
        packed.add(info);
    }
    SocketInfo info;
    std::uint16_t next = 0;
    packed.for_each(info, [&](const SocketInfo& row) {
        EXPECT_EQ(row.local.port(), next);
        EXPECT_EQ(row.cgroup.value_or("").size(), next == rows / 2 ? 200'000U : 0U);
        return ++next < rows - 1;
    });
    EXPECT_EQ(next, rows - 1);
    packed.clear();
    EXPECT_EQ(packed.size(), 0U);
    packed.for_each(info, [](const SocketInfo&) -> bool {
        ADD_FAILURE();
        return false;
    });
}

} // namespace
} // namespace sockit::test::THIS_FILE
