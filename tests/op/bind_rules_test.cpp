#include "op/bind_refusal.h"
#include "op/bind_rules.h"
#include "op/bind_text.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace sockit::THIS_FILE {
namespace {

constexpr std::uint16_t port = 7000;

Endpoint address_of(std::string_view text)
{
    return Endpoint::from_literal(text.substr(0, text.find('/')), port).value();
}

/// A row of the matrix: what a first socket and a second bind() to its port did to each other on a
/// live kernel.
struct MatrixRow {
    std::string proto, first_address, second_address, state, first_options, second_options, uid;
    std::string bound, listened;
};

std::vector<MatrixRow> read_matrix()
{
    std::istringstream file(test::read_file(SOCKIT_SOURCE_DIR "/tests/op/data/bind_matrix.csv"));
    std::vector<MatrixRow> rows;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream cells(line);
        MatrixRow row;
        for (auto* cell :
             {&row.proto, &row.first_address, &row.second_address, &row.state, &row.first_options,
              &row.second_options, &row.uid, &row.bound, &row.listened})
            std::getline(cells, *cell, ',');
        rows.push_back(std::move(row));
    }
    return rows;
}

/// The local address of a connection that a listener on `address` accepted.
Endpoint child_address(std::string_view address)
{
    if (address == "0.0.0.0")
        return address_of("127.0.0.1");
    return address.starts_with("::/") || address == "::" ? address_of("::1") : address_of(address);
}

bool has_flag(std::string_view options, std::string_view flag)
{
    return options.find(flag) != std::string_view::npos;
}

/// Whether a socket on that address is v6only: by its option, or since it was bound to one address.
bool is_v6only(std::string_view address) { return address == "::/v6only" || address == "::1"; }

BindHolder holder_of(const MatrixRow& row)
{
    static const std::array<std::pair<std::string_view, SocketState>, 5> states{
        {{"bound", SocketState::Close},
         {"listen", SocketState::Listen},
         {"estab", SocketState::Established},
         {"finwait2", SocketState::FinWait2},
         {"timewait", SocketState::TimeWait}}};
    BindHolder holder;
    holder.datagram = row.proto == "udp";
    holder.state =
        std::ranges::find(states, row.state, [](const auto& s) { return s.first; })->second;
    const bool child = holder.state != SocketState::Close && holder.state != SocketState::Listen;
    holder.local = child ? child_address(row.first_address) : address_of(row.first_address);
    if (holder.state == SocketState::FinWait2 || holder.state == SocketState::TimeWait)
        holder.expires_ns = 60'000'000'000; // nobody has it open
    holder.uid = 0;
    if (holder.local.family() == AF_INET6)
        holder.v6only = is_v6only(row.first_address);
    holder.reuseaddr = has_flag(row.first_options, "RA");
    holder.reuseport = has_flag(row.first_options, "RP");
    return holder;
}

BindWish wish_of(const MatrixRow& row)
{
    return {.datagram = row.proto == "udp",
            .address = address_of(row.second_address),
            .v6only = is_v6only(row.second_address),
            .reuseaddr = has_flag(row.second_options, "RA"),
            .reuseport = has_flag(row.second_options, "RP"),
            .uid = row.uid == "other" ? 65534U : 0U};
}

TEST(BindRules, PredictTheMatrix)
{
    const auto rows = read_matrix();
    ASSERT_EQ(rows.size(), 2400U);
    std::vector<std::string> wrong;
    for (const auto& row : rows) {
        const std::string bound =
            is_in_the_way(clash(holder_of(row), wish_of(row))) ? "EADDRINUSE" : "ok";
        // After a bind() that succeeds listen() does, too.
        const bool listens = row.proto == "tcp" && bound == "ok";
        if (bound != row.bound || (listens ? "ok" : "-") != row.listened)
            wrong.push_back(row.proto + " " + row.first_address + " " + row.second_address + " " +
                            row.state + " " + row.first_options + " " + row.second_options + " " +
                            row.uid + ": " + row.bound + ", not " + bound);
    }
    // A race: when it was measured, the connection had not yet been reduced to its remainder.
    EXPECT_EQ(wrong, std::vector<std::string>{"tcp 0.0.0.0 0.0.0.0 finwait2 RA+RP RP other: "
                                              "EADDRINUSE, not ok"});
}

BindHolder listener_on(std::string_view address)
{
    BindHolder holder{.state = SocketState::Listen,
                      .local = address_of(address),
                      .inode = 4711,
                      .uid = 0,
                      .processes = {{.pid = 812, .fd = 6, .comm = "ng\x1binx"}},
                      .reuseaddr = true,
                      .reuseport = false};
    if (holder.local.family() == AF_INET6)
        holder.v6only = is_v6only(address);
    return holder;
}

BindWish server_on(std::string_view address)
{
    return {.address = address_of(address), .v6only = is_v6only(address), .reuseaddr = true};
}

TEST(BindRules, DifferentInterfacesDoNotMeet)
{
    auto holder = listener_on("0.0.0.0");
    auto wish = server_on("0.0.0.0");
    holder.interface = 2;
    EXPECT_EQ(clash(holder, wish), BindClash::Blocks) << "ours takes every interface";
    wish.interface = 3;
    EXPECT_EQ(clash(holder, wish), BindClash::OtherInterface);
    wish.interface = 2;
    EXPECT_EQ(clash(holder, wish), BindClash::Blocks);
}

TEST(BindRules, AFlagThatIsNotKnownMayBlock)
{
    auto holder = listener_on("127.0.0.1");
    holder.reuseaddr = holder.reuseport = std::nullopt;
    auto wish = server_on("127.0.0.1");
    EXPECT_EQ(clash(holder, wish), BindClash::Blocks) << "a listener, whatever it has set";
    holder.state = SocketState::Established;
    EXPECT_EQ(clash(holder, wish), BindClash::MayBlock);
    wish.reuseaddr = false;
    EXPECT_EQ(clash(holder, wish), BindClash::Blocks) << "it takes both sides";
    wish.reuseport = true;
    EXPECT_EQ(clash(holder, wish), BindClash::MayBlock);
    holder.uid = 1000;
    EXPECT_EQ(clash(holder, wish), BindClash::Blocks);
}

TEST(BindRules, AnIpv6ChildOfADualStackListenerBlocksTheIpv4Wildcard)
{
    auto child = listener_on("::1");
    child.state = SocketState::Established;
    child.v6only = std::nullopt;
    EXPECT_TRUE(shares_address(child, server_on("0.0.0.0"))) << "not known counts as both";
    EXPECT_FALSE(shares_address(child, server_on("127.0.0.1")));
    child.v6only = true;
    EXPECT_FALSE(shares_address(child, server_on("0.0.0.0")));
}

TEST(BindRules, TheListenerIsToBlameBeforeItsConnections)
{
    auto child = listener_on("127.0.0.1");
    child.state = SocketState::Established;
    child.reuseaddr = false;
    const std::vector holders{child, listener_on("0.0.0.0"), child};
    const auto wish = server_on("127.0.0.1");
    EXPECT_EQ(worst_holder(holders, wish), &holders[1]);
    EXPECT_EQ(worst_holder({}, wish), nullptr);
    EXPECT_EQ(worst_holder(holders, server_on("127.0.0.2")), &holders[1]);
    const std::vector elsewhere{child};
    EXPECT_EQ(worst_holder(elsewhere, server_on("127.0.0.2")), nullptr);
}

TEST(BindText, NamesHolderAndRule)
{
    const auto wish = server_on("127.0.0.1");
    EXPECT_EQ(blocking_rule(listener_on("0.0.0.0"), wish),
              "ng\\x1binx (pid 812) listens on 0.0.0.0:7000; SO_REUSEADDR does not allow a second "
              "listener");
    EXPECT_EQ(blocking_rule(listener_on("::"), wish),
              "ng\\x1binx (pid 812) listens on [::]:7000, which takes IPv4 too; SO_REUSEADDR does "
              "not allow a second listener");
    EXPECT_EQ(blocking_rule(listener_on("0.0.0.0"), server_on("::")),
              "ng\\x1binx (pid 812) listens on 0.0.0.0:7000, and [::]:7000 takes IPv4 too; "
              "SO_REUSEADDR does not allow a second listener");
    auto bound = listener_on("127.0.0.1");
    bound.state = SocketState::Close;
    bound.processes.clear();
    bound.reuseaddr = std::nullopt;
    EXPECT_EQ(blocking_rule(bound, wish),
              "a process of user 0 is bound to 127.0.0.1:7000 without listening; SO_REUSEADDR must "
              "be set on both sockets, and whether the holder has set it is not known");
    const BindHolder remainder{.state = SocketState::TimeWait,
                               .local = address_of("127.0.0.1"),
                               .peer = Endpoint::from_literal("127.0.0.1", 41000).value(),
                               .reuseaddr = false,
                               .expires_ns = 57'100'000'000};
    EXPECT_EQ(blocking_rule(remainder, wish),
              "a connection in TIME-WAIT (58 s left) keeps 127.0.0.1:7000; SO_REUSEADDR must be "
              "set on both sockets, and the holder has not set it");
    EXPECT_EQ(blocking_cures(remainder, wish).front(), "wait 58 s, until the kernel lets go of it");
}

TEST(BindText, ReuseportIsForOneUser)
{
    auto wish = server_on("127.0.0.1");
    wish.reuseport = true;
    auto holder = listener_on("127.0.0.1");
    EXPECT_NE(blocking_rule(holder, wish)
                  .find("SO_REUSEPORT must be set on both sockets, and the holder has not set it"),
              std::string::npos);
    holder.reuseport = true;
    wish.uid = 1000;
    EXPECT_NE(blocking_rule(holder, wish)
                  .find("SO_REUSEPORT shares a port among sockets of one user only: user 0 there, "
                        "user 1000 here"),
              std::string::npos);
    wish.uid = 0;
    const std::vector holders{holder};
    EXPECT_EQ(sharing_rule(holders, wish),
              "all sockets there set SO_REUSEPORT for one user, and share what comes in");
}

TEST(BindText, ReservedPortsAreNoted)
{
    EXPECT_TRUE(is_in_port_list("8080,9000-9010", 8080));
    EXPECT_TRUE(is_in_port_list("8080,9000-9010", 9010));
    EXPECT_FALSE(is_in_port_list("8080,9000-9010", 9011));
    EXPECT_FALSE(is_in_port_list("", 0));
    EXPECT_FALSE(is_in_port_list("\n", 80));
}

} // namespace
} // namespace sockit::THIS_FILE
