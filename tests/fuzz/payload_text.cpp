#include "op/payload_text.h"

#include "base/escape.h"
#include "fuzz.h"
#include "op/datagram_framing.h"
#include "op/line_ends.h"
#include "op/tagged_lines.h"

#include <algorithm>
#include <span>
#include <vector>

// What a peer sends, on its way to a terminal or into lines and datagrams: cut anywhere it is the
// same as whole.

namespace sockit::fuzz {

namespace {

/// What the filter makes of the bytes, and at their end.
template <class Filter>
std::string filtered(Filter filter, std::string_view bytes, bool whole)
{
    std::string out;
    Pieces pieces(bytes);
    for (auto piece = whole ? bytes : pieces.next(); !piece.empty();
         piece = whole ? std::string_view() : pieces.next())
        out += filter.add(piece);
    return out + filter.finish();
}

template <class Filter>
std::string filtered_alike(const Filter& filter, std::string_view bytes)
{
    auto out = filtered(filter, bytes, true);
    must(out == filtered(filter, bytes, false));
    return out;
}

void must_be_harmless(std::string_view text)
{
    must(is_utf8(text) && std::ranges::none_of(text, [](char c) {
             return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
         }));
}

void look_at_chunks(std::string_view bytes)
{
    std::string out;
    CharacterChunks chunks([&](const std::string& chunk) {
        must(!chunk.empty());
        if (is_utf8(bytes))
            must(is_utf8(chunk));
        out += chunk;
        return true;
    });
    Pieces pieces(bytes);
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next())
        must(chunks.add(piece));
    must(chunks.finish() && out == bytes);
}

/// Lines become datagrams, without their ends.
void look_at_datagrams(std::string_view bytes)
{
    DatagramFramer framer({.size = {}, .per_line = true}, DatagramFramer::udp_read);
    std::string out;
    const auto collect = [&] {
        for (const auto& datagram : framer.waiting()) {
            out.append(reinterpret_cast<const char*>(datagram.data()), datagram.size());
            out += '\n';
        }
        framer.sent(framer.waiting().size());
    };
    Pieces pieces(bytes);
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
        const auto space = framer.space();
        must(space && space->size() >= piece.size());
        std::ranges::copy(std::as_bytes(std::span(piece)), space->begin());
        framer.filled(piece.size());
        collect();
    }
    framer.end();
    collect();
    const bool ended = bytes.empty() || bytes.ends_with('\n');
    must(out == std::string(bytes) + (ended ? "" : "\n"));
}

void look_at_line_ends(std::string_view bytes)
{
    LineEnds whole_ends;
    LineEnds cut_ends;
    std::vector<std::byte> whole(bytes.size() * 2);
    std::vector<std::byte> cut(bytes.size() * 2);
    whole.resize(whole_ends.convert(std::as_bytes(std::span(bytes)), whole));
    std::size_t made = 0;
    Pieces pieces(bytes);
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next())
        made += cut_ends.convert(std::as_bytes(std::span(piece)), std::span(cut).subspan(made));
    cut.resize(made);
    must(cut == whole);
    for (std::size_t i = 0; i < whole.size(); ++i)
        must(whole[i] != std::byte{'\n'} || (i > 0 && whole[i - 1] == std::byte{'\r'}));
}

} // namespace

void look_at(std::string_view bytes)
{
    must_be_harmless(filtered_alike(TerminalText(), bytes));
    must_be_harmless(filtered_alike(TaggedLines(7, TaggedLines::Clean::Yes), bytes));
    const auto tagged = filtered_alike(TaggedLines(7, TaggedLines::Clean::No), bytes);
    must(tagged.empty() == bytes.empty());
    look_at_chunks(bytes);
    look_at_datagrams(bytes);
    look_at_line_ends(bytes);
}

} // namespace sockit::fuzz
