#include "diag/proc_net.h"
#include "diag/sock_diag.h"
#include "live_sockets.h"
#include "support/proc_root.h"

#include <algorithm>

#include <fcntl.h>

namespace sockit::test::THIS_FILE {
namespace {

/// What both sources can know, from the one that knows more.
SocketInfo known_to_both(SocketInfo info)
{
    info.cookie.reset();
    info.inet_options.reset();
    info.mark.reset();
    info.drops.reset();
    info.v6only.reset();
    info.shutdown.reset();
    info.accept_limit.reset();
    info.peer_inode.reset();
    if (info.state == SocketState::Listen)
        info.send_q.reset();
    if (info.timer)
        info.timer->expires_ns = 0; // time passes between the two
    if (info.family == AF_UNIX) {
        info.uid.reset();
        info.recv_q.reset();
        info.send_q.reset();
        info.accept_length.reset();
    }
    return info;
}

void expect_the_same(const SocketQuery& query, const std::vector<std::uint64_t>& inodes)
{
    SockDiag netlink;
    ProcNet proc;
    const auto from_netlink = collect(netlink, query);
    const auto from_proc = collect(proc, query);
    for (const auto inode : inodes) {
        const auto a = known_to_both(with_inode(from_netlink, inode));
        const auto b = known_to_both(with_inode(from_proc, inode));
        EXPECT_EQ(a, b) << a.local.text() << " " << state_name(a.state) << " / " << b.local.text()
                        << " " << state_name(b.state);
    }
}

class SourcesAgree : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Inet, SourcesAgree, testing::Values(AF_INET, AF_INET6));

TEST_P(SourcesAgree, OnTcp)
{
    const auto listener = listening_socket(GetParam(), 5);
    const auto waiting = client_of(listener);
    const auto client = client_of(listener);
    ASSERT_TRUE(client.set_option(SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"));
    const auto accepted = listener.accept();
    ASSERT_TRUE(accepted && *accepted);
    ASSERT_EQ(::send(client.ref().value, "12345", 5, 0), 5);
    expect_the_same({.family = GetParam()}, {inode_of(listener), inode_of(waiting),
                                             inode_of(client), inode_of((*accepted)->socket)});
}

TEST_P(SourcesAgree, OnUdp)
{
    const auto bound = bound_socket(GetParam(), SOCK_DGRAM);
    const auto connected = client_of(bound);
    expect_the_same({.protocol = SocketProtocol::Udp, .family = GetParam()},
                    {inode_of(bound), inode_of(connected)});
}

TEST(SourcesAgreeOn, V4MappedPeers)
{
    auto listener = *Socket::open(AF_INET6, SOCK_STREAM);
    ASSERT_TRUE(listener.set_option(IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY"));
    ASSERT_TRUE(listener.bind(*Endpoint::from_literal("::", 0)));
    ASSERT_TRUE(listener.listen(5, *listener.local()));
    const auto client = *Socket::open(AF_INET, SOCK_STREAM);
    const auto port = static_cast<std::uint16_t>(listener.local()->port());
    ASSERT_TRUE(client.connect(loopback(AF_INET, port)));
    const auto accepted = listener.accept();
    ASSERT_TRUE(accepted && *accepted);
    expect_the_same({.family = AF_INET6}, {inode_of(listener), inode_of((*accepted)->socket)});
}

TEST(SourcesAgreeOn, Unix)
{
    const TemporaryDirectory directory;
    const auto path = *Endpoint::unix_path(directory.path("l \x1b[31m \xff"));
    auto listener = *Socket::open(AF_UNIX, SOCK_STREAM);
    ASSERT_TRUE(listener.bind(path));
    ASSERT_TRUE(listener.listen(3, path));
    const auto client = client_of(listener);
    auto datagram = *Socket::open(AF_UNIX, SOCK_DGRAM);
    ASSERT_TRUE(datagram.bind(*Endpoint::unix_abstract("sockit-" + std::to_string(::getpid()))));
    expect_the_same({.protocol = SocketProtocol::Unix, .family = AF_UNIX},
                    {inode_of(listener), inode_of(client), inode_of(datagram)});
}

TEST(ProcNet, StatesAreFiltered)
{
    const auto listener = listening_socket(AF_INET, 5);
    const auto client = client_of(listener);
    ProcNet proc;
    const auto sockets =
        collect(proc, {.family = AF_INET, .states = state_bit(SocketState::Listen)});
    EXPECT_TRUE(has_inode(sockets, inode_of(listener)));
    EXPECT_FALSE(has_inode(sockets, inode_of(client)));
}

const std::string names = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

std::string row(int inode)
{
    return "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 " +
           std::to_string(inode) + " 1 0000000000000000 100 0 0 10 0\n";
}

TEST(ProcNet, UnreadableRowsAreCountedAndTheRestIsThere)
{
    const ProcRoot root;
    root.write("net/tcp", names + row(1) + "garbage\n" + row(2) + std::string(200'000, 'x') + "\n" +
                              row(3) + "   0: 0100007F:1F9");
    ProcNet proc(root.path());
    std::vector<std::uint64_t> inodes;
    SocketInfo info;
    const auto unreadable = proc.dump({.family = AF_INET}, info, [&](const SocketInfo& socket) {
        inodes.push_back(*socket.inode);
        return true;
    });
    ASSERT_TRUE(unreadable);
    EXPECT_EQ(*unreadable, 3U);
    EXPECT_EQ(inodes, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(ProcNet, WithoutColumnNames)
{
    const ProcRoot root;
    root.write("net/tcp", row(1));
    ProcNet proc(root.path());
    EXPECT_EQ(collect(proc, {.family = AF_INET}).size(), 1U);
}

TEST(ProcNet, MissingFileIsAnErrorWithItsPath)
{
    const ProcRoot root;
    ProcNet proc(root.path());
    SocketInfo info;
    const auto failed =
        proc.dump({.family = AF_INET6}, info, [](const SocketInfo&) { return true; });
    ASSERT_FALSE(failed);
    EXPECT_EQ(code_name(failed.error()), "ENOENT");
    EXPECT_EQ(failed.error().subject, root.path("net/tcp6"));
}

struct Lines {
    std::vector<std::string> lines;
    std::uint64_t skipped = 0;
};

Lines lines_of(std::string_view content, std::size_t buffer_size)
{
    const TemporaryDirectory directory;
    write_file(directory.path("file"), content);
    const Fd file(::open(directory.path("file").c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<char> buffer(buffer_size);
    Lines lines;
    const auto skipped = read_lines(file.ref(), buffer, [&](std::string_view line) {
        lines.lines.emplace_back(line);
        return true;
    });
    EXPECT_TRUE(skipped);
    lines.skipped = skipped.value_or(0);
    return lines;
}

TEST(ReadLines, AcrossBuffersOfEverySize)
{
    for (std::size_t size = 6; size < 20; ++size) {
        const auto read = lines_of("one\n\nthree\nfour\n", size);
        EXPECT_EQ(read.lines, (std::vector<std::string>{"one", "", "three", "four"})) << size;
        EXPECT_EQ(read.skipped, 0U);
    }
}

TEST(ReadLines, LinesThatDoNotFitAreSkippedOnce)
{
    const auto read = lines_of("one\n" + std::string(50, 'x') + "\ntwo\n", 8);
    EXPECT_EQ(read.lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(read.skipped, 1U);
    EXPECT_EQ(lines_of(std::string(50, 'x'), 8).skipped, 1U);
}

TEST(ReadLines, LastLineWithoutItsEndIsSkipped)
{
    const auto read = lines_of("one\ntwo", 64);
    EXPECT_EQ(read.lines, (std::vector<std::string>{"one"}));
    EXPECT_EQ(read.skipped, 1U);
    EXPECT_EQ(lines_of("", 64).skipped, 0U);
}

} // namespace
} // namespace sockit::test::THIS_FILE
