#include "op/stat_snapshot.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

SocketInfo socket_at(std::uint16_t port, std::uint64_t cookie, std::uint64_t inode)
{
    SocketInfo info;
    info.netid = "tcp";
    info.family = AF_INET;
    info.state = SocketState::Listen;
    info.local = *Endpoint::from_literal("127.0.0.1", port);
    if (cookie != 0)
        info.cookie = cookie;
    info.inode = inode;
    return info;
}

Snapshot snapshot_of(const std::vector<SocketInfo>& sockets)
{
    Snapshot snapshot;
    for (const auto& info : sockets)
        snapshot.add(info);
    return snapshot;
}

/// `+INDEX` opened, `-INDEX` closed, `INDEX>INDEX` replaced, a space behind each.
std::string differences(const std::vector<SocketInfo>& before, const std::vector<SocketInfo>& after)
{
    std::string text;
    for (const auto& one : Snapshot::compare(snapshot_of(before), snapshot_of(after))) {
        switch (one.change) {
        case SocketChange::Opened: text += "+" + std::to_string(*one.after); break;
        case SocketChange::Closed: text += "-" + std::to_string(*one.before); break;
        case SocketChange::Replaced:
            text += std::to_string(*one.before) + ">" + std::to_string(*one.after);
            break;
        }
        text += " ";
    }
    return text;
}

TEST(StatSnapshot, ToldByCookie)
{
    const std::vector<SocketInfo> before{socket_at(1, 11, 5), socket_at(2, 12, 6),
                                         socket_at(3, 13, 7)};
    EXPECT_EQ(differences(before, before), "");
    EXPECT_EQ(differences({}, before), "+0 +1 +2 ");
    EXPECT_EQ(differences(before, {}), "-0 -1 -2 ");
    // Another inode is no change, and neither is another order or state.
    auto moved = socket_at(1, 11, 9);
    moved.state = SocketState::Close;
    EXPECT_EQ(differences(before, {before[2], moved, before[1]}), "");
    EXPECT_EQ(differences(before, {before[0], socket_at(2, 99, 6), socket_at(4, 14, 8)}),
              "-2 1>1 +2 ");
}

TEST(StatSnapshot, WithoutCookiesByInodeAndThenByAddress)
{
    EXPECT_EQ(differences({socket_at(1, 11, 5)}, {socket_at(1, 0, 5)}), "");
    EXPECT_EQ(differences({socket_at(1, 0, 5)}, {socket_at(1, 0, 6)}), "0>0 ");
    EXPECT_EQ(differences({socket_at(1, 0, 0)}, {socket_at(1, 0, 0), socket_at(2, 0, 0)}), "+1 ");
}

TEST(StatSnapshot, UnixConnectionsHaveNoPlaceOfTheirOwn)
{
    SocketInfo before;
    before.netid = "u_str";
    before.family = AF_UNIX;
    before.state = SocketState::Established;
    before.local = *Endpoint::unix_path("/run/x");
    before.cookie = 1;
    before.peer_inode = 7;
    auto after = before;
    after.cookie = 2;
    EXPECT_EQ(differences({before}, {after}), "-0 +0 ");
    before.peer_inode = after.peer_inode = 0;
    EXPECT_EQ(differences({before}, {after}), "0>0 ");
}

TEST(StatSnapshot, EachOfThoseThatShareAnAddressIsReplacedOnce)
{
    EXPECT_EQ(differences({socket_at(1, 1, 1), socket_at(1, 2, 2)},
                          {socket_at(1, 3, 3), socket_at(1, 4, 4), socket_at(1, 5, 5)})
                  .size(),
              std::string("0>0 1>1 +2 ").size());
}

TEST(StatSnapshot, PairsThatStay)
{
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    Snapshot::compare(
        snapshot_of({socket_at(1, 1, 1), socket_at(2, 2, 2)}), snapshot_of({socket_at(2, 2, 2)}),
        [&](std::size_t before, std::size_t after) { pairs.emplace_back(before, after); });
    EXPECT_EQ(pairs, (std::vector<std::pair<std::size_t, std::size_t>>{{1, 0}}));
}

} // namespace
} // namespace sockit::test::THIS_FILE
