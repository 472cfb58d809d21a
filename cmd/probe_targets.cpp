#include "cmd/probe_targets.h"

#include "base/escape.h"
#include "sock/target_file.h"

#include <algorithm>
#include <iterator>

namespace sockit {

std::vector<Option> probe_target_options(ProbeTargetArgs& args)
{
    return {{"--targets-from", "FILE", "Targets from FILE, one a line; - is stdin", &args.files}};
}

Result<std::vector<TargetGroup>> plan_probe_targets(const std::vector<std::string>& words,
                                                    const ProbeTargetArgs& args)
{
    if (std::ranges::count(args.files, "-") > 1)
        return Failure(Error::usage("--targets-from -: stdin can be read only once"));
    if (words.empty() && !args.files.empty())
        return std::vector<TargetGroup>();
    return parse_target_list(words);
}

Result<> add_listed_targets(std::vector<TargetGroup>& targets, const ProbeTargetArgs& args)
{
    for (const auto& file : args.files) {
        auto listed = TRY(read_target_file(file));
        std::ranges::move(listed, std::back_inserter(targets));
    }
    if (!targets.empty() || args.files.empty())
        return {};
    const auto& first = args.files.front();
    return Failure(Error::usage("no target in " + (first == "-" ? "stdin" : escape(first))));
}

} // namespace sockit
