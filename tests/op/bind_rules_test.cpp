#include "op/bind_rules.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace sockit {
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
        const auto predicted =
            is_in_the_way(clash(holder_of(row), wish_of(row))) ? "EADDRINUSE" : "ok";
        // After a bind() that succeeded listen() does, too.
        const bool listens = row.proto == "tcp" && row.bound == "ok";
        if (predicted != row.bound || row.listened != (listens ? "ok" : "-"))
            wrong.push_back(row.proto + " " + row.first_address + " " + row.second_address + " " +
                            row.state + " " + row.first_options + " " + row.second_options + " " +
                            row.uid + ": " + row.bound + ", not " + predicted);
    }
    for (const auto& w : wrong)
        std::cerr << w << "\n";
    EXPECT_LE(wrong.size(), 0u);
}

} // namespace
} // namespace sockit
