#include "cmd/plan_common.h"

#include "base/escape.h"
#include "base/parse.h"
#include "op/service_manager.h"

#include <limits>

#include <net/if.h>

namespace sockit {

Result<std::optional<Duration>> plan_duration(const std::optional<std::string>& text,
                                              std::string_view name)
{
    if (!text)
        return std::optional<Duration>();
    return std::optional(TRY(parse_duration(*text, name)));
}

Result<std::optional<std::uint64_t>> plan_number(const std::optional<std::string>& text,
                                                 std::string_view name, std::uint64_t low,
                                                 std::uint64_t high)
{
    if (!text)
        return std::optional<std::uint64_t>();
    return std::optional(TRY(parse_number(*text, name, low, high)));
}

Result<Endpoint> plan_source(std::string_view text, std::string_view option)
{
    std::string_view address = text;
    std::uint16_t port = 0;
    const auto colon = text.rfind(':');
    const bool bracketed = text.starts_with('[');
    const bool has_port = bracketed ? colon != std::string_view::npos && text[colon - 1] == ']'
                                    : colon != std::string_view::npos && text.find(':') == colon;
    if (has_port) {
        port = TRY(parse_port(text.substr(colon + 1), text, Transport::Tcp));
        address = text.substr(0, colon);
    }
    Target target;
    TRY(parse_host(address, text, target));
    if (!target.endpoint)
        return bad_value(option, text, "expected an address, not a name");
    target.endpoint->set_port(port);
    return *target.endpoint;
}

Result<SocketPlan> plan_socket(const NetworkArgs& args)
{
    SocketPlan plan;
    if (args.v4 && args.v6)
        return Failure(Error::usage("-4 and -6 exclude each other"));
    plan.family = args.v4   ? AddressFamily::Inet
                  : args.v6 ? AddressFamily::Inet6
                            : AddressFamily::Any;
    if (args.interface) {
        if (args.interface->empty() || args.interface->size() >= IF_NAMESIZE)
            return bad_value("--interface", *args.interface, "expected an interface's name");
        plan.interface = *args.interface;
    }
    if (args.source)
        plan.source = TRY(plan_source(*args.source));
    for (const auto& word : args.sockopts)
        plan.sockopts.push_back(TRY(parse_sockopt_setting(word)));
    plan.strict = args.strict_sockopt;
    return plan;
}

Result<ListenerPlan> plan_listener(const ServerArgs& server, const NetworkArgs& network,
                                   std::span<const std::string> words)
{
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
    ListenerPlan plan;
    plan.passed = words.empty() && socket_was_passed();
    if (words.empty() && !plan.passed)
        return Failure(Error::usage("no address: expected [ADDR:]PORT or unix:PATH"));
    if (!plan.passed)
        plan.target = TRY(parse_target(words, Role::Server));
    plan.socket = TRY(plan_socket(network));
    if (const auto backlog = TRY(plan_number(server.backlog, "--backlog", 0, most)))
        plan.backlog = static_cast<int>(*backlog);
    if (const auto fd = TRY(plan_number(server.ready_fd, "--ready-fd", 0, most)))
        plan.ready_fd = static_cast<int>(*fd);
    plan.port_file = server.port_file;
    plan.max_connections = TRY(plan_number(server.max_connections, "--max-conns", 1, most));
    plan.reuseport = server.reuseport;
    return plan;
}

Error transport_unsupported(Transport transport, std::string_view command)
{
    Error error = Error::unsupported(command, {});
    error.detail = std::string(transport_name(transport)) + ": is not supported by this build's " +
                   std::string(command);
    return error;
}

} // namespace sockit
