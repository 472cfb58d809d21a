#include "cmd/command.h"

#include <algorithm>

namespace sockit {

namespace {

constexpr std::size_t column = 30;

/// `  left …… right`, right in a column of its own; on the next line when left is too long for
/// that.
void append_row(std::string& text, const std::string& left, std::string_view right)
{
    text += "  " + left;
    if (left.size() + 2 > column - 2)
        text += "\n" + std::string(column, ' ');
    else
        text += std::string(column - 2 - left.size(), ' ');
    text += right;
    text += '\n';
}

std::string option_words(const Option& option)
{
    std::string names = option.names;
    if (const auto comma = names.find(','); comma != std::string::npos)
        names.insert(comma + 1, " ");
    return option.value.empty() ? names : names + " " + option.value;
}

} // namespace

std::string help_text(const Command& command, Invocation& invocation)
{
    std::string text = "Usage: sockit " + std::string(command.name) + " [OPTIONS] " +
                       std::string(command.synopsis) + "\n\n" + std::string(command.summary) +
                       ".\n";
    if (!command.details.empty())
        text += "\n" + std::string(command.details) + "\n";
    text += "\nOptions:\n";
    for (const auto& option : invocation.options())
        append_row(text, option_words(option), option.help);
    append_row(text, "-h, --help", "Show this help");
    return text;
}

std::string help_text()
{
    std::string text = "Usage: sockit COMMAND [OPTIONS] …\n\nCommands:\n";
    for (const auto& command : commands())
        append_row(text, std::string(command.name), command.summary);
    text += "\nTargets: HOST:PORT  [V6]:PORT  HOST PORT  :PORT  unix:PATH  unix:@NAME\n"
            "Durations: 250ms 1.5s 2m 1h   Sizes: 512 64k 1MiB\n\n"
            "sockit COMMAND --help tells more; sockit --version what this kernel can do.\n";
    return text;
}

} // namespace sockit
