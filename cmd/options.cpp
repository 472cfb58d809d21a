#include "cmd/options.h"

#include <algorithm>
#include <iterator>

namespace sockit {

std::vector<Option> output_options(OutputArgs& args)
{
    return {
        {"--json", "", "One JSON document when the command ends", &args.json},
        {"--jsonl", "", "One JSON object a line, as it happens", &args.jsonl},
        {"-q,--quiet", "", "Only results, warnings and errors", &args.quiet},
        {"-v,--verbose", "", "Say what is being done", &args.verbose},
        {"--output", "FILE", "Write the records to FILE, whole or not at all", &args.output},
        {"--color", "WHEN", "auto, always or never", &args.color},
        {"--wide", "", "Never cut rows at the terminal's width", &args.wide},
    };
}

std::vector<Option> socket_options(NetworkArgs& args)
{
    return {
        {"-4", "", "IPv4 only", &args.v4},
        {"-6", "", "IPv6 only", &args.v6},
        {"--netns", "NAME|PATH|PID", "Work in that network namespace", &args.netns},
        {"--sockopt", "NAME=VALUE", "Set a socket option and check what the kernel made of it",
         &args.sockopts},
        {"--strict-sockopt", "", "Fail where an option does not get the value asked for",
         &args.strict_sockopt},
        {"--interface", "DEV", "Bind to that network interface", &args.interface},
    };
}

Option timeout_option(NetworkArgs& args, std::string_view help)
{
    return {"--timeout", "DUR", std::string(help), &args.timeout};
}

Option deadline_option(NetworkArgs& args)
{
    return {"--deadline", "DUR", "Limit for the whole run", &args.deadline};
}

Option source_option(NetworkArgs& args)
{
    return {"--source", "ADDR[:PORT]", "Local address, and port, to connect from", &args.source};
}

Option sandbox_option(NetworkArgs& args)
{
    return {"--sandbox", "WHEN", "Give up what is not needed: auto, require or off (default)",
            &args.sandbox};
}

std::vector<Option> server_options(ServerArgs& args)
{
    return {
        {"--ready-fd", "N", "Write ADDR:PORT to descriptor N once bound, and close it",
         &args.ready_fd},
        {"--port-file", "FILE", "Write the bound port to FILE", &args.port_file},
        {"--backlog", "N", "Length of the accept queue (default: the system's limit)",
         &args.backlog},
        {"--max-conns", "N", "Connections at once; the rest wait in the accept queue",
         &args.max_connections},
        {"--reuseport", "", "Share the port with others that set SO_REUSEPORT", &args.reuseport},
    };
}

std::vector<Option> joined(std::vector<std::vector<Option>> lists)
{
    std::vector<Option> all;
    for (auto& list : lists)
        std::ranges::move(list, std::back_inserter(all));
    return all;
}

} // namespace sockit
