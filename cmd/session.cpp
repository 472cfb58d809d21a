#include "cmd/session.h"

#include "base/parse.h"
#include "cmd/command.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit {

namespace {

std::string_view environment(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// --color above NO_COLOR, above CLICOLOR_FORCE and FORCE_COLOR, above CLICOLOR=0, TERM=dumb,
/// isatty.
bool use_color(ColorChoice choice, FdRef fd)
{
    if (choice != ColorChoice::Auto)
        return choice == ColorChoice::Always;
    if (!environment("NO_COLOR").empty())
        return false;
    for (const char* force : {"CLICOLOR_FORCE", "FORCE_COLOR"})
        if (const auto value = environment(force); !value.empty() && value != "0")
            return true;
    return environment("CLICOLOR") != "0" && environment("TERM") != "dumb" &&
           ::isatty(fd.value) == 1;
}

/// Columns of the terminal behind `fd`; 0 when it is none.
std::size_t terminal_width(FdRef fd)
{
    winsize size{};
    if (::isatty(fd.value) != 1 || ::ioctl(fd.value, TIOCGWINSZ, &size) < 0)
        return 0;
    constexpr std::size_t customary = 80; // a terminal that does not know its size
    return size.ws_col != 0 ? size.ws_col : customary;
}

} // namespace

Result<OutputFile> OutputFile::open(const std::string& path)
{
    OutputFile file;
    file.m_path = path;
    struct stat status{};
    const bool in_place = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
    constexpr mode_t mode = 0666;
    if (in_place || path.starts_with("/dev/fd/")) {
        file.m_fd = Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    } else {
        const std::string temporary = path + "." + std::to_string(::getpid()) + ".tmp";
        file.m_fd = Fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        if (file.m_fd.valid())
            file.m_temporary = temporary;
    }
    if (!file.m_fd.valid())
        return Failure(Error::from_errno(Phase::Output, "open", path, errno));
    return file;
}

OutputFile::~OutputFile()
{
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

Result<> OutputFile::commit()
{
    if (!m_temporary.empty() && ::rename(m_temporary.c_str(), m_path.c_str()) < 0)
        return Failure(Error::from_errno(Phase::Output, "rename", m_path, errno));
    m_temporary.clear();
    return {};
}

Result<OutputPlan> plan_output(const OutputArgs& args)
{
    if (args.json && args.jsonl)
        return Failure(Error::usage("--json and --jsonl exclude each other"));
    if (args.quiet && args.verbose > 0)
        return Failure(Error::usage("-q and -v exclude each other"));
    OutputPlan plan;
    plan.format = args.json ? Format::Json : args.jsonl ? Format::Jsonl : Format::Text;
    plan.verbosity = args.quiet ? -1 : args.verbose;
    plan.wide = args.wide;
    plan.file = args.output;
    const auto color = args.color.value_or("auto");
    if (color == "always")
        plan.color = ColorChoice::Always;
    else if (color == "never")
        plan.color = ColorChoice::Never;
    else if (color != "auto")
        return bad_value("--color", color, "expected auto, always or never");
    return plan;
}

bool shows_progress(const OutputPlan& plan)
{
    return shows_status(plan) && ::isatty(STDIN_FILENO) == 0 && ::isatty(STDOUT_FILENO) == 0;
}

bool shows_status(const OutputPlan& plan)
{
    return plan.format == Format::Text && plan.verbosity >= 0 && environment("CI").empty() &&
           environment("TERM") != "dumb" && ::isatty(STDERR_FILENO) == 1;
}

Result<std::unique_ptr<Session>> Session::open(const OutputPlan& plan, const StreamUse& use)
{
    OutputFile file;
    if (plan.file)
        file = TRY(OutputFile::open(*plan.file));
    const bool to_stderr = use.stdout_carries_payload && plan.format == Format::Text;
    ReportOptions options;
    options.format = plan.format;
    options.records = plan.file ? file.ref() : FdRef{to_stderr ? STDERR_FILENO : STDOUT_FILENO};
    options.records_name = plan.file.value_or(to_stderr ? "stderr" : "stdout");
    options.notes = FdRef{STDERR_FILENO};
    options.color_records = use_color(plan.color, options.records);
    options.color_notes = use_color(plan.color, options.notes);
    options.text.verbosity = plan.verbosity;
    options.text.width = plan.wide ? 0 : terminal_width(options.records);
    options.text.header = use.header;
    options.text.screen = use.screen;
    options.text.flush = use.flush;
    std::unique_ptr<Session> session(new Session(options, use, std::move(file)));
    if (plan.report)
        TRY(session->open_report(*plan.report));
    return session;
}

Session::Session(const ReportOptions& options, const StreamUse& use, OutputFile file)
    : m_use(use), m_file(std::move(file)),
      m_announcing(!m_file.ref().valid() && options.records.value == STDERR_FILENO),
      m_reporter(options, m_use.shape)
{}

Result<> Session::open_report(const std::string& path)
{
    m_report_file = TRY(OutputFile::open(path));
    ReportOptions options;
    options.format = Format::Json;
    options.payload = false;
    options.records = m_report_file.ref();
    options.records_name = path;
    m_report = std::make_unique<Reporter>(options, m_use.shape);
    return {};
}

Emit Session::emit()
{
    return [this](const Event& event) {
        if (m_report)
            m_report->emit(event);
        return m_reporter.emit(event) || m_announcing;
    };
}

/// Completes every output; the first that failed tells why.
std::optional<Error> Session::failure()
{
    m_reporter.finish();
    std::optional<Error> failure;
    if (!m_announcing)
        failure = m_reporter.failure();
    if (!failure)
        if (auto committed = m_file.commit(); !committed)
            failure = committed.error();
    if (!m_report)
        return failure;
    m_report->finish();
    std::optional<Error> report_failure = m_report->failure();
    if (!report_failure)
        if (auto committed = m_report_file.commit(); !committed)
            report_failure = committed.error();
    return failure ? failure : report_failure;
}

ExitStatus Session::finish(const Ending& ending)
{
    const auto failed = failure();
    ExitStatus status = ending.status;
    if (failed && failed->code == EPIPE)
        die_by(SIGPIPE);
    if (failed)
        status = sockit::fail(*failed);
    else if (ending.why)
        sockit::fail(*ending.why);
    if (ending.signal)
        die_by(*ending.signal);
    return status;
}

void die_by(int signal)
{
    ::signal(signal, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);
}

} // namespace sockit
