#include "cmd/stat.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sockit::test::THIS_FILE {
namespace {

/// What no word about kinds means: all of them.
StatPlan every_kind()
{
    return {.raw = true, .mptcp = true, .packet = true, .netlink = true, .vsock = true};
}

/// What -4 or -6 mean.
StatPlan every_inet_kind() { return {.local = false, .raw = true, .mptcp = true}; }

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
    auto expected = every_kind();
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
    auto inet = every_inet_kind();
    inet.selection = StatSelection::Connected;
    EXPECT_EQ(plan({"-4", "-6", "-n"}), inet);
    inet.v6 = false;
    EXPECT_EQ(plan({"-4n"}), inet);
    EXPECT_EQ(
        plan({"-6tan"}),
        (StatPlan{.udp = false, .local = false, .v4 = false, .selection = StatSelection::All}));
    auto all = every_kind();
    all.selection = StatSelection::All;
    EXPECT_EQ(plan({"-an"}), all);
    EXPECT_EQ(plan({"-lan"}), all);
}

TEST(StatPlan, KindsByOptionFamilyAndQuery)
{
    const auto none =
        StatPlan{.tcp = false, .udp = false, .local = false, .selection = StatSelection::Connected};
    auto expected = none;
    expected.raw = expected.packet = expected.mptcp = expected.vsock = true;
    EXPECT_EQ(plan({"-nw0M", "--vsock"}), expected);
    EXPECT_EQ(plan({"-n", "--raw", "--packet", "--mptcp", "-A", "vsock"}), expected);

    expected = none;
    expected.packet = expected.netlink = expected.local = true;
    EXPECT_EQ(plan({"-n", "-f", "link", "--family", "netlink", "-f", "unix"}), expected);
    EXPECT_EQ(plan({"-n", "-A", "packet,netlink,unix"}), expected);
    EXPECT_EQ(plan({"-nf", "inet", "-t"}), plan({"-n4t"}));
    EXPECT_EQ(plan({"-nf", "inet6"}), plan({"-n6"}));

    expected = none;
    expected.local = expected.packet = true;
    expected.local_types = 1U << SOCK_DGRAM | 1U << SOCK_SEQPACKET;
    expected.packet_types = 1U << SOCK_RAW;
    EXPECT_EQ(plan({"-nA", "unix_dgram,u_seq,p_raw"}), expected);

    expected = none;
    expected.udp = expected.raw = expected.mptcp = true;
    EXPECT_EQ(plan({"-nA", "inet,!tcp"}), expected);
    EXPECT_EQ(plan({"-anA", "all"}), plan({"-an"}));
}

TEST(StatPlan, BoundInactiveAloneOrWithOthers)
{
    auto expected = every_kind();
    expected.selection = StatSelection::BoundInactive;
    expected.bound_inactive = true;
    EXPECT_EQ(plan({"-nB"}), expected);
    expected.selection = StatSelection::All;
    EXPECT_EQ(plan({"-na", "--bound-inactive"}), expected);
}

TEST(StatPlan, AttributesOnlyIfAsked)
{
    const auto view = plan({"-tn", "--tos", "--inet-sockopt", "--cgroup"})->view;
    EXPECT_EQ(view, (StatView{.cgroup = true, .type_of_service = true, .inet_options = true}));
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
    auto expected = every_kind();
    expected.selection = StatSelection::Connected;
    expected.filter = *filter;
    EXPECT_EQ(plan({"-n", "state", "established", "sport", "=", "22"}), expected);
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
                            .raw = true,
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
    EXPECT_EQ(usage_error({"-f", "ipx"}),
              "bad --family 'ipx': expected inet, inet6, unix, link, netlink or vsock");
    EXPECT_TRUE(usage_error({"-A", "tcp,,udp"}).starts_with("bad --query '': expected all, inet"));
    EXPECT_EQ(usage_error({"-A", "tcp,!inet"}), "--query leaves no kind of socket");
    EXPECT_EQ(usage_error({"--all-netns", "-N", "1"}),
              "--all-netns excludes --netns and --proc-root");
    EXPECT_EQ(usage_error({"--all-netns", "dev", "lo"}),
              "a device is of one namespace: --all-netns excludes dev");
    EXPECT_EQ(usage_error({"-E", "pid", "1"}),
              "-E cannot tell whose a socket was: no pid or comm with it");
    EXPECT_EQ(usage_error({"-t", "sport", "=", ":x y"}),
              "bad filter at column 9: expected a port from 0 to 65535 or the name of a service, "
              "not ':x'");
    EXPECT_EQ(usage_error({"--proceses"}), "unknown option '--proceses'");
}

} // namespace
} // namespace sockit::test::THIS_FILE
