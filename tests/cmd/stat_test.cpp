#include "cmd/stat.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sockit::test {
namespace {

/// Stands in for the command: takes the words and does nothing.
class Words final : public Invocation {
public:
    std::vector<Option> options() override { return stat_options(args); }
    ExitStatus run() override { return ExitStatus::Done; }

    StatArgs args;
};

Result<StatPlan> plan(const std::vector<std::string>& argv)
{
    const auto command = std::ranges::find(commands(), "stat", &Command::name);
    EXPECT_NE(command, commands().end());
    Words words;
    const auto help = parse_words(*command, words, argv);
    if (!help)
        return Failure(help.error());
    EXPECT_FALSE(*help);
    return plan_stat(words.args, words.words);
}

std::string usage_error(const std::vector<std::string>& argv)
{
    const auto planned = plan(argv);
    if (planned)
        return "no error";
    EXPECT_EQ(planned.error().domain, Domain::Usage);
    return message(planned.error());
}

TEST(StatPlan, WithoutWordsAnOverviewWithProcesses)
{
    StatPlan expected;
    expected.selection = StatSelection::Overview;
    expected.view.processes = true;
    for (const auto* name : {"netid", "queue", "local", "owner"})
        expected.view.columns.push_back(find_stat_column(name));
    expected.services = true;
    EXPECT_EQ(plan({}), expected);
    expected.services = false;
    EXPECT_EQ(plan({"-n"}), expected);
    EXPECT_EQ(plan({"--json"}), expected);
}

TEST(StatPlan, SwitchesCombineAsInSs)
{
    const StatPlan expected{.udp = false,
                            .local = false,
                            .selection = StatSelection::Listening,
                            .view = {.processes = true}};
    EXPECT_EQ(plan({"-tlnp"}), expected);
    EXPECT_EQ(plan({"-t", "-l", "-n", "-p"}), expected);
    EXPECT_EQ(plan({"--tcp", "--listening", "--numeric", "--processes"}), expected);
}

TEST(StatPlan, EverythingThatIsShownOnlyIfAsked)
{
    const StatPlan expected{
        .udp = false,
        .local = false,
        .selection = StatSelection::All,
        .view = {
            .processes = true, .extended = true, .tcp_info = true, .memory = true, .timer = true}};
    EXPECT_EQ(plan({"-tanpeimoH"}), expected);
    EXPECT_EQ(plan({"--tcp", "--all", "--numeric", "--processes", "--extended", "--info",
                    "--memory", "--options", "--no-header"}),
              expected);
}

TEST(StatPlan, AKindOrAFamilyAloneShowsTheConnected)
{
    EXPECT_EQ(plan({"-un"}),
              (StatPlan{.tcp = false, .local = false, .selection = StatSelection::Connected}));
    EXPECT_EQ(plan({"-xn"}),
              (StatPlan{.tcp = false, .udp = false, .selection = StatSelection::Connected}));
    EXPECT_EQ(plan({"-4n"}),
              (StatPlan{.local = false, .v6 = false, .selection = StatSelection::Connected}));
    EXPECT_EQ(plan({"-4", "-6", "-n"}),
              (StatPlan{.local = false, .selection = StatSelection::Connected}));
    EXPECT_EQ(
        plan({"-6tan"}),
        (StatPlan{.udp = false, .local = false, .v4 = false, .selection = StatSelection::All}));
    EXPECT_EQ(plan({"-an"}), (StatPlan{.selection = StatSelection::All}));
    EXPECT_EQ(plan({"-lan"}), (StatPlan{.selection = StatSelection::All}));
}

TEST(StatPlan, Sources)
{
    EXPECT_EQ(plan({"--via", "netlink"})->source, StatSource::Netlink);
    EXPECT_EQ(plan({"--via=proc"})->source, StatSource::Proc);
    EXPECT_EQ(plan({"--via", "auto"})->source, StatSource::Auto);
    EXPECT_EQ(plan({"--proc-root", "/x"})->source, StatSource::Proc);
    EXPECT_EQ(plan({"--proc-root", "/x"})->proc_root, "/x");
}

TEST(StatPlan, WordsAreAFilter)
{
    const auto filter = parse_filter("state established sport = 22");
    EXPECT_EQ(plan({"-n", "state", "established", "sport", "=", "22"}),
              (StatPlan{.selection = StatSelection::Connected, .filter = *filter}));
    EXPECT_EQ(plan({"-tan", "state established sport", "=22"})->filter, *filter);
    EXPECT_EQ(plan({"-tan", "sport", "=22"})->selection, StatSelection::All);
    EXPECT_EQ(plan({"-x", "src", "x*"})->filter, *parse_filter("src unix:x*"));
    EXPECT_EQ(plan({"-tx", "src", "x.y"})->filter, *parse_filter("src x.y"));
    EXPECT_EQ(plan({"-t"})->filter, std::nullopt);
}

TEST(StatPlan, KillingAsksTheKernelForWhatItCanDestroy)
{
    const StatPlan expected{.act = StatAct::Kill,
                            .local = false,
                            .selection = StatSelection::All,
                            .source = StatSource::Netlink};
    EXPECT_EQ(plan({"-Kan"}), expected);
    EXPECT_EQ(plan({"--kill", "-a", "-n"}), expected);
    EXPECT_EQ(plan({"-Kan", "--dry-run"})->act, StatAct::List);
    EXPECT_FALSE(plan({"-Kan", "--dry-run"})->local);
    EXPECT_EQ(plan({"-xK"}).error().domain, Domain::Unsupported);
}

TEST(StatPlan, Events)
{
    const auto planned = plan({"-nE", "-t", "--deadline", "2s", "--count", "3"});
    EXPECT_EQ(planned->act, StatAct::Events);
    EXPECT_FALSE(planned->udp);
    EXPECT_EQ(planned->deadline, std::chrono::seconds(2));
    EXPECT_EQ(planned->count, 3U);
    EXPECT_TRUE(plan({"-E"})->view.columns.empty());
    EXPECT_EQ(plan({"-xE"}).error().domain, Domain::Unsupported);
}

TEST(StatPlan, SavingAsksForAllAndShowsWhatWasAskedFor)
{
    const auto planned = plan({"-tn", "--save", "f"});
    EXPECT_EQ(planned->save, "f");
    EXPECT_EQ(planned->shown, StatView{});
    EXPECT_TRUE(planned->view.processes && planned->view.tcp_info && planned->view.memory);
    EXPECT_EQ(plan({"-tn", "--from", "f"})->source, StatSource::Saved);
    EXPECT_EQ(plan({"-tn", "--from", "f"})->from, "f");
}

TEST(StatPlan, DiffTakesTwoFiles)
{
    const auto planned = plan({"-n", "--diff", "a", "b"});
    EXPECT_EQ(planned->act, StatAct::Diff);
    EXPECT_EQ(planned->from, "a");
    EXPECT_EQ(planned->compared_with, "b");
    EXPECT_EQ(planned->selection, StatSelection::All);
    EXPECT_EQ(plan({"-l", "--diff", "a", "b"})->selection, StatSelection::Listening);
    EXPECT_EQ(usage_error({"--diff", "a"}), "--diff takes two files");
}

TEST(StatPlan, WatchingTakesADurationOrNone)
{
    const auto planned = plan({"-n", "--watch"});
    EXPECT_EQ(planned->act, StatAct::Watch);
    EXPECT_EQ(planned->interval, std::chrono::seconds(1));
    EXPECT_EQ(planned->selection, StatSelection::All);
    EXPECT_FALSE(planned->view.processes);
    EXPECT_EQ(plan({"-tln", "--watch", "250ms"})->interval, std::chrono::milliseconds(250));
    EXPECT_EQ(plan({"--watch=2", "-tln"})->interval, std::chrono::seconds(2));
    EXPECT_EQ(plan({"--watch", "-t", "--count", "2"})->count, 2U);
    EXPECT_TRUE(usage_error({"--watch", "1ms"}).starts_with("bad --watch '1ms'"));
    EXPECT_TRUE(usage_error({"--watch", "1x"}).starts_with("bad --watch '1x'"));
    EXPECT_EQ(usage_error({"--watch", "-tK"}), "-K and --watch exclude each other");
}

TEST(StatPlan, UsageErrors)
{
    EXPECT_EQ(usage_error({"--from", "f", "--via", "proc"}),
              "--from excludes --via, --proc-root and --netns");
    EXPECT_EQ(usage_error({"--save", "f", "-E"}), "-E and --save exclude each other");
    EXPECT_EQ(usage_error({"--from", "f", "-tK"}), "-K and --from exclude each other");
    EXPECT_EQ(usage_error({"-tKE"}), "-K and -E exclude each other");
    EXPECT_EQ(usage_error({"--dry-run"}), "--dry-run needs -K");
    EXPECT_EQ(usage_error({"--count", "1"}), "--count needs -E or --watch");
    EXPECT_TRUE(usage_error({"-E", "--count", "0"}).starts_with("bad --count '0'"));
    EXPECT_TRUE(usage_error({"-K"}).starts_with("-K needs a kind"));
    EXPECT_EQ(usage_error({"-tK", "--via", "proc"}),
              "-K asks the kernel: it excludes --via proc and --proc-root");
    EXPECT_EQ(usage_error({"--via", "\x1bnet"}),
              "bad --via '\\x1bnet': expected auto, netlink or proc");
    EXPECT_EQ(usage_error({"--via", "netlink", "--proc-root", "/x"}),
              "--proc-root and --via netlink exclude each other");
    EXPECT_EQ(usage_error({"--netns", "x", "--proc-root", "/x"}),
              "--proc-root and --netns exclude each other");
    EXPECT_EQ(usage_error({"-E", "pid", "1"}),
              "-E cannot tell whose a socket was: no pid or comm with it");
    EXPECT_EQ(usage_error({"-t", "sport", "=", ":x y"}),
              "bad filter at column 9: expected a port from 0 to 65535 or the name of a service, "
              "not ':x'");
    EXPECT_EQ(usage_error({"--proceses"}), "unknown option '--proceses'");
}

} // namespace
} // namespace sockit::test
