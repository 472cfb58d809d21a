#include "cmd/stat.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sockit::test::THIS_FILE {
namespace {

class ViewWords final : public Invocation {
public:
    std::vector<Option> options() override { return stat_options(args); }
    ExitStatus run() override { return ExitStatus::Done; }

    StatArgs args;
};

Result<StatPlan> plan_view(const std::vector<std::string>& argv)
{
    const auto command = std::ranges::find(commands(), "stat", &Command::name);
    ViewWords words;
    const auto help = parse_words(*command, words, argv);
    if (!help)
        return Failure(help.error());
    return plan_stat(words.args, words.words);
}

std::string view_error(const std::vector<std::string>& argv)
{
    const auto planned = plan_view(argv);
    if (planned)
        return "no error";
    EXPECT_EQ(planned.error().domain, Domain::Usage);
    return message(planned.error()) + "; " + planned.error().hint;
}

TEST(StatViews, ColumnsReadWhatTheyNeedAndNoMore)
{
    const auto plan = plan_view({"-tan", "--columns", "state,rtt,User,rb"});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->view.columns, (std::vector{find_stat_column("state"), find_stat_column("rtt"),
                                               find_stat_column("user"), find_stat_column("rb")}));
    EXPECT_TRUE(plan->view.tcp_info && plan->view.users && plan->view.memory);
    EXPECT_FALSE(plan->view.processes || plan->view.extended || plan->view.commands);
    EXPECT_TRUE(plan_view({"-t", "--columns", "age"})->view.commands);
    EXPECT_TRUE(plan_view({"-t", "--count-by", "process"})->view.processes);
    EXPECT_TRUE(plan_view({"-t", "--sort", "cgroup"})->view.extended);
}

TEST(StatViews, OrdersWithTheirDirections)
{
    const std::vector<StatOrder> expected{{find_stat_column("recv-q"), true},
                                          {find_stat_column("local"), false}};
    EXPECT_EQ(plan_view({"-t", "--sort", "-recv-q,local"})->sort, expected);
    EXPECT_EQ(plan_view({"-t", "--sort=-recv-q,+local"})->sort, expected);
}

TEST(StatViews, WithoutAKindAllSocketsAreTheirs)
{
    for (const auto* option : {"--count-by", "--columns", "--sort"})
        EXPECT_EQ(plan_view({option, "state"})->selection, StatSelection::All) << option;
    EXPECT_EQ(plan_view({"-t", "--count-by", "state"})->selection, StatSelection::Connected);
    EXPECT_EQ(plan_view({"--count-by", "state", "dport", "=", ":443"})->selection,
              StatSelection::Connected);
}

TEST(StatViews, TotalsAloneReadNoSockets)
{
    EXPECT_EQ(plan_view({"-s"})->selection, StatSelection::None);
    EXPECT_TRUE(plan_view({"-s"})->totals);
    EXPECT_EQ(plan_view({"-st"})->selection, StatSelection::Connected);
    EXPECT_EQ(plan_view({"-sl"})->selection, StatSelection::Listening);
}

TEST(StatViews, ThreadsImplyProcessesAndOneLineIsForPeople)
{
    EXPECT_TRUE(plan_view({"-tT"})->view.threads);
    EXPECT_TRUE(plan_view({"-tT"})->view.processes);
    EXPECT_TRUE(plan_view({"-tO"})->view.one_line);
}

TEST(StatViews, NamesHaveALimitInAll)
{
    EXPECT_EQ(plan_view({"-tr"})->names_limit, std::chrono::seconds(5));
    EXPECT_EQ(plan_view({"-tr", "--timeout", "250ms"})->names_limit,
              std::chrono::milliseconds(250));
    EXPECT_TRUE(plan_view({"-tr"})->view.names);
    EXPECT_FALSE(plan_view({"-t"})->view.names);
    EXPECT_EQ(view_error({"-t", "--timeout", "1s"}), "--timeout needs -r; ");
}

TEST(StatViews, AnOverviewOfWhichMoreIsWantedIsAListing)
{
    EXPECT_EQ(plan_view({})->view.columns.size(), 4U);
    EXPECT_TRUE(plan_view({"-e"})->view.columns.empty());
    EXPECT_TRUE(plan_view({"-i"})->view.columns.empty());
}

TEST(StatViews, WhatIsToBeDestroyedIsNeverEverySocketByAnOptionOfDisplay)
{
    EXPECT_TRUE(view_error({"-K", "--columns", "state"}).starts_with("-K needs a kind"));
    EXPECT_EQ(view_error({"-Kt", "--sort", "state"}), "-K excludes --count-by, --sort and -s; ");
}

TEST(StatViews, EventsAreNeitherSortedNorCounted)
{
    for (const auto& option : {"--sort=state", "--count-by=state", "--check", "-r", "-s"})
        EXPECT_EQ(view_error({"-Et", option}),
                  "-E excludes --count-by, --sort, --check, -r and -s; ")
            << option;
}

TEST(StatViews, UsageErrorsNameTheColumnAndTheNearest)
{
    EXPECT_EQ(view_error({"--columns", "state,proces"}),
              "unknown column 'proces' in --columns; did you mean process?");
    EXPECT_EQ(view_error({"--count-by", "stat"}),
              "unknown column 'stat' in --count-by; did you mean state?");
    EXPECT_EQ(view_error({"--sort", "-\x1b"}),
              "unknown column '\\x1b' in --sort; sockit stat --help names the columns");
    EXPECT_EQ(view_error({"--columns", "state,"}),
              "unknown column '' in --columns; sockit stat --help names the columns");
    EXPECT_EQ(view_error({"--count-by", "state,pid,State"}), "--count-by names state twice; ");
    EXPECT_EQ(view_error({"--count-by", "state", "--sort", "state"}),
              "--count-by and --sort exclude each other; ");
    EXPECT_EQ(view_error({"--count-by", "state", "--columns", "state"}),
              "--count-by and --columns exclude each other; ");
}

} // namespace
} // namespace sockit::test::THIS_FILE
