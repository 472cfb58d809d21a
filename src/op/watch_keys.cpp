#include "op/watch_keys.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <unistd.h>

namespace sockit {

namespace {

/// A key behind ESC [, as terminals send it.
void take_sequence(std::string_view sequence, WatchKeys& keys)
{
    if (sequence == "A")
        --keys.lines;
    else if (sequence == "B")
        ++keys.lines;
    else if (sequence == "5~")
        --keys.pages;
    else if (sequence == "6~")
        ++keys.pages;
}

void take_key(char key, WatchKeys& keys)
{
    switch (key) {
    case 'q':
    case 'Q':
    case '\x03':
    case '\x04': keys.quit = true; break;
    case 'j': ++keys.lines; break;
    case 'k': --keys.lines; break;
    case ' ': ++keys.pages; break;
    case 'b': --keys.pages; break;
    default: break;
    }
}

} // namespace

WatchKeys read_watch_keys(FdRef terminal)
{
    WatchKeys keys;
    std::array<char, 256> buffer{};
    const auto count = ::read(terminal.value, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return keys;
    keys.end = count <= 0;
    std::string_view rest(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    while (!rest.empty()) {
        if (rest.starts_with("\x1b[") || rest.starts_with("\x1bO")) {
            rest.remove_prefix(2);
            const auto last = rest.find_first_not_of("0123456789;");
            const auto length = last == std::string_view::npos ? rest.size() : last + 1;
            take_sequence(rest.substr(0, length), keys);
            rest.remove_prefix(length);
        } else {
            take_key(rest.front(), keys);
            rest.remove_prefix(1);
        }
    }
    return keys;
}

} // namespace sockit
