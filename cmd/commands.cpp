#include "base/escape.h"
#include "base/suggest.h"
#include "cmd/command.h"
#include "cmd/stat.h"
#include "sock/io.h"

#include <algorithm>
#include <array>

#include <unistd.h>

namespace sockit {

namespace {

constexpr std::array table{
    Command{"stat", "", "List sockets, their queues, processes and TCP state",
            "Without options: how many sockets are in which state, and who waits for clients.\n"
            "Switches combine as in `sockit stat -tlnp`.",
            false, make_stat},
    Command{
        .name = "probe",
        .synopsis = "TARGET…",
        .summary = "Tell for each target whether it is open, and if not, why",
        .details =
            "TARGET: HOST:PORTS, [V6]:PORTS, HOST PORTS, unix:PATH, vsock:CID:PORT; PORTS is a "
            "list of ports\nand ranges: 22,80,8000-8010.\n"
            "Outcomes: open refused rejected unreachable denied timeout reset unresolved "
            "self-connect\nlocal-error.",
        .make = make_probe,
    },
    Command{.name = "listen",
            .synopsis = "[ADDR:]PORT | unix:PATH [-- CMD…]",
            .summary = "Accept connections: a pipe to stdin and stdout, or a command for each",
            .details =
                "One connection between it and stdin and stdout, then exit; with -k any number at\n"
                "once, all of whose bytes go to stdout. A command behind -- gets each connection\n"
                "as its stdin and stdout, with TCPREMOTEIP and its kin in the environment.\n\n"
                "Examples:\n"
                "  sockit listen 127.0.0.1:8080 > received\n"
                "  sockit listen -k 7000 -- /bin/cat\n"
                "  sockit listen unix:/run/app.sock --jsonl",
            .takes_child = true,
            .make = make_listen},
    Command{.name = "connect",
            .synopsis = "TARGET [-- CMD…]",
            .summary = "Connect and pipe stdin and stdout, or a command",
            .details =
                "stdin goes to the peer, what the peer sends to stdout. At the end of stdin the\n"
                "peer is told (FIN), and its answer is read to its end. After the peer's end a\n"
                "file is sent to its end; an idle terminal ends at once, an idle pipe after 100\n"
                "ms. Exit 0 only if the peer acknowledged every byte.\n\n"
                "Examples:\n"
                "  echo hello | sockit connect localhost 7\n"
                "  sockit connect --json --timeout 2s example.org:80 < request\n"
                "  sockit connect unix:/run/app.sock -- ./client",
            .takes_child = true,
            .make = make_connect},
};

std::string_view first_word(std::string_view name) { return name.substr(0, name.find(' ')); }

std::string_view second_word(std::string_view name)
{
    const auto space = name.find(' ');
    return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
}

void print(FdRef fd, std::string_view text)
{
    // Nobody is left to tell if stderr itself is gone.
    static_cast<void>(write_all(fd, text, "stderr"));
}

ExitStatus print_result(std::string_view text)
{
    if (const auto written = write_all({STDOUT_FILENO}, text, "stdout"); !written)
        return fail(written.error());
    return ExitStatus::Done;
}

/// The rows whose names start with that word: one, or a group such as `echo`.
std::vector<const Command*> rows_named(std::string_view word)
{
    std::vector<const Command*> rows;
    for (const auto& command : table)
        if (first_word(command.name) == word)
            rows.push_back(&command);
    return rows;
}

Error unknown(std::string_view what, std::string_view word,
              std::span<const std::string_view> candidates)
{
    Error error = Error::usage("unknown " + std::string(what) + " " + quote(word));
    if (const auto close = nearest(word, candidates))
        error.hint = "did you mean " + std::string(*close) + "?";
    else
        error.hint = "sockit --help lists them";
    return error;
}

std::string group_help(std::span<const Command* const> rows)
{
    std::string text = "Usage:\n";
    for (const auto* row : rows)
        text += "  sockit " + std::string(row->name) + " " + std::string(row->synopsis) +
                "\n      " + std::string(row->summary) + "\n";
    return text;
}

/// `echo` without, or with an unknown, second word.
ExitStatus group_without_command(std::span<const Command* const> rows, std::string_view word)
{
    if (word == "--help" || word == "-h")
        return print_result(group_help(rows));
    if (word.empty()) {
        print({STDERR_FILENO}, group_help(rows));
        return ExitStatus::Usage;
    }
    std::vector<std::string_view> names;
    for (const auto* row : rows)
        names.push_back(second_word(row->name));
    return fail(unknown(std::string(first_word(rows[0]->name)) + " command", word, names));
}

ExitStatus run(const Command& command, std::span<const std::string> words)
{
    const auto invocation = command.make();
    const auto help = parse_words(command, *invocation, words);
    if (!help)
        return fail(help.error());
    if (*help)
        return print_result(help_text(command, *invocation));
    return invocation->run();
}

} // namespace

std::span<const Command> commands() { return table; }

ExitStatus dispatch(std::span<const std::string> words)
{
    if (words.empty()) {
        print({STDERR_FILENO}, help_text());
        return ExitStatus::Usage;
    }
    const std::string& word = words[0];
    if (word == "--help" || word == "-h")
        return print_result(help_text());
    if (word == "--version")
        return print_result(version_text());

    const auto rows = rows_named(word);
    if (rows.empty()) {
        std::vector<std::string_view> names{"--help", "--version"};
        for (const auto& command : table)
            names.push_back(first_word(command.name));
        return fail(unknown(word.starts_with('-') ? "option" : "command", word, names));
    }
    if (second_word(rows[0]->name).empty())
        return run(*rows[0], words.subspan(1));
    const std::string_view next = words.size() > 1 ? std::string_view(words[1]) : "";
    const auto row = std::ranges::find_if(
        rows, [&](const Command* command) { return second_word(command->name) == next; });
    if (row == rows.end())
        return group_without_command(rows, next);
    return run(**row, words.subspan(2));
}

ExitStatus fail(const Error& error)
{
    std::string text = "sockit: " + describe_error(error) + "\n";
    if (!error.hint.empty())
        text += "hint: " + error.hint + "\n";
    print({STDERR_FILENO}, text);
    return exit_status(error);
}

} // namespace sockit
