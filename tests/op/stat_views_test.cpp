#include "emitted.h"
#include "op/stat_groups.h"
#include "op/stat_sorter.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

StatSocket connection(SocketState state, const std::string& peer, std::uint16_t port)
{
    StatSocket socket;
    socket.info.netid = "tcp";
    socket.info.family = AF_INET;
    socket.info.state = state;
    socket.info.local = *Endpoint::from_literal("127.0.0.1", 80);
    socket.info.peer = *Endpoint::from_literal(peer, port);
    return socket;
}

std::vector<const StatColumn*> columns(const std::vector<std::string>& names)
{
    std::vector<const StatColumn*> found;
    for (const auto& name : names)
        found.push_back(find_stat_column(name));
    return found;
}

/// What is counted, `VALUE,VALUE=COUNT`.
std::vector<std::string> counted(const std::vector<std::string>& names,
                                 const std::vector<StatSocket>& sockets)
{
    const auto by = columns(names);
    StatGroups groups(by);
    for (const auto& socket : sockets)
        groups.add(socket);
    Emitted emitted;
    groups.emit_all(emitted.emit());
    std::vector<std::string> out;
    for (const auto& group : emitted.of<StatGroup>()) {
        std::string line;
        for (const auto& value : group.values) {
            const auto* number = std::get_if<std::uint64_t>(&value);
            const auto* text = std::get_if<std::string>(&value);
            line += (line.empty() ? "" : ",") + (number != nullptr ? std::to_string(*number)
                                                 : text != nullptr ? *text
                                                                   : "-");
        }
        out.push_back(line + "=" + std::to_string(group.sockets));
    }
    return out;
}

using Strings = std::vector<std::string>;

TEST(StatGroups, TheBiggestFirst)
{
    const std::vector<StatSocket> sockets{connection(SocketState::Established, "10.0.0.1", 1),
                                          connection(SocketState::TimeWait, "10.0.0.1", 2),
                                          connection(SocketState::Established, "10.0.0.2", 1),
                                          connection(SocketState::Established, "10.0.0.1", 3)};
    EXPECT_EQ(counted({"state"}, sockets), (Strings{"ESTAB=3", "TIME-WAIT=1"}));
    EXPECT_EQ(counted({"peer"}, sockets), (Strings{"10.0.0.1=3", "10.0.0.2=1"}));
    EXPECT_EQ(counted({"peer_port", "STATE"}, sockets),
              (Strings{"1,ESTAB=2", "2,TIME-WAIT=1", "3,ESTAB=1"}));
}

TEST(StatGroups, ASocketOfSeveralProcessesCountsOnceForEachThingTheySay)
{
    auto shared = connection(SocketState::Established, "10.0.0.1", 1);
    shared.info.processes = {{1, 3, "nginx"}, {2, 3, "nginx"}, {3, 9, "other"}};
    auto unknown = shared;
    unknown.info.processes.reset();
    auto nobody = shared;
    nobody.info.processes->clear();
    EXPECT_EQ(counted({"process"}, {shared, unknown, nobody}),
              (Strings{"-=2", "nginx=1", "other=1"}));
    EXPECT_EQ(counted({"comm", "pid"}, {shared}), (Strings{"nginx,1=1", "nginx,2=1", "other,3=1"}));
}

/// The peers' ports in the order of `orders`.
std::vector<std::uint32_t> sorted(const std::vector<StatOrder>& orders,
                                  const std::vector<StatSocket>& sockets)
{
    StatSorter sorter(orders);
    for (const auto& socket : sockets)
        sorter.add(socket);
    StatSocket socket;
    std::vector<std::uint32_t> ports;
    sorter.visit(socket, [&] {
        ports.push_back(socket.info.peer->port());
        return true;
    });
    return ports;
}

TEST(StatSorter, AddressesByTheirNumbersThenPorts)
{
    const std::vector<StatSocket> sockets{connection(SocketState::Established, "10.0.0.10", 1),
                                          connection(SocketState::Established, "10.0.0.9", 300),
                                          connection(SocketState::Established, "9.0.0.0", 3),
                                          connection(SocketState::Established, "10.0.0.9", 20)};
    const auto* peer = find_stat_column("peer");
    EXPECT_EQ(sorted({{peer, false}}, sockets), (std::vector<std::uint32_t>{3, 20, 300, 1}));
    EXPECT_EQ(sorted({{peer, true}}, sockets), (std::vector<std::uint32_t>{1, 300, 20, 3}));
    EXPECT_EQ(sorted({{find_stat_column("netid"), true}}, sockets),
              (std::vector<std::uint32_t>{1, 300, 3, 20}));
}

TEST(StatSorter, WhatIsNotKnownComesLastEitherWay)
{
    std::vector<StatSocket> sockets;
    for (const auto port : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{3}})
        sockets.push_back(connection(SocketState::Established, "10.0.0.1", port));
    sockets[0].info.tcp_info = {{"rtt_ns", std::nullopt}};
    sockets[1].info.tcp_info = {{"rtt_ns", 5}};
    sockets[2].info.tcp_info = {{"rtt_ns", 40}};
    const auto* rtt = find_stat_column("rtt");
    EXPECT_EQ(sorted({{rtt, false}}, sockets), (std::vector<std::uint32_t>{2, 3, 1}));
    EXPECT_EQ(sorted({{rtt, true}}, sockets), (std::vector<std::uint32_t>{3, 2, 1}));
}

TEST(StatColumns, ByNameKeyOrCustomaryNameInAnyCase)
{
    for (const auto* name : {"recv-q", "recv_q", "Recv-Q", "recvq"})
        EXPECT_EQ(find_stat_column(name)->key, "recv_q") << name;
    EXPECT_EQ(find_stat_column("cwnd")->key, "snd_cwnd");
    EXPECT_EQ(find_stat_column("rtt_ns"), find_stat_column("rtt"));
    EXPECT_EQ(find_stat_column(""), nullptr);
    for (const auto& column : stat_columns()) {
        EXPECT_EQ(find_stat_column(column.name), &column) << column.name;
        EXPECT_EQ(find_stat_column(column.key), &column) << column.key;
    }
}

TEST(StatColumns, OfASocketOfWhichNothingIsKnownSayNothing)
{
    const StatSocket socket;
    for (const auto& column : stat_columns()) {
        if (column.name == "state" || column.name == "local")
            continue;
        EXPECT_EQ(column.value(column, socket, nullptr), StatValue()) << column.name;
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
