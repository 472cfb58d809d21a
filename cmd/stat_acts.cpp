#include "cmd/stat_acts.h"

#include "cmd/screen.h"
#include "op/stat.h"
#include "op/stat_diff.h"
#include "op/stat_events.h"
#include "op/stat_kill.h"
#include "op/stat_watch.h"
#include "report/saved_sockets.h"

#include <functional>

#include <unistd.h>

namespace sockit {

namespace {

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
