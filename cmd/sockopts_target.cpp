#include "base/parse.h"
#include "base/shell_word.h"
#include "cmd/sockopts.h"
#include "sock/target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace sockit {

namespace {

constexpr auto most_int = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());

Result<std::uint64_t> parse_cookie(std::string_view text)
{
    auto digits = text;
    if (digits.starts_with("0x"))
        digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, failed] = std::from_chars(digits.data(), end, value, 16);
    if (failed != std::errc() || stop != end || digits.empty())
        return bad_value("cookie", text,
                         "expected hexadecimal digits, as sockit stat -e shows them");
    return value;
}

Result<Target> parse_address(std::string_view text, std::string_view word)
{
    auto target = TRY(parse_target(text, Role::Server));
    const bool known = is_unix(target.transport) || target.transport == Transport::Tcp ||
                       target.transport == Transport::Udp;
    if (!known)
        return bad_value("--sock", word, "expected a TCP, UDP or unix socket");
    if (!target.endpoint && !target.any_address)
        return bad_value("--sock", word, "expected an address, not a name");
    const auto port = target.endpoint ? target.endpoint->port() : target.port;
    if (!is_unix(target.transport) && port == 0)
        return bad_value("--sock", word, "expected a port");
    return target;
}

/// Where ADDR:PORT-PEER is to be split: behind a bracket, if it begins with one. Paths may have
/// dashes, and no peer.
std::size_t dash_in(std::string_view text)
{
    const auto bracket = text.starts_with('[') ? text.find(']') : 0;
    return bracket == std::string_view::npos ? bracket : text.find('-', bracket);
}

Result<SocketAddress> parse_socket_address(std::string_view word)
{
    auto text = word;
    const auto scheme = take_scheme(text);
    SocketAddress address;
    if (scheme && is_unix(*scheme)) {
        address.protocol = SocketProtocol::Unix;
        address.local = TRY(parse_address(word, word)).endpoint;
        return address;
    }
    if (scheme)
        address.protocol = *scheme == Transport::Udp ? SocketProtocol::Udp : SocketProtocol::Tcp;
    if (scheme && *scheme != Transport::Udp && *scheme != Transport::Tcp)
        return bad_value("--sock", word, "expected a TCP, UDP or unix socket");
    const auto dash = dash_in(text);
    const auto local = TRY(parse_address(text.substr(0, dash), word));
    address.local = local.endpoint;
    address.port = local.port;
    if (dash == std::string_view::npos)
        return address;
    address.peer = TRY(parse_address(text.substr(dash + 1), word)).endpoint;
    if (!address.peer)
        return bad_value("--sock", word, "expected the peer's address and port");
    return address;
}

using Member = std::optional<std::string> LiveArgs::*;

struct Part {
    std::string_view key;
    std::string_view option;
    Member member;
};

constexpr std::array parts{
    Part{"pid", "--pid", &LiveArgs::pid},       Part{"fd", "--fd", &LiveArgs::fd},
    Part{"inode", "--inode", &LiveArgs::inode}, Part{"cookie", "--cookie", &LiveArgs::cookie},
    Part{"sock", "--sock", &LiveArgs::sock},
};

} // namespace

std::vector<Option> live_options(LiveArgs& args)
{
    return {
        {"--pid", "PID", "The sockets of that process", &args.pid},
        {"--fd", "N", "The one behind that descriptor of the process", &args.fd},
        {"--sock", "ADDR:PORT[-PEER]", "The sockets with that address, and that peer", &args.sock},
        {"--inode", "N", "The socket with that inode", &args.inode},
        {"--cookie", "HEX", "The socket with that cookie", &args.cookie},
    };
}

Result<LiveTarget> plan_live_target(const LiveArgs& args)
{
    LiveTarget target;
    if (args.fd && !args.pid)
        return Failure(Error::usage("--fd needs --pid"));
    if (args.pid)
        target.pid = static_cast<std::int32_t>(TRY(parse_number(*args.pid, "--pid", 1, most_int)));
    if (args.fd)
        target.fd = static_cast<int>(TRY(parse_number(*args.fd, "--fd", 0, most_int)));
    if (args.inode)
        target.inode = TRY(parse_number(*args.inode, "--inode", 1));
    if (args.cookie)
        target.cookie = TRY(parse_cookie(*args.cookie));
    if (args.sock)
        target.address = TRY(parse_socket_address(*args.sock));
    for (const auto& part : parts)
        if (const auto& value = args.*part.member)
            target.text += (target.text.empty() ? "" : " ") + std::string(part.option) + " " +
                           shell_word(*value);
    return target;
}

Result<SockoptsTarget> plan_target_word(std::string_view word)
{
    if (word.find('=') == std::string_view::npos)
        return SockoptsTarget(TRY(parse_kind(word)));
    LiveArgs args;
    for (auto rest = word; !rest.empty();) {
        const auto equals = rest.find('=');
        const auto key = rest.substr(0, equals);
        const auto part = std::ranges::find(parts, key, &Part::key);
        if (part == parts.end() || equals == std::string_view::npos)
            return bad_value("target", word,
                             "expected a kind of socket, or pid=P,fd=N, inode=N, cookie=HEX, "
                             "sock=ADDR:PORT[-PEER]");
        const bool last = key == "sock";
        const auto comma = last ? std::string_view::npos : rest.find(',');
        args.*part->member = rest.substr(equals + 1, last ? comma : comma - equals - 1);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    auto target = TRY(plan_live_target(args));
    target.text = shell_word(word);
    return SockoptsTarget(std::move(target));
}

} // namespace sockit
