#include "diag/diag_request.h"
#include "diag/interface_names.h"
#include "diag/proc_net.h"
#include "diag/sock_diag.h"
#include "live_sockets.h"

#include <cstring>
#include <set>

#include <linux/if_ether.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/vm_sockets_diag.h>
#include <net/if.h>
#include <netinet/in.h>

namespace sockit::test::THIS_FILE {
namespace {

Socket packet_socket(int type, std::uint16_t protocol, const char* interface)
{
    Fd fd(::socket(AF_PACKET, type | SOCK_CLOEXEC, 0));
    EXPECT_TRUE(fd.valid());
    const auto index = interface != nullptr ? ::if_nametoindex(interface) : 0;
    const auto address = Endpoint::packet(protocol, index);
    EXPECT_EQ(::bind(fd.get(), address.data(), address.size()), 0);
    return Socket::adopt(std::move(fd), AF_PACKET, type);
}

Socket netlink_socket(std::uint32_t groups)
{
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    EXPECT_TRUE(fd.valid());
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return Socket::adopt(std::move(fd), AF_NETLINK, SOCK_RAW);
}

const SocketQuery packets{.protocol = SocketProtocol::Packet, .family = AF_PACKET};
const SocketQuery netlinks{.protocol = SocketProtocol::Netlink, .family = AF_NETLINK};

template <class Source>
class BothSources : public testing::Test {};

using Sources = testing::Types<SockDiag, ProcNet>;
TYPED_TEST_SUITE(BothSources, Sources);

TYPED_TEST(BothSources, PacketSockets)
{
    const auto on_lo = packet_socket(SOCK_DGRAM, ETH_P_IP, "lo");
    const auto on_all = packet_socket(SOCK_RAW, ETH_P_ALL, nullptr);
    TypeParam source;
    const auto sockets = collect(source, packets);
    const auto here = with_inode(sockets, inode_of(on_lo));
    EXPECT_EQ(here.netid, "p_dgr");
    EXPECT_EQ(here.state, SocketState::Close);
    EXPECT_EQ(here.protocol, ETH_P_IP);
    EXPECT_EQ(here.interface, ::if_nametoindex("lo"));
    EXPECT_EQ(here.local, Endpoint::packet(ETH_P_IP, here.interface));
    EXPECT_EQ(here.uid, ::getuid());
    EXPECT_EQ(here.recv_q, 0U);
    const auto there = with_inode(sockets, inode_of(on_all));
    EXPECT_EQ(there.netid, "p_raw");
    EXPECT_EQ(there.protocol, ETH_P_ALL);
    EXPECT_EQ(there.interface, 0U);
    auto raw_ones = packets;
    raw_ones.socket_types = 1U << SOCK_RAW;
    EXPECT_FALSE(has_inode(collect(source, raw_ones), inode_of(on_lo)));
    EXPECT_TRUE(has_inode(collect(source, raw_ones), inode_of(on_all)));
}

// dhclient has one: the line of /proc/net/packet was an error.
TYPED_TEST(BothSources, AnOldPacketSocketIsRaw)
{
    Fd fd(::socket(AF_PACKET, SOCK_PACKET | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    ASSERT_TRUE(fd.valid());
    const auto old = Socket::adopt(std::move(fd), AF_PACKET, SOCK_PACKET);
    TypeParam source;
    EXPECT_EQ(with_inode(collect(source, packets), inode_of(old)).netid, "p_raw");
}

TYPED_TEST(BothSources, NetlinkSocketsOnceEach)
{
    const auto member = netlink_socket(RTMGRP_LINK | RTMGRP_IPV4_ROUTE);
    const auto plain = netlink_socket(0);
    TypeParam source;
    const auto sockets = collect(source, netlinks);
    const auto here = with_inode(sockets, inode_of(plain));
    EXPECT_EQ(here.netid, "nl");
    EXPECT_EQ(here.protocol, NETLINK_ROUTE);
    sockaddr_nl address{};
    socklen_t length = sizeof address;
    ASSERT_EQ(::getsockname(plain.ref().value, reinterpret_cast<sockaddr*>(&address), &length), 0);
    EXPECT_EQ(here.local.port(), address.nl_pid);
    EXPECT_EQ(here.uid, std::nullopt);
    EXPECT_EQ(here.drops, 0U);
    EXPECT_EQ(std::ranges::count(sockets, inode_of(member), &SocketInfo::inode), 1);
}

TYPED_TEST(BothSources, SocketsWithoutStatesAreUnconnected)
{
    const auto packet = packet_socket(SOCK_RAW, 0, nullptr);
    TypeParam source;
    auto query = packets;
    query.states = state_bit(SocketState::Established);
    EXPECT_TRUE(collect(source, query).empty());
    query.states = state_bit(SocketState::Close);
    EXPECT_TRUE(has_inode(collect(source, query), inode_of(packet)));
}

TEST(OtherFamilies, RawSocketsHaveAProtocolForAPort)
{
    Fd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 200));
    ASSERT_TRUE(fd.valid());
    const auto raw = Socket::adopt(std::move(fd), AF_INET, SOCK_RAW);
    ProcNet proc;
    const SocketQuery query{.protocol = SocketProtocol::Raw, .family = AF_INET};
    const auto from_proc = with_inode(collect(proc, query), inode_of(raw));
    EXPECT_EQ(from_proc.netid, "raw");
    EXPECT_EQ(from_proc.protocol, 200U);
    EXPECT_EQ(from_proc.drops, 0U);
    SockDiag diag;
    SocketInfo info;
    std::optional<SocketInfo> from_netlink;
    const auto dumped = diag.dump(query, info, [&](const SocketInfo& socket) {
        if (socket.inode == inode_of(raw))
            from_netlink = socket;
        return true;
    });
    if (!dumped)
        GTEST_SKIP() << describe_error(dumped.error());
    ASSERT_TRUE(from_netlink);
    EXPECT_EQ(from_netlink->protocol, 200U);
    EXPECT_EQ(from_netlink->local, from_proc.local);
}

TEST(OtherFamilies, MptcpListenerConnectionAndItsSubflow)
{
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
    if (!fd.valid())
        GTEST_SKIP() << "no MPTCP here";
    auto listener = Socket::adopt(std::move(fd), AF_INET, SOCK_STREAM);
    ASSERT_TRUE(listener.bind(loopback(AF_INET)));
    ASSERT_TRUE(listener.listen(5, *listener.local()));
    const auto client = Socket::adopt(
        Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP)), AF_INET, SOCK_STREAM);
    ASSERT_TRUE(client.connect(*listener.local()));
    SockDiag diag;
    const SocketQuery query{.protocol = SocketProtocol::Mptcp, .family = AF_INET, .tcp_info = true};
    const auto sockets = collect(diag, query);
    const auto listening = with_inode(sockets, inode_of(listener));
    EXPECT_EQ(listening.netid, "mptcp");
    EXPECT_EQ(listening.accept_limit, 5U);
    const auto connected = with_inode(sockets, inode_of(client));
    EXPECT_EQ(connected.state, SocketState::Established);
    ASSERT_GT(connected.tcp_info.size(), 8U);
    EXPECT_EQ(connected.tcp_info[7].name, "token");
    EXPECT_NE(connected.tcp_info[7].value, 0U);

    const auto subflows = collect(diag, {.family = AF_INET, .tcp_info = true});
    const auto subflow =
        std::ranges::find(subflows, *client.local(), [](const auto& info) { return info.local; });
    ASSERT_NE(subflow, subflows.end());
    EXPECT_EQ(subflow->upper_protocol, "mptcp");
    const auto token =
        std::ranges::find(subflow->upper_protocol_info, "token_loc", &TcpInfoField::name);
    ASSERT_NE(token, subflow->upper_protocol_info.end());
    EXPECT_EQ(token->value, connected.tcp_info[7].value);
}

TEST(OtherFamilies, MptcpIsNotInProc)
{
    ProcNet proc;
    SocketInfo info;
    const auto refused = proc.dump({.protocol = SocketProtocol::Mptcp, .family = AF_INET}, info,
                                   [](const SocketInfo&) { return true; });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().domain, Domain::Unsupported);
}

TEST(Attributes, TypeOfServiceOptionsAndMark)
{
    auto socket = bound_socket(AF_INET, SOCK_DGRAM);
    ASSERT_TRUE(socket.set_option(IPPROTO_IP, IP_TOS, 0x48, "IP_TOS"));
    ASSERT_TRUE(socket.set_option(IPPROTO_IP, IP_RECVERR, 1, "IP_RECVERR"));
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_MARK, 0x2a, "SO_MARK"));
    SockDiag diag;
    SocketQuery query{.protocol = SocketProtocol::Udp, .family = AF_INET};
    EXPECT_EQ(with_inode(collect(diag, query), inode_of(socket)).tos, std::nullopt);
    query.type_of_service = true;
    const auto info = with_inode(collect(diag, query), inode_of(socket));
    EXPECT_EQ(info.tos, 0x48);
    EXPECT_TRUE(info.class_id);
    EXPECT_EQ(info.mark, 0x2aU);
    ASSERT_TRUE(info.inet_options);
    EXPECT_EQ(*info.inet_options & 1U, 1U); // recverr is the first
}

TEST(Attributes, TrafficClassOfIpv6)
{
    auto socket = bound_socket(AF_INET6, SOCK_DGRAM);
    ASSERT_TRUE(socket.set_option(IPPROTO_IPV6, IPV6_TCLASS, 0x20, "IPV6_TCLASS"));
    SockDiag diag;
    const auto sockets = collect(
        diag, {.protocol = SocketProtocol::Udp, .family = AF_INET6, .type_of_service = true});
    EXPECT_EQ(with_inode(sockets, inode_of(socket)).traffic_class, 0x20);
}

TEST(Attributes, BoundInactiveIsAStateOfItsOwn)
{
    const auto socket = bound_socket(AF_INET, SOCK_STREAM);
    SockDiag diag;
    EXPECT_FALSE(has_inode(collect(diag, {.family = AF_INET}), inode_of(socket)));
    const auto info = with_inode(
        collect(diag, {.family = AF_INET, .states = state_bit(SocketState::BoundInactive)}),
        inode_of(socket));
    EXPECT_EQ(state_name(info.state), "UNCONN");
}

TEST(InterfaceNames, OfTheNamespaceOfTheSocket)
{
    InterfaceNames names;
    EXPECT_EQ(names.name_of(::if_nametoindex("lo")), "lo");
    EXPECT_EQ(names.name_of(4'000'000), "");
    InterfaceNames nowhere([](int) { return Result<Fd>(Failure(Error::usage("none"))); });
    EXPECT_EQ(nowhere.name_of(1), "");
}

// Messages of kernels that are not at hand.

using Bytes = std::vector<std::byte>;

template <class T>
void append(Bytes& bytes, const T& object)
{
    const auto* first = reinterpret_cast<const std::byte*>(&object);
    bytes.insert(bytes.end(), first, first + sizeof object);
    bytes.resize(bytes.size() + (NLMSG_ALIGN(bytes.size()) - bytes.size()));
}

template <class T>
void append_attribute(Bytes& bytes, std::uint16_t type, const T& value)
{
    append(bytes, nlattr{.nla_len = sizeof(nlattr) + sizeof value, .nla_type = type});
    append(bytes, value);
}

std::vector<SocketInfo> decoded(const Bytes& payload, const SocketQuery& query)
{
    Bytes datagram;
    append(datagram,
           nlmsghdr{.nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size()),
                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                    .nlmsg_seq = 1});
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    std::vector<SocketInfo> sockets;
    CgroupNames cgroups;
    SocketInfo info;
    DumpProgress progress{.sequence = 1};
    const auto visit = [&](const SocketInfo& socket) {
        sockets.push_back(socket);
        return true;
    };
    EXPECT_TRUE(read_datagram(datagram, query, cgroups, info, visit, progress));
    return sockets;
}

TEST(OtherFamilies, VsockMessages)
{
    const SocketQuery query{.protocol = SocketProtocol::Vsock, .family = AF_VSOCK};
    vsock_diag_msg message{.vdiag_family = AF_VSOCK,
                           .vdiag_type = SOCK_STREAM,
                           .vdiag_state = 10,
                           .vdiag_shutdown = 0,
                           .vdiag_src_cid = VMADDR_CID_ANY,
                           .vdiag_src_port = 5555,
                           .vdiag_dst_cid = VMADDR_CID_ANY,
                           .vdiag_dst_port = VMADDR_PORT_ANY,
                           .vdiag_ino = 77,
                           .vdiag_cookie = {1, 2}};
    Bytes bytes;
    append(bytes, message);
    const auto listening = decoded(bytes, query);
    ASSERT_EQ(listening.size(), 1U);
    EXPECT_EQ(listening[0].netid, "v_str");
    EXPECT_EQ(listening[0].state, SocketState::Listen);
    EXPECT_EQ(listening[0].local, Endpoint::vsock(VMADDR_CID_ANY, 5555));
    EXPECT_EQ(listening[0].peer, std::nullopt);
    EXPECT_EQ(listening[0].recv_q, std::nullopt);
    EXPECT_EQ(listening[0].cookie, 0x2'0000'0001U);
    message.vdiag_state = 1;
    message.vdiag_dst_cid = 2;
    message.vdiag_dst_port = 9;
    bytes.clear();
    append(bytes, message);
    EXPECT_EQ(decoded(bytes, query).at(0).peer, Endpoint::vsock(2, 9));
    bytes.pop_back();
    EXPECT_TRUE(decoded(bytes, query).empty());
    message.vdiag_type = SOCK_RDM;
    bytes.clear();
    append(bytes, message);
    EXPECT_TRUE(decoded(bytes, query).empty());
}

TEST(OtherFamilies, UpperProtocolTls)
{
    Bytes tls;
    append_attribute(tls, 1, std::uint16_t{0x0304});
    append_attribute(tls, 3, std::uint16_t{2});
    append(tls, nlattr{.nla_len = sizeof(nlattr), .nla_type = 5}); // a flag
    append_attribute(tls, 99, std::uint32_t{1});                   // of a later kernel
    Bytes nested;
    append(nested, nlattr{.nla_len = sizeof(nlattr) + 4, .nla_type = INET_ULP_INFO_NAME});
    append(nested, std::array<char, 4>{'t', 'l', 's', 0});
    append(nested, nlattr{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + tls.size()),
                          .nla_type = INET_ULP_INFO_TLS});
    nested.insert(nested.end(), tls.begin(), tls.end());
    Bytes bytes;
    inet_diag_msg message{};
    message.idiag_family = AF_INET;
    message.idiag_state = 1;
    append(bytes, message);
    append(bytes, nlattr{.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + nested.size()),
                         .nla_type = INET_DIAG_ULP_INFO});
    bytes.insert(bytes.end(), nested.begin(), nested.end());
    const auto sockets = decoded(bytes, {.family = AF_INET, .tcp_info = true});
    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(sockets[0].upper_protocol, "tls");
    EXPECT_EQ(sockets[0].upper_protocol_info,
              (std::vector<TcpInfoField>{{"version", 0x0304}, {"txconf", 2}, {"zc_ro_tx", 1}}));
    EXPECT_EQ(decoded(bytes, {.family = AF_INET}).at(0).upper_protocol, "");
}

TEST(OtherFamilies, MptcpIsAskedForByAttributeNotByTcpsNumber)
{
    // 262 cut to eight bits is 6, which is TCP.
    const auto request = diag_request({.protocol = SocketProtocol::Mptcp, .family = AF_INET}, 7);
    inet_diag_req_v2 fixed{};
    std::memcpy(&fixed, request.data() + sizeof(nlmsghdr), sizeof fixed);
    EXPECT_EQ(fixed.sdiag_protocol, 0);
    EXPECT_EQ(request.size(), sizeof(nlmsghdr) + sizeof fixed + sizeof(nlattr) + 4);
}

} // namespace
} // namespace sockit::test::THIS_FILE
