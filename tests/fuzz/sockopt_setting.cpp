#include "fuzz.h"
#include "sock/sockopt.h"
#include "sock/sockopt_codec.h"

// --sockopt NAME=VALUE, and the value back as text.

namespace sockit::fuzz {

namespace {

/// Whose bytes, when read, mean what they meant when set.
bool reads_what_is_set(const SockoptRow& row)
{
    switch (row.codec) {
    case SockoptCodec::MulticastInterface:
    case SockoptCodec::Group4:
    case SockoptCodec::Group6:
    case SockoptCodec::Group:
    case SockoptCodec::Source4:
    case SockoptCodec::Source:
    case SockoptCodec::Filter: return false;
    default: return row.get != 0;
    }
}

} // namespace

void look_at(std::string_view word)
{
    const auto setting = parse_sockopt_setting(word);
    if (!setting) {
        must(setting.error().domain == Domain::Usage);
        return;
    }
    must(word.contains('='));
    const auto value = decode_sockopt(setting->row, setting->bytes);
    const auto text = sockopt_text(setting->row, value);
    if (!reads_what_is_set(setting->row) || setting->text.starts_with("hex:"))
        return;
    const auto bytes = encode_sockopt(setting->row, text);
    must(bytes.has_value());
    must(decode_sockopt(setting->row, *bytes) == value);
}

} // namespace sockit::fuzz
