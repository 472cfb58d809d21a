#include "fuzz.h"
#include "op/echo_sockperf.h"

#include <algorithm>
#include <span>
#include <vector>

// sockperf's messages, as datagrams and on a stream that is cut anywhere.

namespace sockit::fuzz {

namespace {

using Bytes = std::vector<std::byte>;

Bytes copy_of(std::string_view bytes)
{
    const auto raw = std::as_bytes(std::span(bytes));
    return {raw.begin(), raw.end()};
}

} // namespace

void look_at(std::string_view bytes)
{
    auto datagram = copy_of(bytes);
    const bool answered = answer_sockperf(datagram);
    must(datagram.size() == bytes.size());
    if (!answered)
        must(datagram == copy_of(bytes));

    Bytes whole;
    SockperfStream stream;
    const bool good = stream.take(copy_of(bytes), whole);
    must(whole.size() <= bytes.size());
    if (answered && good) // one message, or the begin of one that is longer
        must(std::equal(whole.begin(), whole.end(), datagram.begin()) || whole.empty() ||
             whole.size() > sockperf_header);

    Bytes cut;
    SockperfStream other;
    bool good_so_far = true;
    Pieces pieces(bytes);
    for (auto piece = pieces.next(); good_so_far && !piece.empty(); piece = pieces.next())
        good_so_far = other.take(copy_of(piece), cut);
    must(good_so_far == good && cut == whole);
}

} // namespace sockit::fuzz
