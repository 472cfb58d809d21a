#include "cmd/echo_files.h"

#include "report/event_sink.h"

namespace sockit {

namespace {

constexpr auto usual_interval = std::chrono::seconds(1);

/// A file of figures, from its creation to its name.
class FiguresFile {
public:
    using MakeSink = std::unique_ptr<EventSink> (*)(Output&);

    static Result<std::unique_ptr<FiguresFile>> open(const std::string& path, MakeSink make_sink)
    {
        return std::make_unique<FiguresFile>(TRY(OutputFile::open(path)), path, make_sink);
    }
    FiguresFile(OutputFile file, const std::string& path, MakeSink make_sink)
        : m_file(std::move(file)), m_output(m_file.ref(), path), m_sink(make_sink(m_output))
    {}

    void take(const Event& event) { m_sink->take(event); }
    std::optional<Error> finish()
    {
        m_sink->finish();
        if (m_output.failed())
            return m_output.failure();
        const auto committed = m_file.commit();
        return committed ? std::nullopt : std::optional(committed.error());
    }

private:
    OutputFile m_file;
    Output m_output;
    std::unique_ptr<EventSink> m_sink;
};

/// Whether the records tell of it: an interval that is there for the files is for nobody else.
bool is_told(const Event& event, bool watching)
{
    const auto* interval = event.get_if<EchoInterval>();
    return interval == nullptr || interval->asked || watching;
}

} // namespace

std::vector<Option> echo_files_options(EchoFilesArgs& args)
{
    return {{"--hlog", "FILE", "Load: latencies as a log that HdrHistogram's tools read and add",
             &args.hlog},
            {"--html", "FILE", "Load: figures and curves as a page for a browser", &args.html}};
}

Result<> check_echo_files(const EchoFilesArgs& args)
{
    if (args.hlog && args.hlog == args.html)
        return Failure(Error::usage("--hlog and --html name the same file"));
    return {};
}

void plan_echo_intervals(EchoLoad& load, const EchoFilesArgs& files, bool watching)
{
    if (!load.interval && (files.any() || watching))
        load.interval = usual_interval;
    if (watching)
        load.tell_intervals = false;
}

Result<Ending> with_echo_files(const EchoFilesArgs& args, bool watching, const Emit& emit,
                               const std::function<Result<Ending>(const Emit&)>& act)
{
    std::vector<std::unique_ptr<FiguresFile>> files;
    if (args.hlog)
        files.push_back(TRY(FiguresFile::open(*args.hlog, make_hlog_sink)));
    if (args.html)
        files.push_back(TRY(FiguresFile::open(*args.html, make_html_sink)));
    auto ending = TRY(act([&](const Event& event) {
        for (const auto& file : files)
            file->take(event);
        return !is_told(event, watching) || emit(event);
    }));
    for (const auto& file : files)
        if (const auto failure = file->finish(); failure && ending.status != ExitStatus::Local) {
            ending.status = ExitStatus::Local;
            ending.why = failure;
        }
    return ending;
}

} // namespace sockit
