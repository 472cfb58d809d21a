#include "base/escape.h"
#include "base/parse.h"
#include "base/suggest.h"
#include "cmd/command.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

namespace sockit {

namespace {

std::vector<std::string> split(std::string_view names)
{
    std::vector<std::string> out;
    while (!names.empty()) {
        const auto comma = names.find(',');
        out.emplace_back(names.substr(0, comma));
        names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
    }
    return out;
}

/// An option whose values have an order among those of others.
struct InOrder {
    const Option* option;
    std::shared_ptr<std::vector<std::string>> values;
};
using InOrderOptions = std::map<const CLI::Option*, InOrder>;

/// Values reach us as the user typed them: CLI11's own conversions know neither `1.5s` nor `[::1]`.
void declare(CLI::App& app, const Option& option, InOrderOptions& in_order)
{
    const auto value = [&](auto* into) {
        const auto take = [into](const CLI::results_t& results) {
            if constexpr (std::is_same_v<decltype(into), std::vector<std::string>*>)
                *into = results;
            else
                *into = results.back();
            return true;
        };
        return app.add_option(option.names, take)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    if (auto* const* flag = std::get_if<bool*>(&option.into))
        app.add_flag_callback(option.names, [into = *flag] { *into = true; });
    else if (auto* const* counter = std::get_if<int*>(&option.into))
        app.add_flag(option.names, **counter);
    else if (auto* const* text = std::get_if<std::optional<std::string>*>(&option.into))
        value(*text);
    else if (auto* const* all = std::get_if<std::vector<std::string>*>(&option.into))
        value(*all);
    else {
        auto values = std::make_shared<std::vector<std::string>>();
        const CLI::Option* declared = value(values.get());
        in_order[declared] = {&option, std::move(values)};
    }
}

/// Once all is parsed: values of different options in the order in which they were typed.
void hand_out(const CLI::App& app, const InOrderOptions& in_order)
{
    std::map<const CLI::Option*, std::size_t> taken;
    for (const CLI::Option* parsed : app.parse_order()) {
        const auto found = in_order.find(parsed);
        if (found == in_order.end())
            continue;
        const auto& [option, values] = found->second;
        std::get<std::vector<GivenValue>*>(option->into)
            ->push_back({option->names, (*values)[taken[parsed]++]});
    }
}

/// The option a word that CLI11 left over may have meant.
Error unknown_option(const std::string& word, const std::vector<Option>& options)
{
    std::vector<std::string> known{"--help"};
    for (const auto& option : options)
        std::ranges::copy(split(option.names), std::back_inserter(known));
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    Error error = Error::usage("unknown option " + quote(word));
    if (const auto close = nearest(word.substr(0, word.find('=')), candidates))
        error.hint = "did you mean " + std::string(*close) + "?";
    return error;
}

/// The words with the values that may be left out.
std::vector<std::string> completed(std::span<const std::string> words,
                                   const std::vector<Option>& options)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        out.push_back(words[i]);
        const auto assumed = [&](const Option& option) {
            return !option.assumed.empty() && std::ranges::count(split(option.names), words[i]) > 0;
        };
        const auto option = std::ranges::find_if(options, assumed);
        const bool given =
            i + 1 < words.size() && !words[i + 1].empty() && is_digit(words[i + 1].front());
        if (option != options.end() && !given)
            out.push_back(option->assumed);
    }
    return out;
}

} // namespace

Result<bool> parse_words(const Command& command, Invocation& invocation,
                         std::span<const std::string> words)
{
    const auto dashes = std::ranges::find(words, "--");
    if (dashes != words.end()) {
        if (!command.takes_child)
            return Failure(
                Error::usage("unexpected '--': " + std::string(command.name) + " runs no command"));
        if (std::next(dashes) == words.end())
            return Failure(Error::usage("no command behind '--'"));
        invocation.child_words.emplace(std::next(dashes), words.end());
    }

    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    bool help = false;
    app.add_flag_callback("-h,--help", [&] { help = true; });
    const auto options = invocation.options();
    InOrderOptions in_order;
    for (const auto& option : options)
        declare(app, option, in_order);
    try {
        auto reversed = completed({words.begin(), dashes}, options);
        std::ranges::reverse(reversed);
        app.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch& mismatch) {
        return Failure(Error::usage(escape(mismatch.what())));
    } catch (const CLI::ParseError& error) {
        return Failure(Error::usage(escape(error.what())));
    }
    if (help)
        return true;
    hand_out(app, in_order);
    for (auto& word : app.remaining()) {
        if (word.size() > 1 && word[0] == '-')
            return Failure(unknown_option(word, options));
        invocation.words.push_back(std::move(word));
    }
    return false;
}

} // namespace sockit
