#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sockit {

/// A value and the option it was given to.
struct GivenValue {
    std::string option; ///< "--send"
    std::string value;

    bool operator==(const GivenValue&) const = default;
};

/// One option of a command: the row that drives the parser, the help, and the checks of man page
/// and completions.
struct Option {
    std::string names; ///< "-p,--processes"
    std::string value; ///< what it takes, as the help shows it ("DUR"); empty for a switch
    std::string help;  ///< one line, no full stop
    /// Where it goes: a switch, a counter of switches, the last value given, all of them in order,
    /// or all of them in order with those of the other options that go to the same place.
    std::variant<bool*, int*, std::optional<std::string>*, std::vector<std::string>*,
                 std::vector<GivenValue>*>
        into;
    /// The value where none is given. Then one is taken only if it begins with a digit, since other
    /// words may be meant for the command.
    std::string assumed = {};
};

/// Options that shape what is printed, the same in every command.
struct OutputArgs {
    bool json = false;
    bool jsonl = false;
    bool quiet = false;
    bool wide = false;
    int verbose = 0;
    std::optional<std::string> output;
    std::optional<std::string> color;

    bool operator==(const OutputArgs&) const = default;
};

std::vector<Option> output_options(OutputArgs& args);

/// Options of commands that make sockets.
struct NetworkArgs {
    bool v4 = false;
    bool v6 = false;
    std::optional<std::string> timeout;
    std::optional<std::string> deadline;
    std::optional<std::string> netns;
    std::optional<std::string> source;
    std::optional<std::string> interface;
    std::vector<std::string> sockopts;
    bool strict_sockopt = false;
    std::optional<std::string> sandbox;

    bool operator==(const NetworkArgs&) const = default;
};

/// `-4 -6 --netns --sockopt --strict-sockopt --interface`: what clients and servers share.
std::vector<Option> socket_options(NetworkArgs& args);
Option timeout_option(NetworkArgs& args, std::string_view help);
Option deadline_option(NetworkArgs& args);
Option source_option(NetworkArgs& args);
Option sandbox_option(NetworkArgs& args);

/// Options of servers.
struct ServerArgs {
    std::optional<std::string> ready_fd;
    std::optional<std::string> port_file;
    std::optional<std::string> backlog;
    std::optional<std::string> max_connections;
    bool reuseport = false;

    bool operator==(const ServerArgs&) const = default;
};

std::vector<Option> server_options(ServerArgs& args);

/// The lists one after the other.
std::vector<Option> joined(std::vector<std::vector<Option>> lists);

} // namespace sockit
