#include "cmd/stat_time.h"

#include "base/parse.h"
#include "cmd/plan_common.h"
#include "cmd/screen.h"
#include "op/stat.h"
#include "op/stat_diff.h"
#include "op/stat_events.h"
#include "op/stat_kill.h"
#include "op/stat_watch.h"
#include "report/saved_sockets.h"

#include <functional>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

Error unsupported(std::string_view call, std::string reason)
{
    auto error = Error::unsupported(call, "");
    error.detail = std::move(reason);
    return error;
}

Result<> plan_kill(const StatTimeArgs& args, StatPlan& plan)
{
    if (plan.source == StatSource::Proc)
        return Failure(Error::usage("-K asks the kernel: it excludes --via proc and --proc-root"));
    if (plan.selection == StatSelection::Overview)
        return Failure(Error::usage("-K needs a kind, a family, a state or a filter: without, it "
                                    "would destroy every connection"));
    if (!plan.tcp && !plan.udp)
        return Failure(unsupported("sock_destroy", "no kernel destroys unix sockets, only TCP, UDP "
                                                   "and raw ones"));
    if (!plan.count_by.empty() || !plan.sort.empty() || plan.totals)
        return Failure(Error::usage("-K excludes --count-by, --sort and -s"));
    plan.local = false;
    plan.source = StatSource::Netlink;
    if (!args.dry_run)
        plan.act = StatAct::Kill;
    return {};
}

Result<> plan_events(StatPlan& plan)
{
    if (plan.source == StatSource::Proc)
        return Failure(Error::usage("-E asks the kernel: it excludes --via proc and --proc-root"));
    if (!plan.tcp && !plan.udp)
        return Failure(unsupported("bind", "the kernel tells of TCP and UDP sockets only"));
    plan.local = false;
    plan.act = StatAct::Events;
    return {};
}

void plan_save(const std::string& file, StatPlan& plan)
{
    plan.save = file;
    plan.shown = plan.view;
    plan.view.processes = true;
    plan.view.extended = true;
    plan.view.tcp_info = true;
    plan.view.memory = true;
}

Result<> plan_diff(const std::string& earlier, std::span<const std::string>& words, StatPlan& plan)
{
    if (words.empty())
        return Failure(Error::usage("--diff takes two files"));
    plan.act = StatAct::Diff;
    plan.source = StatSource::Saved;
    plan.from = earlier;
    plan.compared_with = words.front();
    words = words.subspan(1);
    if (plan.selection != StatSelection::Listening)
        plan.selection = StatSelection::All;
    return {};
}

Result<> plan_watch(const std::string& interval, StatPlan& plan)
{
    if (!plan.count_by.empty() || !plan.sort.empty() || plan.totals)
        return Failure(Error::usage("--watch shows sockets as they come: it excludes --count-by, "
                                    "--sort and -s"));
    plan.interval = TRY(parse_duration(interval, "--watch"));
    if (plan.interval < std::chrono::milliseconds(10))
        return bad_value("--watch", interval, "expected at least 10ms");
    plan.act = StatAct::Watch;
    return {};
}

/// Usage errors name the first two that were given.
Result<> only_one_of(std::initializer_list<std::pair<std::string_view, bool>> options)
{
    std::string_view first;
    for (const auto& [name, given] : options) {
        if (!given)
            continue;
        if (!first.empty())
            return Failure(Error::usage(std::string(first) + " and " + std::string(name) +
                                        " exclude each other"));
        first = name;
    }
    return {};
}

/// A file of saved sockets that appears whole or not at all.
class SavedFile {
public:
    explicit SavedFile(OutputFile file, const std::string& path)
        : m_file(std::move(file)), m_reporter(options(m_file.ref(), path), shape)
    {}

    Emit emit()
    {
        return [this](const Event& event) { return m_reporter.emit(event); };
    }

    Result<> finish()
    {
        m_reporter.finish();
        if (m_reporter.failure())
            return Failure(*m_reporter.failure());
        return m_file.commit();
    }

private:
    static constexpr DocumentShape shape{.schema = "sockit.stat/1", .placements = {}};

    static ReportOptions options(FdRef file, const std::string& path)
    {
        ReportOptions options;
        options.format = Format::Jsonl;
        options.records = file;
        options.records_name = path;
        options.text.flush = Flush::WhenFull;
        return options;
    }

    OutputFile m_file;
    Reporter m_reporter;
};

Ending ending_of(const Result<>& done)
{
    if (done)
        return {};
    return {.status = exit_status(done.error()), .why = done.error(), .signal = {}};
}

Result<StatEnd> watch(const StatPlan& plan, const Emit& emit)
{
    if (!plan.live)
        return watch_sockets(plan, emit, FdRef{STDOUT_FILENO}, nullptr);
    constexpr std::size_t headlines = 2; // the state of things, and the names of the columns
    const Screen screen;
    const LiveTable table{.keys = screen.keys(), .rows = [] {
                              const auto rows = screen_size().rows;
                              return rows > headlines ? rows - headlines : 0;
                          }};
    return watch_sockets(plan, emit, FdRef{STDOUT_FILENO}, &table);
}

/// The listing, saved on the way where that is planned.
Result<std::uint64_t> list_sockets(const StatPlan& plan, const Emit& emit)
{
    SavedSockets saved;
    if (!plan.save)
        return stat_sockets(plan, emit, {.read = std::ref(saved), .save = {}});
    SavedFile file(TRY(OutputFile::open(*plan.save)), *plan.save);
    const auto listed = stat_sockets(plan, emit, {.read = std::ref(saved), .save = file.emit()});
    if (listed)
        TRY(file.finish());
    return listed;
}

Ending ending_of(const StatPlan& plan, const Result<std::uint64_t>& listed)
{
    if (!listed)
        return ending_of(Failure(listed.error()));
    if (plan.check && *listed == 0)
        return ending_of(Failure(Error::unmet("stat", "", "no socket matches")));
    return {};
}

} // namespace

std::vector<Option> stat_time_options(StatTimeArgs& args)
{
    return {
        {"-K,--kill", "", "Destroy the sockets that match, and show each", &args.kill},
        {"--dry-run", "", "With -K: show what would be destroyed", &args.dry_run},
        {"-E,--events", "", "Show TCP and UDP sockets when the kernel destroys them", &args.events},
        {"--watch", "[DUR]", "Look again every DUR (1s): a live table, or records of changes",
         &args.watch, "1s"},
        {"--save", "FILE", "Save all that is known of the sockets, as JSON Lines", &args.save},
        {"--from", "FILE", "Read saved sockets instead of the kernel's", &args.from},
        {"--diff", "FILE", "Compare saved sockets with those of a second FILE", &args.diff},
        {"--deadline", "DUR", "Stop after that time", &args.deadline},
        {"--count", "N", "Stop after N events or looks", &args.count},
    };
}

Result<> plan_stat_time(const StatTimeArgs& args, std::span<const std::string>& words,
                        StatPlan& plan)
{
    TRY(only_one_of({{"-K", args.kill},
                     {"-E", args.events},
                     {"--diff", args.diff.has_value()},
                     {"--watch", args.watch.has_value()},
                     {"--save", args.save.has_value()}}));
    TRY(only_one_of({{"-K", args.kill},
                     {"-E", args.events},
                     {"--diff", args.diff.has_value()},
                     {"--watch", args.watch.has_value()},
                     {"--from", args.from.has_value()}}));
    if (args.dry_run && !args.kill)
        return Failure(Error::usage("--dry-run needs -K"));
    if (!args.events && !args.watch && (args.deadline || args.count))
        return Failure(Error::usage(std::string(args.deadline ? "--deadline" : "--count") +
                                    " needs -E or --watch"));
    plan.deadline = TRY(plan_duration(args.deadline, "--deadline"));
    plan.count =
        TRY(plan_number(args.count, "--count", 1, std::numeric_limits<std::uint64_t>::max()));
    if (plan.totals && (args.save || args.from || args.diff))
        return Failure(Error::usage("-s counts sockets of the kernel: it excludes --save, --from "
                                    "and --diff"));
    if (args.save)
        plan_save(*args.save, plan);
    plan.from = args.from;
    if (args.diff)
        return plan_diff(*args.diff, words, plan);
    if (args.watch)
        return plan_watch(*args.watch, plan);
    if (args.kill)
        return plan_kill(args, plan);
    return args.events ? plan_events(plan) : Result<>();
}

bool watches_live(const StatPlan& plan, const OutputPlan& output)
{
    return plan.act == StatAct::Watch && output.format == Format::Text && !output.file &&
           output.verbosity >= 0 && Screen::possible();
}

Result<Ending> run_stat(const StatPlan& plan, const Emit& emit)
{
    switch (plan.act) {
    case StatAct::List: break;
    case StatAct::Kill: return ending_of(kill_sockets(plan, emit));
    case StatAct::Watch: {
        const auto end = TRY(watch(plan, emit));
        return Ending{.status = {}, .why = {}, .signal = end.signal};
    }
    case StatAct::Diff: {
        SavedSockets saved;
        const auto changed = diff_sockets(plan, emit, std::ref(saved));
        if (!changed)
            return ending_of(Failure(changed.error()));
        return Ending{
            .status = *changed ? ExitStatus::No : ExitStatus::Done, .why = {}, .signal = {}};
    }
    case StatAct::Events: {
        const auto end = TRY(tell_destroyed(plan, emit, FdRef{STDOUT_FILENO}));
        return Ending{.status = {}, .why = {}, .signal = end.signal};
    }
    }
    return ending_of(plan, list_sockets(plan, emit));
}

} // namespace sockit
