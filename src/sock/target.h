#pragma once

#include "base/result.h"
#include "sock/endpoint.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sockit {

enum class Transport : std::uint8_t {
    Tcp,
    Udp,
    Tls,
    Mptcp,
    UnixStream,
    UnixDgram,
    UnixSeqpacket,
    Vsock,
};

/// "tcp", "udp", "tls", "mptcp", "unix", "unix-dgram", "unix-seqpacket", "vsock".
std::string_view transport_name(Transport transport);
bool is_unix(Transport transport);
/// Keeps the borders of what is sent: udp, unix-dgram, unix-seqpacket.
bool is_datagram(Transport transport);
/// SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
int socket_type(Transport transport);
/// The protocol argument of socket(2): IPPROTO_MPTCP or 0.
int socket_protocol(Transport transport);

/// What a bare port means: every address for a server, localhost for a client.
enum class Role : std::uint8_t { Client, Server };

/// What the user typed, parsed but not resolved.
struct Target {
    Transport transport = Transport::Tcp;
    std::string host;         ///< a name to resolve; empty when `endpoint` is set or `any_address`
    std::uint16_t port = 0;   ///< for `host` and `any_address`
    bool any_address = false; ///< servers: a bare port
    std::optional<Endpoint> endpoint; ///< a literal address, unix or vsock: nothing to resolve
    std::string text; ///< canonical, for messages and JSON: "localhost:80", "[::1]:80", "unix:/x"

    bool operator==(const Target&) const = default;
};

/// One word (`HOST:PORT`, `[V6%zone]:PORT`, `:PORT`, `PORT`, `SCHEME:…`) or two (`HOST PORT`).
/// Anything else is a usage error that quotes the word: no short, octal or hex IPv4, no wildcards,
/// signs or spaces, no unknown zone, no port 0 for a client. Service names are looked up in the
/// services database for the transport.
Result<Target> parse_target(std::span<const std::string> words, Role role);
Result<Target> parse_target(std::string_view word, Role role);

/// `scheme:` at the start of a word (`tcp:`, `unix-dgram:`, …; `//` after it is dropped), if there
/// is one.
std::optional<Transport> take_scheme(std::string_view& word);

/// The host part of a target without its port: a name, a literal with or without brackets and
/// `%zone`. Leaves `target.port` alone; `target.endpoint` gets port `target.port`.
Result<> parse_host(std::string_view host, std::string_view word, Target& target);

/// A port number 0-65535 in plain decimal, or a service name. `word` is quoted in the error.
Result<std::uint16_t> parse_port(std::string_view port, std::string_view word, Transport transport);

} // namespace sockit
