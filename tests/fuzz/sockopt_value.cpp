#include "fuzz.h"
#include "sock/sockopt_codec.h"
#include "sock/sockopt_table.h"

// What getsockopt(2) returns, of any option and any length.

namespace sockit::fuzz {

/// The first two bytes say which option.
void look_at(std::string_view bytes)
{
    if (bytes.size() < 2)
        return;
    const auto table = sockopt_table();
    const auto choice =
        static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
    const auto& row = table[choice % table.size()];
    bytes.remove_prefix(2);
    const auto value = decode_sockopt(row, bytes);
    const auto text = sockopt_text(row, value);
    sockopt_symbol(row, value);
    // The undo command sets what was read.
    const auto encoded = encode_sockopt(row, text);
    if (!encoded || row.codec == SockoptCodec::MulticastInterface)
        return;
    if (row.codec == SockoptCodec::Text && text.starts_with("hex:"))
        return; // no name of a device or an algorithm has a colon
    // Members that were not there are zeros then.
    must(sockopt_text(row, decode_sockopt(row, *encoded)).starts_with(text));
}

} // namespace sockit::fuzz
