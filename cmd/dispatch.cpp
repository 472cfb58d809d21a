#include "base/escape.h"
#include "base/suggest.h"
#include "cmd/command.h"
#include "cmd/stat.h"
#include "sock/io.h"

#include <algorithm>

#include <unistd.h>

namespace sockit {

namespace {

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
    for (const auto& command : commands())
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
        for (const auto& command : commands())
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
