#include "peer.h"
#include "support/hlog_reader.h"
#include "support/run.h"
#include "support/schema.h"
#include "support/scripted_server.h"

#include <csignal>
#include <filesystem>
#include <sstream>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

Server files_server() { return Server({"echo", "server", "127.0.0.1:0"}); }

/// `sockit echo client ENDPOINT OPTIONS…`
Outcome client_of(const std::string& endpoint, const Words& options, Surroundings around = {})
{
    Words words{"echo", "client", endpoint};
    words.insert(words.end(), options.begin(), options.end());
    return run(words, std::move(around));
}

std::size_t files_in(const TemporaryDirectory& directory)
{
    const std::filesystem::directory_iterator all(directory.path("."));
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// The first of these programs that is in PATH; empty if none is.
std::string found_program(std::initializer_list<std::string> names)
{
    std::istringstream path(::getenv("PATH"));
    for (std::string folder; std::getline(path, folder, ':');)
        for (const auto& name : names)
            if (::access((folder + "/" + name).c_str(), X_OK) == 0)
                return name;
    return {};
}

TEST(EchoHlog, HoldsEveryMessageOfTheSummary)
{
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto file = directory.path("a.hlog");
    const auto outcome =
        client_of(server.endpoint(), {"-c", "3", "-n", "500", "--hlog", file, "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto latency = parse_document(outcome.out)["summary"]["latency"];
    const auto log = read_hlog(read_file(file));
    EXPECT_EQ(log.comments.at(0), "#[Histogram log format version 1.3]");
    std::map<std::uint64_t, std::uint64_t> buckets;
    for (const auto& interval : log.intervals)
        for (const auto& bucket : interval.histogram.buckets)
            buckets[bucket.highest] += bucket.count;
    EXPECT_EQ(latency["buckets"], json(std::vector(buckets.begin(), buckets.end())));
    EXPECT_EQ(files_in(directory), 1U);
}

TEST(EchoHlog, TheStockToolReadsIt)
{
    const std::string library = "/usr/share/java/hdrhistogram.jar";
    if (found_program({"java"}).empty() || !std::filesystem::exists(library))
        GTEST_SKIP() << "no java with HdrHistogram here (libhdrhistogram-java)";
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto file = directory.path("a.hlog");
    const auto outcome = client_of(server.endpoint(), {"-n", "500", "--hlog", file, "--json"});
    const auto latency = parse_document(outcome.out)["summary"]["latency"];
    const auto read = run_program({"java", "-cp", library, "org.HdrHistogram.HistogramLogProcessor",
                                   "-i", file, "-outputValueUnitRatio", "1"});
    EXPECT_TRUE(exited(read, 0));
    EXPECT_NE(read.out.find("Total count    =          500"), std::string::npos) << read.out;
    EXPECT_NE(read.out.find(std::to_string(latency["buckets"].back()[0].get<std::uint64_t>())),
              std::string::npos)
        << read.out;
}

TEST(EchoHtml, IsAWellFormedPageOfTheRun)
{
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto file = directory.path("a.html");
    const auto outcome = client_of(server.endpoint(), {"-n", "100", "--html", file});
    EXPECT_TRUE(exited(outcome, 0));
    const auto page = read_file(file);
    EXPECT_NE(page.find("✔ 100 messages of 64 B on 1 connection in "), std::string::npos) << page;
    EXPECT_NE(page.find("<code>" + server.endpoint() + "</code>"), std::string::npos);
    EXPECT_EQ(files_in(directory), 1U);
    EXPECT_TRUE(exited(run_program({"xmllint", "--noout", "--nonet", file}), 0));
}

TEST(EchoFiles, BothAtOnceAndAlsoAfterASignal)
{
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto log = directory.path("a.hlog");
    const auto page = directory.path("a.html");
    Running client({sockit_binary(), "echo", "client", server.endpoint(), "-d", "60s", "--hlog",
                    log, "--html", page, "--jsonl"},
                   {});
    client.wait_for_output("\"start\"");
    client.send_signal(SIGINT);
    EXPECT_TRUE(died_by(client.wait(), SIGINT));
    EXPECT_FALSE(read_hlog(read_file(log)).intervals.empty());
    EXPECT_NE(read_file(page).find(", stopped by SIGINT</p>"), std::string::npos);
}

TEST(EchoFiles, WhatIsForThemAloneIsNotToldToOthers)
{
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto outcome = client_of(server.endpoint(), {"-d", "1100ms", "--rate", "1000", "--html",
                                                       directory.path("a"), "--jsonl"});
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).size(), 2U) << outcome;
}

TEST(EchoFiles, ThatCannotBeCreatedEndTheRunBeforeItBegins)
{
    const auto server = files_server();
    const auto outcome =
        client_of(server.endpoint(), {"-n", "1", "--hlog", "/nonexistent/a.hlog", "--jsonl"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(outcome.err,
              "sockit: open /nonexistent/a.hlog: No such file or directory (ENOENT)\n");
    EXPECT_TRUE(valid_lines(outcome.out)) << outcome;
    EXPECT_EQ(parse_lines(outcome.out).front()["error"]["phase"], "output");
}

TEST(EchoFiles, ThatCannotBeWrittenAreAFailure)
{
    const auto server = files_server();
    for (const std::string option : {"--hlog", "--html"}) {
        const auto outcome = client_of(server.endpoint(), {"-n", "9", option, "/dev/full"});
        EXPECT_TRUE(exited(outcome, 6));
        EXPECT_EQ(outcome.err, "sockit: write /dev/full: No space left on device (ENOSPC)\n");
        EXPECT_TRUE(outcome.out.find("9 messages") != std::string::npos) << outcome;
    }
}

TEST(EchoFiles, ARunThatDidNotBeginLeavesNone)
{
    const TemporaryDirectory directory;
    const auto outcome =
        client_of("name.invalid:7", {"-n", "1", "--timeout", "5s", "--html", directory.path("a")});
    EXPECT_TRUE(exited(outcome, 4));
    EXPECT_EQ(files_in(directory), 0U);
}

TEST(EchoFiles, AWrongEchoIsStillTheStatus)
{
    const ScriptedServer server([](Fd& socket) {
        for (auto message = receive_bytes(socket, 64); message.size() == 64;
             message = receive_bytes(socket, 64)) {
            message[40] ^= 1;
            send_bytes(socket, message);
        }
    });
    const TemporaryDirectory directory;
    const auto page = directory.path("a");
    EXPECT_TRUE(exited(client_of(server.endpoint(), {"-n", "3", "--html", page, "-q"}), 1));
    const auto text = read_file(page);
    EXPECT_NE(text.find("<p class=\"verdict bad\">"), std::string::npos);
    EXPECT_NE(text.find("<td>corrupt</td>"), std::string::npos);
}

TEST(EchoFiles, AreForALoad)
{
    for (const Words& options : {Words{"--hlog", "x"}, Words{"--html", "x"},
                                 Words{"-n", "1", "--hlog", "x", "--html", "x"}}) {
        const auto outcome = client_of("127.0.0.1:7", options);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "");
    }
}

/// A fifth of a second at 2,000 messages a second, looked at every 50 ms.
const Words looked_at{"-c", "2", "-d", "220ms", "--rate", "2000", "--interval", "50ms"};

Words looked_at_with(const Words& more)
{
    Words words = looked_at;
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

/// Parts follow each other and hold all there is.
void expect_all_of(const json& summary, const std::vector<json>& parts)
{
    std::uint64_t messages = 0;
    std::int64_t end = 0;
    for (const auto& part : parts) {
        EXPECT_EQ(part["start_ns"], end);
        end += part["duration_ns"].get<std::int64_t>();
        messages += part["messages"].get<std::uint64_t>();
        EXPECT_EQ(part["latency"]["count"], part["messages"]);
    }
    EXPECT_GE(parts.size(), 4U);
    EXPECT_EQ(summary["messages"], messages);
}

TEST(EchoIntervals, AreRecordsOrAPartOfTheDocument)
{
    const auto server = files_server();
    const auto lines = client_of(server.endpoint(), looked_at_with({"--jsonl"}));
    EXPECT_TRUE(valid_lines(lines.out)) << lines;
    auto records = parse_lines(lines.out);
    ASSERT_GE(records.size(), 3U) << lines;
    expect_all_of(records.back(), {records.begin() + 1, records.end() - 1});
    const auto whole = client_of(server.endpoint(), looked_at_with({"--json"}));
    EXPECT_TRUE(valid_document(whole.out)) << whole;
    const auto document = parse_document(whole.out);
    expect_all_of(document["summary"], document["intervals"]);
}

TEST(EchoIntervals, AreLinesForPeopleUnlessQuiet)
{
    const auto server = files_server();
    const auto outcome = client_of(server.endpoint(), looked_at);
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_NE(outcome.out.find("\n50.0 ms "), std::string::npos) << outcome;
    EXPECT_NE(outcome.out.find(" 2 connections\n"), std::string::npos) << outcome;
    EXPECT_EQ(outcome.err, "");
    const auto quiet = client_of(server.endpoint(), looked_at_with({"-q"}));
    EXPECT_EQ(quiet.out.find("50.0 ms "), std::string::npos) << quiet;
}

TEST(EchoIntervals, AreALineOfProgressOnATerminal)
{
    const auto server = files_server();
    const Terminal terminal;
    Words words{sockit_binary(), "echo", "client", server.endpoint(), "--color", "never"};
    words.insert(words.end(), looked_at.begin(), looked_at.end());
    Running process(words, {.fds = {{STDOUT_FILENO, terminal.slave.ref()},
                                    {STDERR_FILENO, terminal.slave.ref()}},
                            .environment = {{"TERM", "xterm"}}});
    const auto drawn = read_until(terminal.master.get(), "retransmits");
    EXPECT_TRUE(exited(process.wait(), 0));
    const auto line = drawn.find("\r50.0 ms ");
    ASSERT_NE(line, std::string::npos) << drawn;
    EXPECT_NE(drawn.find("\x1b[K\r", line), std::string::npos) << drawn;
    const auto summary = drawn.find("all verified");
    ASSERT_NE(summary, std::string::npos) << drawn;
    EXPECT_EQ(drawn.find("\n50.0 ms "), std::string::npos) << "a line of its own: " << drawn;
}

TEST(EchoIntervals, OfALogAreThoseAskedFor)
{
    const auto server = files_server();
    const TemporaryDirectory directory;
    const auto file = directory.path("a.hlog");
    EXPECT_TRUE(exited(client_of(server.endpoint(), looked_at_with({"--hlog", file})), 0));
    const auto log = read_hlog(read_file(file));
    ASSERT_GE(log.intervals.size(), 5U); // and one of the service time
    EXPECT_EQ(log.intervals[1].start, 0.05);
    EXPECT_EQ(log.intervals.back().tag, "service");
}

/// Shows page.html in four frames and tells what the browser made of it.
constexpr std::string_view probe_page = R"html(<!DOCTYPE html><html><body>
<script>
const luminance = text => {
  const [r, g, b] = text.match(/[\d.]+/g).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + .05) / (low + .05);
};
const look = frame => {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  const style = element => view.getComputedStyle(element);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = style(element).backgroundColor;
      if (!/^rgba\(.*, 0\)$/.test(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [], outside = [], over = [];
  for (const element of page.body.querySelectorAll('*')) {
    const drawn = element.namespaceURI.endsWith('svg');
    const own = [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim());
    const name = element.tagName + ' ' + element.textContent.slice(0, 20);
    if (own && element.tagName != 'title' && element.tagName != 'desc' &&
        contrast(drawn ? style(element).fill : style(element).color, behind(element)) < 4.5)
      faint.push(name);
    if (/^line/.test(element.getAttribute('class')) &&
        contrast(style(element).stroke, behind(element)) < 3)
      faint.push(element.getAttribute('class'));
    const box = element.getBoundingClientRect();
    if (box.width && !element.closest('.wide') && (box.right > view.innerWidth + .5 || box.left < 0))
      outside.push(name);
  }
  for (const svg of page.querySelectorAll('svg')) {
    const boxes = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
    boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3)
        over.push(one.textContent + ' / ' + other.textContent);
    }));
  }
  const texts = [...page.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height);
  return {
    page: style(page.body).backgroundColor, mode: page.compatMode, width: root.scrollWidth,
    charts: page.querySelectorAll('svg[role=img] > title').length,
    lines: page.querySelectorAll('svg path[class^=line]').length,
    wrong: page.querySelectorAll('.wide tr').length - 1,
    smallest: Math.min(...texts), fetched: view.performance.getEntriesByType('resource').length,
    faint, outside, over,
  };
};
const frames = [];
for (const scheme of ['light', 'dark'])
  for (const width of [360, 1280]) {
    const frame = document.createElement('iframe');
    frame.src = 'page.html';
    frame.style = `width: ${width}px; height: 900px; border: 0; color-scheme: ${scheme}`;
    document.body.append(frame);
    frames.push(frame);
  }
onload = () => {
  const result = document.createElement('pre');
  result.textContent = encodeURIComponent(JSON.stringify(frames.map(look)));
  document.body.append(result);
};
</script></body></html>
)html";

/// What encodeURIComponent() made of it.
std::string decoded_component(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    return out;
}

/// What the probe page tells of `directory`'s page.html.
json seen_in_browser(const std::string& browser, const TemporaryDirectory& directory)
{
    write_file(directory.path("probe.html"), probe_page);
    const auto shown = run_program(
        {browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", "--allow-file-access-from-files",
         "--user-data-dir=" + directory.path("profile"), "--dump-dom",
         "file://" + directory.path("probe.html")},
        {.environment = {{"HOME", directory.path(".")}}, .limit = std::chrono::minutes(1)});
    const auto begin = shown.out.find("<pre>");
    EXPECT_NE(begin, std::string::npos) << shown;
    if (begin == std::string::npos)
        return json::array();
    const auto text = shown.out.substr(begin + 5, shown.out.find("</pre>") - begin - 5);
    return json::parse(decoded_component(text));
}

TEST(EchoHtml, IsReadableInABrowserLightAndDarkNarrowAndWide)
{
    const auto browser = found_program({"chromium", "chromium-browser", "google-chrome"});
    if (browser.empty())
        GTEST_SKIP() << "no chromium here";
    const ScriptedServer server([](Fd& socket) {
        int number = 0;
        for (auto message = receive_bytes(socket, 64); message.size() == 64;
             message = receive_bytes(socket, 64)) {
            if (++number % 50 == 0)
                message[40] ^= 1;
            send_bytes(socket, message);
        }
    });
    const TemporaryDirectory directory;
    const auto outcome =
        client_of(server.endpoint(), {"-d", "220ms", "--rate", "1000", "--interval", "50ms",
                                      "--html", directory.path("page.html")});
    EXPECT_TRUE(exited(outcome, 1));
    const auto frames = seen_in_browser(browser, directory);
    ASSERT_EQ(frames.size(), 4U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto& frame = frames[i];
        const bool dark = i >= 2;
        SCOPED_TRACE(frame.dump(2));
        EXPECT_EQ(frame["page"], dark ? "rgb(18, 22, 27)" : "rgb(255, 255, 255)");
        EXPECT_EQ(frame["mode"], "CSS1Compat");
        EXPECT_LE(frame["width"], i % 2 == 0 ? 360 : 1280);
        EXPECT_EQ(frame["charts"], 3);
        EXPECT_EQ(frame["lines"], 2 * (2 + 3 + 2)); // the curves, and their pieces in the legends
        EXPECT_EQ(frame["wrong"], 4);
        EXPECT_GE(frame["smallest"], 9.0);
        EXPECT_EQ(frame["fetched"], 0);
        EXPECT_EQ(frame["faint"], json::array());
        EXPECT_EQ(frame["outside"], json::array());
        EXPECT_EQ(frame["over"], json::array());
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
