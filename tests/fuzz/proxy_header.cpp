#include "sock/proxy_header.h"

#include "base/result.h"
#include "fuzz.h"

#include <optional>

// The PROXY protocol's header, which any client may send to a server that takes them.

namespace sockit::fuzz {

namespace {

struct Outcome {
    Result<> failed;
    std::size_t taken = 0;
    std::optional<ProxyHeader> header;

    bool operator==(const Outcome& other) const
    {
        return failed.has_value() == other.failed.has_value() && header == other.header &&
               (!failed || taken == other.taken);
    }
};

Outcome take_whole(std::string_view bytes)
{
    ProxyHeaderParser parser;
    Outcome outcome;
    const auto taken = parser.take(bytes);
    if (taken)
        outcome.taken = *taken;
    else
        outcome.failed = Failure(taken.error());
    outcome.header = parser.header();
    return outcome;
}

Outcome take_in_pieces(std::string_view bytes)
{
    ProxyHeaderParser parser;
    Outcome outcome;
    Pieces pieces(bytes);
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
        const auto taken = parser.take(piece);
        if (!taken) {
            outcome.failed = Failure(taken.error());
            break;
        }
        outcome.taken += *taken;
        if (*taken < piece.size())
            break;
    }
    outcome.header = parser.header();
    return outcome;
}

/// IPv4 in IPv6 clothes is written as what it is.
ProxyHeader::Ends unmapped(const ProxyHeader::Ends& ends)
{
    return {.source = ends.source.unmapped(), .destination = ends.destination.unmapped()};
}

} // namespace

void look_at(std::string_view bytes)
{
    const auto outcome = take_whole(bytes);
    must(outcome == take_in_pieces(bytes));
    must(outcome.taken <= bytes.size() && outcome.taken <= 16 * 1024);
    must(outcome.header || !outcome.failed || outcome.taken == bytes.size());
    if (!outcome.header)
        return;
    // Not a byte more than it has.
    must(take_whole(bytes.substr(0, outcome.taken)) == outcome);
    must(!take_whole(bytes.substr(0, outcome.taken - 1)).header);
    if (!outcome.header->ends)
        return;
    const auto& ends = *outcome.header->ends;
    for (const auto version : {ProxyVersion::V1, ProxyVersion::V2}) {
        const auto built = build_proxy_header(version, ends.source, ends.destination);
        const auto again = take_whole(built);
        must(again.taken == built.size() && again.header && again.header->version == version);
        if (version == ProxyVersion::V2 || ends.source.is_inet())
            must(again.header->ends && unmapped(*again.header->ends) == unmapped(ends));
        else
            must(!again.header->ends);
    }
}

} // namespace sockit::fuzz
