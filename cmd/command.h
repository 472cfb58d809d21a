#pragma once

#include "base/result.h"
#include "cmd/exit_status.h"
#include "cmd/options.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// One run of a command: takes the words, then acts. Strings only until run(), which plans, acts
/// and reports.
class Invocation {
public:
    virtual ~Invocation() = default;
    Invocation() = default;
    Invocation(const Invocation&) = delete;
    Invocation& operator=(const Invocation&) = delete;

    virtual std::vector<Option> options() = 0;
    virtual ExitStatus run() = 0;

    std::vector<std::string> words;                      ///< what is not an option
    std::optional<std::vector<std::string>> child_words; ///< what stands behind `--`
};

/// A row of the command table.
struct Command {
    std::string_view name;     ///< as typed, "echo server" for a nested one
    std::string_view synopsis; ///< what follows the name: "TARGET [-- CMD…]"
    std::string_view summary;  ///< one line
    std::string_view details;  ///< further help: examples, rules; may be empty
    bool takes_child = false;  ///< whether `-- CMD…` is allowed
    std::unique_ptr<Invocation> (*make)();
};

/// All commands in the order of the help.
std::span<const Command> commands();

/// Parses argv without the program's name and runs what it asks for.
ExitStatus dispatch(std::span<const std::string> words);

/// Fills `invocation` from the words. True: help was asked for. Errors are usage errors that name
/// the word and, for an unknown option, the nearest known one.
Result<bool> parse_words(const Command& command, Invocation& invocation,
                         std::span<const std::string> words);

/// The help of one command, and of all.
std::string help_text(const Command& command, Invocation& invocation);
std::string help_text();

/// Prints `sockit: MESSAGE`, and the hint if there is one, on stderr; returns the error's exit
/// status.
ExitStatus fail(const Error& error);

/// `sockit X.Y.Z`, the kernel features found, how it was built.
std::string version_text();

// The commands, one file each.
std::unique_ptr<Invocation> make_listen();
std::unique_ptr<Invocation> make_connect();
std::unique_ptr<Invocation> make_echo_server();
std::unique_ptr<Invocation> make_echo_client();
std::unique_ptr<Invocation> make_probe();
std::unique_ptr<Invocation> make_sockopts_list();
std::unique_ptr<Invocation> make_sockopts_describe();
std::unique_ptr<Invocation> make_sockopts_get();
std::unique_ptr<Invocation> make_sockopts_set();
std::unique_ptr<Invocation> make_sockopts_verify();
std::unique_ptr<Invocation> make_sockopts_diff();
std::unique_ptr<Invocation> make_why_bind();
std::unique_ptr<Invocation> make_stat();

} // namespace sockit
