#include "op/datagram_peers.h"

#include <gtest/gtest.h>

namespace sockit::THIS_FILE {

namespace {

DatagramPeer peer(std::uint64_t id, const Endpoint& address)
{
    DatagramPeer peer;
    peer.id = id;
    peer.address = address;
    return peer;
}

const Endpoint first = *Endpoint::from_literal("127.0.0.1", 1);
const Endpoint second = *Endpoint::from_literal("127.0.0.1", 2);

TEST(DatagramPeers, WhoSpokeLastIsAnsweredAndWhoWasSilentLongestIsForgotten)
{
    DatagramPeers peers;
    EXPECT_EQ(peers.to_answer(), nullptr);
    peers.add(peer(1, first));
    peers.add(peer(2, second));
    EXPECT_EQ(peers.to_answer()->id, 2U);
    EXPECT_EQ(peers.oldest().id, 1U);
    peers.touch(*peers.find(first), Clock::now());
    EXPECT_EQ(peers.to_answer()->id, 1U);
    EXPECT_EQ(peers.take(peers.oldest().address).id, 2U);
    EXPECT_EQ(peers.find(second), nullptr);
    EXPECT_EQ(peers.size(), 1U);
}

TEST(DatagramPeers, TheUnnamedAreOneAndCannotBeAnswered)
{
    DatagramPeers peers;
    peers.add(peer(1, *Endpoint::unix_path("/run/x")));
    peers.add(peer(2, Endpoint::unix_unnamed()));
    EXPECT_EQ(peers.find(Endpoint::unix_unnamed())->id, 2U);
    EXPECT_EQ(peers.to_answer()->id, 1U);
    peers.take(*Endpoint::unix_path("/run/x"));
    EXPECT_EQ(peers.to_answer(), nullptr);
}

} // namespace

} // namespace sockit::THIS_FILE
