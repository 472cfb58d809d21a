#include "diag/sock_diag.h"
#include "live_sockets.h"
#include "support/run.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

namespace sockit::test::THIS_FILE {
namespace {

class SockDiagByFamily : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Inet, SockDiagByFamily, testing::Values(AF_INET, AF_INET6));

TEST_P(SockDiagByFamily, ListenerWithItsQueue)
{
    const auto listener = listening_socket(GetParam(), 5);
    const auto first = client_of(listener);
    const auto second = client_of(listener);
    SockDiag diag;
    const auto info = with_inode(collect(diag, {.family = GetParam()}), inode_of(listener));
    EXPECT_EQ(info.netid, "tcp");
    EXPECT_EQ(info.state, SocketState::Listen);
    EXPECT_EQ(info.local, *listener.local());
    EXPECT_EQ(info.peer, std::nullopt);
    EXPECT_EQ(info.recv_q, 2U);
    EXPECT_EQ(info.send_q, 5U);
    EXPECT_EQ(info.accept_length, 2U);
    EXPECT_EQ(info.accept_limit, 5U);
    EXPECT_EQ(info.uid, ::getuid());
    EXPECT_NE(info.cookie.value_or(0), 0U);
    if (GetParam() == AF_INET6) {
        const auto v6only = listener.get_option(IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY");
        EXPECT_EQ(info.v6only, *v6only != 0);
    } else {
        EXPECT_EQ(info.v6only, std::nullopt);
    }
}

TEST_P(SockDiagByFamily, ConnectionWithQueuesAndTimer)
{
    const auto listener = listening_socket(GetParam(), 5);
    const auto client = client_of(listener);
    ASSERT_TRUE(client.set_option(SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"));
    const auto accepted = listener.accept();
    ASSERT_TRUE(accepted && *accepted);
    ASSERT_EQ(::send(client.ref().value, "12345", 5, 0), 5);
    SockDiag diag;
    const SocketQuery query{.family = GetParam(),
                            .states = state_bit(SocketState::Established),
                            .tcp_info = true,
                            .memory = true};
    const auto sockets = collect(diag, query);
    const auto here = with_inode(sockets, inode_of(client));
    EXPECT_EQ(here.local, *client.local());
    EXPECT_EQ(here.peer, client.peer());
    ASSERT_TRUE(here.timer);
    EXPECT_GT(here.timer->expires_ns, 0);
    EXPECT_FALSE(here.congestion.empty());
    EXPECT_GT(here.tcp_info.size(), 50U);
    ASSERT_TRUE(here.memory);
    EXPECT_GT(here.memory->rb, 0U);
    const auto there = with_inode(sockets, inode_of((*accepted)->socket));
    EXPECT_EQ(there.recv_q, 5U);
    EXPECT_EQ(there.shutdown, 0);
    EXPECT_FALSE(has_inode(sockets, inode_of(listener)));
}

TEST_P(SockDiagByFamily, OnlyWhatWasAskedFor)
{
    const auto listener = listening_socket(GetParam(), 5);
    const auto client = client_of(listener);
    SockDiag diag;
    const auto info = with_inode(collect(diag, {.family = GetParam()}), inode_of(client));
    EXPECT_TRUE(info.tcp_info.empty());
    EXPECT_TRUE(info.congestion.empty());
    EXPECT_EQ(info.memory, std::nullopt);
    EXPECT_EQ(info.cgroup, std::nullopt);
}

TEST_P(SockDiagByFamily, TimeWaitHasNoOwnerInode)
{
    const auto listener = listening_socket(GetParam(), 5);
    auto client = client_of(listener);
    auto accepted = listener.accept();
    ASSERT_TRUE(accepted && *accepted);
    const auto local = *client.local();
    client.close();
    (*accepted)->socket.close();
    SockDiag diag;
    const auto sockets = collect(
        diag, {.family = GetParam(), .states = state_bit(SocketState::TimeWait), .tcp_info = true});
    const auto found = std::ranges::find(sockets, local, &SocketInfo::local);
    ASSERT_NE(found, sockets.end());
    EXPECT_EQ(found->inode, 0U);
    EXPECT_EQ(found->uid, std::nullopt);
    EXPECT_TRUE(found->tcp_info.empty());
    ASSERT_TRUE(found->timer);
    EXPECT_EQ(found->timer->name, "timewait");
    EXPECT_GT(found->timer->expires_ns, 1'000'000'000);
}

TEST_P(SockDiagByFamily, UdpBoundAndConnected)
{
    const auto bound = bound_socket(GetParam(), SOCK_DGRAM);
    const auto connected = client_of(bound);
    SockDiag diag;
    const SocketQuery query{.protocol = SocketProtocol::Udp, .family = GetParam()};
    const auto sockets = collect(diag, query);
    const auto here = with_inode(sockets, inode_of(bound));
    EXPECT_EQ(here.netid, "udp");
    EXPECT_EQ(state_name(here.state), "UNCONN");
    EXPECT_EQ(here.peer, std::nullopt);
    EXPECT_EQ(here.accept_length, std::nullopt);
    const auto there = with_inode(sockets, inode_of(connected));
    EXPECT_EQ(there.state, SocketState::Established);
    EXPECT_EQ(there.peer, *bound.local());
}

TEST(SockDiag, TcpOfBothFamiliesInOneWalk)
{
    const auto v4 = listening_socket(AF_INET, 7);
    const auto v6 = listening_socket(AF_INET6, 8);
    SockDiag sock_diag;
    std::map<std::uint64_t, SocketInfo> found;
    SocketInfo info;
    const auto dumped = sock_diag.dump({.family = AF_UNSPEC, .tcp_info = true, .memory = true},
                                       info, [&](const SocketInfo& row) {
                                           found[row.inode.value_or(0)] = row;
                                           return true;
                                       });
    ASSERT_TRUE(dumped);
    EXPECT_EQ(*dumped, 0U);
    ASSERT_TRUE(found.contains(inode_of(v4)) && found.contains(inode_of(v6)));
    EXPECT_EQ(found[inode_of(v4)].family, AF_INET);
    EXPECT_EQ(found[inode_of(v4)].accept_limit, 7U);
    EXPECT_EQ(found[inode_of(v6)].family, AF_INET6);
    EXPECT_EQ(found[inode_of(v6)].local, *v6.local());
    EXPECT_FALSE(found[inode_of(v6)].tcp_info.empty());
    EXPECT_TRUE(found[inode_of(v6)].memory);
}

TEST(SockDiag, UnixListenerPairAndDatagram)
{
    const TemporaryDirectory directory;
    const auto path = *Endpoint::unix_path(directory.path("listener"));
    auto listener = *Socket::open(AF_UNIX, SOCK_STREAM);
    ASSERT_TRUE(listener.bind(path));
    ASSERT_TRUE(listener.listen(3, path));
    const auto client = client_of(listener);
    auto datagram = *Socket::open(AF_UNIX, SOCK_DGRAM);
    const auto name = *Endpoint::unix_abstract(std::string_view("a\0b\x1b", 4));
    ASSERT_TRUE(datagram.bind(name));

    SockDiag diag;
    const SocketQuery query{.protocol = SocketProtocol::Unix, .family = AF_UNIX, .memory = true};
    const auto sockets = collect(diag, query);
    const auto listening = with_inode(sockets, inode_of(listener));
    EXPECT_EQ(listening.netid, "u_str");
    EXPECT_EQ(listening.state, SocketState::Listen);
    EXPECT_EQ(listening.local, path);
    EXPECT_EQ(listening.accept_length, 1U);
    EXPECT_EQ(listening.accept_limit, 3U);
    EXPECT_EQ(listening.uid, ::getuid());
    EXPECT_TRUE(listening.memory);
    const auto connected = with_inode(sockets, inode_of(client));
    EXPECT_EQ(connected.state, SocketState::Established);
    EXPECT_EQ(connected.local, Endpoint::unix_unnamed());
    const auto unconnected = with_inode(sockets, inode_of(datagram));
    EXPECT_EQ(unconnected.netid, "u_dgr");
    EXPECT_EQ(state_name(unconnected.state), "UNCONN");
    EXPECT_EQ(unconnected.local, name);
}

TEST(SockDiag, UnixPeersNameEachOther)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    const auto one = Socket::adopt(Fd(ends[0]), AF_UNIX, SOCK_SEQPACKET);
    const auto other = Socket::adopt(Fd(ends[1]), AF_UNIX, SOCK_SEQPACKET);
    SockDiag diag;
    const SocketQuery query{.protocol = SocketProtocol::Unix,
                            .family = AF_UNIX,
                            .states = state_bit(SocketState::Established)};
    const auto sockets = collect(diag, query);
    EXPECT_EQ(with_inode(sockets, inode_of(one)).peer_inode, inode_of(other));
    EXPECT_EQ(with_inode(sockets, inode_of(other)).peer_inode, inode_of(one));
    EXPECT_EQ(with_inode(sockets, inode_of(one)).netid, "u_seq");
}

// It was told as inode 0.
TEST(SockDiag, AUnixPeerThatNobodyHasAcceptedHasNoInode)
{
    const TemporaryDirectory directory;
    const auto path = *Endpoint::unix_path(directory.path("listener"));
    auto listener = *Socket::open(AF_UNIX, SOCK_SEQPACKET);
    ASSERT_TRUE(listener.bind(path));
    ASSERT_TRUE(listener.listen(3, path));
    const auto client = client_of(listener);
    SockDiag diag;
    const auto sockets =
        collect(diag, {.protocol = SocketProtocol::Unix, .family = AF_UNIX, .memory = true});
    const auto connected = with_inode(sockets, inode_of(client));
    EXPECT_EQ(connected.state, SocketState::Established);
    EXPECT_EQ(connected.peer_inode, std::nullopt);
}

TEST(SockDiag, VisitorEndsTheDump)
{
    const auto one = listening_socket(AF_INET, 1);
    const auto other = listening_socket(AF_INET, 1);
    SockDiag diag;
    int visited = 0;
    SocketInfo info;
    const auto stopped = diag.dump({.family = AF_INET}, info, [&](const SocketInfo&) {
        ++visited;
        return false;
    });
    EXPECT_TRUE(stopped);
    EXPECT_EQ(visited, 1);
    // The rest of the first answer does not leak into the next one.
    EXPECT_TRUE(has_inode(collect(diag, {.family = AF_INET}), inode_of(other)));
}

TEST(SockDiag, ThousandsOfSocketsTakeSeveralDatagrams)
{
    std::vector<Socket> sockets;
    for (int i = 0; i < 500; ++i)
        sockets.push_back(bound_socket(AF_INET, SOCK_DGRAM));
    SockDiag diag;
    const auto found = collect(diag, {.protocol = SocketProtocol::Udp, .family = AF_INET});
    for (const auto& socket : sockets)
        EXPECT_TRUE(has_inode(found, inode_of(socket)));
}

TEST(SockDiag, FamilyTheKernelCannotListIsUnsupported)
{
    SockDiag diag;
    SocketInfo info;
    const auto refused =
        diag.dump({.family = AF_MAX - 1}, info, [](const SocketInfo&) { return true; });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().domain, Domain::Unsupported);
    EXPECT_EQ(code_name(refused.error()), "ENOENT");
}

// Datagrams as no kernel should send them.

using Bytes = std::vector<std::byte>;

template <class T>
Bytes message(std::uint16_t type, const T& payload, std::span<const std::byte> tail = {},
              std::uint32_t sequence = 1)
{
    const nlmsghdr header{
        .nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + sizeof payload + tail.size()),
        .nlmsg_type = type,
        .nlmsg_seq = sequence};
    Bytes bytes(sizeof header + sizeof payload);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, &payload, sizeof payload);
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    return bytes;
}

struct Fed {
    Result<> result;
    DumpProgress progress;
    std::vector<SocketInfo> sockets;
};

Fed feed(std::span<const std::byte> datagram, const SocketQuery& query = {.family = AF_INET})
{
    Fed fed{.progress = {.sequence = 1}};
    CgroupNames cgroups;
    SocketInfo info;
    const auto visit = [&](const SocketInfo& socket) {
        fed.sockets.push_back(socket);
        return true;
    };
    fed.result = read_datagram(datagram, query, cgroups, info, visit, fed.progress);
    return fed;
}

inet_diag_msg some_socket()
{
    inet_diag_msg socket{};
    socket.idiag_family = AF_INET;
    socket.idiag_state = 10;
    return socket;
}

TEST(SockDiagDatagram, ErrorOfTheKernelIsOurs)
{
    const auto fed = feed(message(NLMSG_ERROR, nlmsgerr{.error = -EPERM}));
    ASSERT_FALSE(fed.result);
    EXPECT_EQ(code_name(fed.result.error()), "EPERM");
    EXPECT_TRUE(fed.progress.done);
}

TEST(SockDiagDatagram, ErrorWithoutANumberIsMalformed)
{
    const auto fed = feed(message(NLMSG_ERROR, std::uint8_t{0}));
    ASSERT_FALSE(fed.result);
    EXPECT_EQ(code_name(fed.result.error()), "EBADMSG");
}

TEST(SockDiagDatagram, DoneCarriesTheErrorOfADumpThatBroke)
{
    EXPECT_TRUE(feed(message(NLMSG_DONE, std::int32_t{0})).result);
    const auto fed = feed(message(NLMSG_DONE, std::int32_t{-ENOMEM}));
    ASSERT_FALSE(fed.result);
    EXPECT_EQ(code_name(fed.result.error()), "ENOMEM");
}

TEST(SockDiagDatagram, AnswersToOthersAreSkipped)
{
    const auto fed = feed(message(SOCK_DIAG_BY_FAMILY, some_socket(), {}, 99));
    EXPECT_TRUE(fed.result);
    EXPECT_TRUE(fed.sockets.empty());
    EXPECT_FALSE(fed.progress.done);
}

TEST(SockDiagDatagram, ShortMessagesAreCountedAndNoRows)
{
    const auto whole = message(SOCK_DIAG_BY_FAMILY, some_socket());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        auto cut = Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const auto unfinished = feed(cut);
        EXPECT_TRUE(unfinished.sockets.empty()) << length;
        EXPECT_EQ(unfinished.progress.unreadable, length == 0 ? 0U : 1U) << length;
        if (length < sizeof(nlmsghdr))
            continue;
        const auto claimed = static_cast<std::uint32_t>(length);
        std::memcpy(cut.data(), &claimed, sizeof claimed);
        const auto too_short = feed(cut);
        EXPECT_TRUE(too_short.sockets.empty()) << length;
        EXPECT_EQ(too_short.progress.unreadable, 1U) << length;
    }
    EXPECT_EQ(feed(whole).sockets.size(), 1U);
}

TEST(SockDiagDatagram, AttributesCutShortAreAsIfAbsent)
{
    Bytes attributes;
    for (std::uint16_t type = 0; type < 40; ++type) {
        const nlattr header{.nla_len = sizeof(nlattr) + 1, .nla_type = type};
        const auto* first = reinterpret_cast<const std::byte*>(&header);
        attributes.insert(attributes.end(), first, first + sizeof header);
        attributes.resize(attributes.size() + 4, std::byte{0xff});
    }
    const auto fed = feed(message(SOCK_DIAG_BY_FAMILY, some_socket(), attributes),
                          {.family = AF_INET, .tcp_info = true, .memory = true, .cgroup = true});
    ASSERT_EQ(fed.sockets.size(), 1U);
    EXPECT_EQ(fed.sockets[0].memory, std::nullopt);
    EXPECT_EQ(fed.sockets[0].cgroup, std::nullopt);
    EXPECT_EQ(fed.sockets[0].tcp_info.size(), 1U); // the state is one byte
    EXPECT_EQ(fed.sockets[0].shutdown, 0xff);
}

TEST(SockDiagDatagram, FamilyOfAnotherKindIsNoRow)
{
    auto socket = some_socket();
    socket.idiag_family = AF_UNIX;
    EXPECT_TRUE(feed(message(SOCK_DIAG_BY_FAMILY, socket)).sockets.empty());
    const SocketQuery query{.protocol = SocketProtocol::Unix, .family = AF_UNIX};
    const unix_diag_msg unix_socket{.udiag_family = AF_INET, .udiag_type = SOCK_STREAM};
    EXPECT_TRUE(feed(message(SOCK_DIAG_BY_FAMILY, unix_socket), query).sockets.empty());
}

TEST(SockDiagDatagram, ForeignNumbersAreUnknownNotOutOfBounds)
{
    auto socket = some_socket();
    socket.idiag_state = 200;
    socket.idiag_timer = 77;
    const auto fed = feed(message(SOCK_DIAG_BY_FAMILY, socket));
    ASSERT_EQ(fed.sockets.size(), 1U);
    EXPECT_EQ(state_name(fed.sockets[0].state), "UNKNOWN");
    EXPECT_EQ(fed.sockets[0].timer->name, "unknown");
}

TEST(SockDiagDatagram, UnixNameAsLongAsItComes)
{
    const SocketQuery query{.protocol = SocketProtocol::Unix, .family = AF_UNIX};
    const unix_diag_msg socket{
        .udiag_family = AF_UNIX, .udiag_type = SOCK_STREAM, .udiag_state = 1};
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{108}, std::size_t{109}, std::size_t{4000}}) {
        const nlattr header{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + length),
                            .nla_type = UNIX_DIAG_NAME};
        const auto* first = reinterpret_cast<const std::byte*>(&header);
        Bytes attribute(first, first + sizeof header);
        attribute.resize(attribute.size() + length, std::byte{'x'});
        const auto fed = feed(message(SOCK_DIAG_BY_FAMILY, socket, attribute), query);
        ASSERT_EQ(fed.sockets.size(), 1U);
        EXPECT_EQ(fed.sockets[0].local.unix_name().size(), std::min<std::size_t>(length, 108));
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
