#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// The layers' include roots keep our own headers apart; these rules keep those of the system and of
// the libraries where they belong.

namespace sockit::test {
namespace {

struct Rule {
    std::string_view header; ///< how the included name begins
    std::vector<std::string_view>
        allowed; ///< where it may stand: folders and files from the project's root
};

const std::array rules{
    Rule{"sys/epoll.h", {"src/loop/"}},
    Rule{"sys/signalfd.h", {"src/loop/"}},
    Rule{"sys/timerfd.h", {"src/loop/"}},
    Rule{"nlohmann/", {"src/report/json.cpp"}},
    Rule{"CLI/", {"cmd/cli.cpp"}},
    Rule{"fmt/", {"src/report/", "cmd/"}},
    Rule{"format>", {}},
    Rule{"iostream", {}},
};

/// What `line` includes, with the closing quote; empty for other lines.
std::string_view included(std::string_view line)
{
    constexpr std::string_view start = "#include ";
    return line.starts_with(start) ? line.substr(start.size() + 1) : std::string_view();
}

bool permitted(std::string_view line, std::string_view path)
{
    return std::ranges::all_of(rules, [&](const Rule& rule) {
        return !included(line).starts_with(rule.header) ||
               std::ranges::any_of(rule.allowed,
                                   [&](auto place) { return path.starts_with(place); });
    });
}

TEST(Includes, SystemAndLibraryHeadersStayInTheirLayers)
{
    const std::filesystem::path root = SOCKIT_SOURCE_DIR;
    std::size_t files = 0;
    for (const auto* folder : {"src", "cmd"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file())
                continue;
            ++files;
            const auto path = entry.path().lexically_relative(root).string();
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);)
                EXPECT_TRUE(permitted(line, path)) << path << ": " << line;
        }
    EXPECT_GT(files, 100U);
}

} // namespace
} // namespace sockit::test
