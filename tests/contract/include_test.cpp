#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// The layers' include roots keep our own headers apart; these rules keep apart what they cannot:
// headers of the system and of the libraries, and what a layer sees only because one below it does.

namespace sockit::test::THIS_FILE {
namespace {

struct Rule {
    std::string_view place;                 ///< where it holds: folders and files from the root
    std::vector<std::string_view> headers;  ///< how the included names begin
    std::vector<std::string_view> excepted; ///< where, or which, is allowed all the same
};

const std::array rules{
    Rule{"", {"sys/epoll.h", "sys/signalfd.h", "sys/timerfd.h"}, {"src/loop/"}},
    Rule{"", {"nlohmann/"}, {"src/report/json.cpp"}},
    Rule{"", {"CLI/"}, {"cmd/cli.cpp"}},
    Rule{"", {"re2/"}, {"src/op/pattern.cpp"}},
    Rule{"", {"zlib.h"}, {"src/report/hlog.cpp"}},
    Rule{"", {"fmt/"}, {"src/report/", "cmd/"}},
    Rule{"", {"openssl/"}, {"src/sock/"}},
    Rule{"", {"format>", "iostream", "cstdio", "stdio.h"}, {}},
    Rule{"src/report/",
         {"sock/"},
         {"sock/endpoint.h", "sock/protocol_names.h", "sock/socket_info.h"}},
    Rule{"cmd/", {"diag/", "loop/"}, {}},
};

/// What `line` includes, with the closing quote; empty for other lines.
std::string_view included(std::string_view line)
{
    constexpr std::string_view start = "#include ";
    return line.starts_with(start) ? line.substr(start.size() + 1) : std::string_view();
}

/// Whether the file `path` may hold `line`.
bool permitted(std::string_view line, std::string_view path)
{
    const auto header = included(line);
    return std::ranges::none_of(rules, [&](const Rule& rule) {
        const auto begins = [](std::string_view text) {
            return [text](std::string_view start) { return text.starts_with(start); };
        };
        return path.starts_with(rule.place) && std::ranges::any_of(rule.headers, begins(header)) &&
               std::ranges::none_of(rule.excepted, begins(path)) &&
               std::ranges::none_of(rule.excepted, begins(header));
    });
}

TEST(Includes, TheRulesCatchWhatIsPlanted)
{
    EXPECT_FALSE(permitted("#include <sys/epoll.h>", "src/op/relay.cpp"));
    EXPECT_FALSE(permitted("#include <sys/epoll.h>", "src/base/fd.h"));
    EXPECT_TRUE(permitted("#include <sys/epoll.h>", "src/loop/poller.cpp"));
    EXPECT_FALSE(permitted("#include <CLI/CLI.hpp>", "cmd/options.cpp"));
    EXPECT_FALSE(permitted("#include <nlohmann/json.hpp>", "src/report/fields.cpp"));
    EXPECT_FALSE(permitted("#include <fmt/core.h>", "src/op/relay.cpp"));
    EXPECT_FALSE(permitted("#include <openssl/ssl.h>", "src/op/channel.h"));
    EXPECT_FALSE(permitted("#include \"sock/socket.h\"", "src/report/table.cpp"));
    EXPECT_TRUE(permitted("#include \"sock/endpoint.h\"", "src/report/fields.h"));
    EXPECT_FALSE(permitted("#include \"loop/poller.h\"", "cmd/stat.cpp"));
    EXPECT_FALSE(permitted("#include <iostream>", "cmd/main.cpp"));
    EXPECT_TRUE(permitted("#include <vector>", "src/op/relay.cpp"));
}

/// Calls `look` with the path from the root and each line of every source file of `folders`; how
/// many files there were.
std::size_t for_each_line(std::initializer_list<const char*> folders,
                          const std::function<void(const std::string&, const std::string&)>& look)
{
    const std::filesystem::path root = SOCKIT_SOURCE_DIR;
    std::size_t files = 0;
    for (const auto* folder : folders)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file())
                continue;
            ++files;
            const auto path = entry.path().lexically_relative(root).string();
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);)
                look(path, line);
        }
    return files;
}

TEST(Includes, SystemAndLibraryHeadersStayInTheirLayers)
{
    const auto files = for_each_line({"src", "cmd"}, [](const auto& path, const auto& line) {
        EXPECT_TRUE(permitted(line, path)) << path << ": " << line;
    });
    EXPECT_GT(files, 100U);
}

TEST(Layers, NothingBelowCmdPrintsExitsOrThrows)
{
    for_each_line({"src"}, [](const auto& path, const auto& line) {
        const auto code = line.substr(0, line.find("//"));
        for (const auto* call : {"std::cout", "std::cerr", "printf(", "puts(", "std::exit",
                                 "::exit(", "abort(", "terminate(", "throw "})
            EXPECT_EQ(code.find(call), std::string::npos) << path << ": " << line;
    });
}

} // namespace
} // namespace sockit::test::THIS_FILE
