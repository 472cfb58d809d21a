#include "cmd/command.h"
#include "event/stat_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The man page and the completions say what the command table says, no less and no more. Each file
// has a layout that a few lines can read: one entry an option, under the command that takes it.

namespace sockit::test::THIS_FILE {
namespace {

/// The names of each command's options; those that take a value end in `=`.
using OptionNames = std::map<std::string, std::set<std::string>>;

std::vector<std::string> lines_of(std::string_view file)
{
    std::ifstream in(std::string(SOCKIT_SOURCE_DIR "/") + std::string(file));
    EXPECT_TRUE(in) << file;
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, separator);)
        parts.push_back(part);
    return parts;
}

std::string replaced(std::string text, std::string_view from, std::string_view to)
{
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// What stands between `before` and the next `after`; empty where there is none.
std::string between(std::string_view line, std::string_view before, std::string_view after)
{
    const auto start = line.find(before);
    if (start == std::string_view::npos)
        return {};
    line.remove_prefix(start + before.size());
    return std::string(line.substr(0, line.find(after)));
}

/// The command's own options and `--help`, which the parser adds to each.
std::vector<Option> options_of(Invocation& invocation, bool& help)
{
    auto options = invocation.options();
    options.push_back({"-h,--help", "", "Show this help", &help});
    return options;
}

OptionNames program()
{
    OptionNames names;
    for (const auto& command : commands()) {
        const auto invocation = command.make();
        bool help = false;
        for (const auto& option : options_of(*invocation, help))
            for (const auto& name : split(option.names, ','))
                names[std::string(command.name)].insert(name + (option.value.empty() ? "" : "="));
    }
    return names;
}

/// `.SS "sockit NAME"`, then after each `.TP` `.B \-n, \-\-name` or `.BI "\-n, \-\-name " VALUE`.
OptionNames man_page()
{
    OptionNames names;
    std::string command;
    std::string above;
    for (const auto& raw : lines_of("man/sockit.1")) {
        const bool entry = std::exchange(above, raw) == ".TP";
        const std::string line = replaced(raw, "\\-", "-");
        if (line.starts_with(".S"))
            command = between(line, ".SS \"sockit ", "\"");
        if (!command.empty())
            names[command];
        const bool value = line.starts_with(".BI \"-");
        if (command.empty() || !entry || (!value && !line.starts_with(".B -")))
            continue;
        const auto words = value ? between(line, "\"", " \"") : line.substr(3);
        for (const auto& name : split(replaced(words, ", ", ","), ','))
            names[command].insert(name + (value ? "=" : ""));
    }
    return names;
}

/// `["NAME"]="--switch --value= …"`.
OptionNames bash_completion()
{
    OptionNames names;
    for (const auto& line : lines_of("completions/sockit.bash"))
        if (line.starts_with("    [\""))
            for (const auto& name : split(between(line, "]=\"", "\""), ' '))
                names[between(line, "[\"", "\"]")].insert(name);
    return names;
}

/// `("NAME")`, then `'(-n --name)--name=[HELP]:VALUE:…'`, `-n+[HELP]` for a short one, `*` before
/// what may come again.
OptionNames zsh_completion()
{
    OptionNames names;
    std::string command;
    for (const auto& line : lines_of("completions/_sockit")) {
        if (line.starts_with("    (\""))
            command = between(line, "(\"", "\")");
        if (!line.starts_with("            '"))
            continue;
        std::string name = between(line, "'", "[");
        name = name.substr(name.starts_with("(") ? name.find(')') + 1 : 0);
        names[command].insert(replaced(replaced(name, "*", ""), "+", "="));
    }
    return names;
}

/// `complete -c sockit -n '__sockit_in NAME' -s n -l name [-x | -r …] -d 'HELP'`.
OptionNames fish_completion()
{
    OptionNames names;
    for (const auto& line : lines_of("completions/sockit.fish")) {
        const auto command = between(line, "'__sockit_in ", "'");
        if (command.empty())
            continue;
        const auto words = split(between(line, "' ", " -d '"), ' ');
        const bool value = std::ranges::any_of(
            words, [](const auto& word) { return word == "-x" || word == "-r"; });
        for (std::size_t i = 0; i + 1 < words.size(); ++i)
            if (words[i] == "-s" || words[i] == "-l")
                names[command].insert((words[i] == "-s" ? "-" : "--") + words[i + 1] +
                                      (value ? "=" : ""));
    }
    return names;
}

void expect_no_drift(const OptionNames& told, std::string_view where)
{
    const auto missing = [](const OptionNames& here, const OptionNames& there) {
        std::string text;
        for (const auto& [command, names] : here) {
            if (!there.contains(command))
                text += "\n  command " + command;
            else
                for (const auto& name : names)
                    if (!there.at(command).contains(name))
                        text += "\n  " + command + " " + name;
        }
        return text;
    };
    const auto known = program();
    EXPECT_EQ(missing(known, told), "") << where << " does not tell of these";
    EXPECT_EQ(missing(told, known), "") << where << " tells of what sockit does not have";
}

/// As the man page writes a text.
std::string roff(std::string_view text)
{
    return replaced(replaced(std::string(text), "-", "\\-"), "…", "\\[u2026]");
}

TEST(Drift, ManPageHasTheOptions) { expect_no_drift(man_page(), "man/sockit.1"); }

TEST(Drift, BashCompletionHasTheOptions)
{
    expect_no_drift(bash_completion(), "completions/sockit.bash");
}

TEST(Drift, ZshCompletionHasTheOptions)
{
    expect_no_drift(zsh_completion(), "completions/_sockit");
}

TEST(Drift, FishCompletionHasTheOptions)
{
    expect_no_drift(fish_completion(), "completions/sockit.fish");
}

TEST(Drift, ManPageSaysWhatHelpSays)
{
    const auto lines = lines_of("man/sockit.1");
    for (const auto& command : commands()) {
        const auto start =
            std::ranges::find(lines, ".SS \"sockit " + std::string(command.name) + "\"");
        ASSERT_NE(start, lines.end()) << command.name;
        const auto end = std::find_if(start + 1, lines.end(),
                                      [](const auto& line) { return line.starts_with(".S"); });
        EXPECT_EQ(start[1], roff(command.summary) + ".");
        EXPECT_NE(std::ranges::find(lines, ".B sockit " + std::string(command.name)), lines.end())
            << command.name << " is not in the synopsis";

        const auto invocation = command.make();
        bool help = false;
        for (const auto& option : options_of(*invocation, help)) {
            const auto names = roff(replaced(option.names, ",", ", "));
            const std::vector<std::string> entry{
                ".TP",
                option.value.empty() ? ".B " + names
                                     : ".BI \"" + names + " \" \"" + roff(option.value) + "\"",
                roff(option.help)};
            EXPECT_NE(std::search(start, end, entry.begin(), entry.end()), end)
                << command.name << ": no entry\n"
                << entry[1] << "\n"
                << entry[2];
        }
    }
}

/// The names that zsh and fish offer before any option; bash takes them from the options' rows.
TEST(Drift, CompletionsOfferTheCommands)
{
    std::set<std::string> known;
    std::set<std::string> first_words;
    for (const auto& command : commands()) {
        known.insert(std::string(command.name));
        first_words.insert(split(command.name, ' ')[0]);
    }

    std::set<std::string> zsh;
    for (const auto& line : lines_of("completions/_sockit"))
        if (line.starts_with("        '"))
            zsh.insert(between(line, "'", ":"));
    EXPECT_EQ(zsh, known);

    std::set<std::string> fish;
    std::set<std::string> fish_first_words;
    for (const auto& line : lines_of("completions/sockit.fish")) {
        if (line.starts_with("complete -c sockit -n '__sockit_first' -a "))
            fish_first_words.insert(between(line, " -a ", " "));
        if (const auto group = between(line, "'__sockit_second ", "'"); !group.empty())
            fish.insert(group + " " + between(line, " -a ", " "));
    }
    for (const auto& word : fish_first_words)
        if (known.contains(word))
            fish.insert(word);
    EXPECT_EQ(fish, known);
    EXPECT_EQ(fish_first_words, first_words);
}

TEST(Drift, TheManPageHasTheColumnsOfStat)
{
    std::set<std::string> entries;
    const auto lines = lines_of("man/sockit.1");
    for (std::size_t i = 1; i < lines.size(); ++i)
        if (lines[i - 1] == ".TP" && lines[i].starts_with(".B "))
            entries.insert(replaced(lines[i].substr(3), "\\-", "-"));
    for (const auto& column : stat_columns())
        EXPECT_TRUE(column.help.empty() || entries.contains(std::string(column.name)))
            << column.name;
}

} // namespace
} // namespace sockit::test::THIS_FILE
