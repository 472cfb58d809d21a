#include "sock/target_file.h"
#include "support/run.h"

#include <gtest/gtest.h>

namespace sockit::test::THIS_FILE {
namespace {

/// The targets of a file with that content by their text, or the error's message, the file's name
/// left out of it.
Words read_back(std::string_view content)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("list");
    write_file(path, content);
    const auto groups = read_target_file(path);
    if (!groups) {
        auto text = message(groups.error());
        if (const auto at = text.find(path); at != std::string::npos)
            text.erase(at, path.size());
        return {text};
    }
    Words all;
    for (const auto& group : *groups)
        for (std::size_t i = 0; i < group.size(); ++i)
            all.push_back(group.at(i).text);
    return all;
}

TEST(TargetFile, HasOneTargetALine)
{
    EXPECT_EQ(read_back("localhost:80\n\n# two more\r\n::1 22\r\n  unix:/run/x"),
              (Words{"localhost:80", "[::1]:22", "unix:/run/x"}));
    EXPECT_EQ(read_back("\xef\xbb\xbflocalhost:1-2\n"), (Words{"localhost:1", "localhost:2"}));
    EXPECT_EQ(read_back(""), Words());
    EXPECT_EQ(read_back("#\n\n"), Words());
}

TEST(TargetFile, LinesThatSpanTwoReadsAreWhole)
{
    std::string content;
    Words expected;
    for (int i = 1; i <= 9000; ++i) {
        expected.push_back("localhost:" + std::to_string(i));
        content += expected.back() + "\n";
    }
    EXPECT_EQ(read_back(content), expected);
}

TEST(TargetFile, LinesInARowAboutOneHostAreOneGroup)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("list");
    const auto count = [&](std::string_view content) {
        write_file(path, content);
        const auto groups = read_target_file(path);
        return groups ? groups->size() : 0;
    };
    EXPECT_EQ(count("127.0.0.1:1\n127.0.0.1 2\ntcp:127.0.0.1:3-9\n127.0.0.1:2\n"), 1U);
    EXPECT_EQ(count("[::1]:1\n[::1]:2\nlocalhost:2\nudp:localhost:2\nlocalhost:2\n"), 4U);
    EXPECT_EQ(count("10.0.0.0/24:1\n10.0.0.0:2\n10.0.0.0/24:3\n10.0.0.7/24:4\n"), 3U);
    EXPECT_EQ(count("unix:/a\nunix:/a\nvsock:1:1\nvsock:1:1\nlocalhost:1\n"), 5U);
    const Words expected{"localhost:1", "localhost:http", "localhost:2", "localhost:2"};
    EXPECT_EQ(read_back("localhost:1\nlocalhost:http\nlocalhost:2\nlocalhost:2\n"), expected);
}

TEST(TargetFile, ABadLineIsNamed)
{
    const auto expect = [](std::string_view content, const std::string& why) {
        EXPECT_EQ(read_back(content), Words{why});
    };
    expect("localhost:1\nlocalhost:x y\n", ":2: bad word 'y': a line has one target, HOST:PORTS or "
                                           "HOST PORTS");
    expect("localhost:1\r\n\r\nlocal\x1b[2Jhost:1", ":3: bad target 'local\\x1b[2Jhost:1': not a "
                                                    "host name");
    expect(std::string_view("localhost:1\nlocal\0host:1\n", 26),
           ":2: a NUL byte: this is not a list of targets");
    expect(std::string(std::size_t{3} << 20U, 'a'),
           ":1: a line of more than 1 MiB: this is not a list of targets");
    expect("a\xef\xbb\xbf:1", ":1: bad target 'a\\u{feff}:1': not a host name");
}

TEST(TargetFile, OneThatCannotBeReadSaysWhy)
{
    const TemporaryDirectory directory;
    const auto missing = read_target_file(directory.path("none"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ENOENT);
    EXPECT_EQ(missing.error().subject, directory.path("none"));
    const auto folder = read_target_file(directory.path(""));
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, EISDIR);
    const auto endless = read_target_file("/dev/zero");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().domain, Domain::Usage);
}

} // namespace
} // namespace sockit::test::THIS_FILE
