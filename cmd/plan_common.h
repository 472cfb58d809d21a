#pragma once

#include "cmd/options.h"
#include "op/acceptor.h"

#include <optional>
#include <span>
#include <string>

namespace sockit {

// What the commands' plan() functions share: strings in, typed plans or usage errors out. Nothing
// here touches a socket.

/// A duration option: nothing when absent.
Result<std::optional<Duration>> plan_duration(const std::optional<std::string>& text,
                                              std::string_view name);

/// A number option within [low, high]: nothing when absent.
Result<std::optional<std::uint64_t>> plan_number(const std::optional<std::string>& text,
                                                 std::string_view name, std::uint64_t low,
                                                 std::uint64_t high);

/// -4, -6, --interface, --source, --sockopt, --strict-sockopt.
Result<SocketPlan> plan_socket(const NetworkArgs& args);

/// A server's words and options; `[ADDR:]PORT` or `unix:PATH`, or no word where a service manager
/// passed the socket.
Result<ListenerPlan> plan_listener(const ServerArgs& server, const NetworkArgs& network,
                                   std::span<const std::string> words);

/// `ADDR`, `ADDR:PORT`, `[V6]` or `[V6]:PORT`; port 0 when there is none.
Result<Endpoint> plan_source(std::string_view text, std::string_view option = "--source");

/// The transport has no support in this command: what the user reads, exit 7.
Error transport_unsupported(Transport transport, std::string_view command);

} // namespace sockit
