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

struct OpenedFile {
    Fd fd;
    std::string temporary;
};

/// A regular or new file is written beside itself and renamed; a pipe or device is written in
/// place.
Result<OpenedFile> open_output(const std::string& path)
{
    struct stat status{};
    const bool in_place = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
    constexpr mode_t mode = 0666;
    if (in_place || path.starts_with("/dev/fd/")) {
        Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!fd.valid())
            return Failure(Error::from_errno(Phase::Output, "open", path, errno));
        return OpenedFile{std::move(fd), {}};
    }
    std::string temporary = path + "." + std::to_string(::getpid()) + ".tmp";
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd.valid())
        return Failure(Error::from_errno(Phase::Output, "open", path, errno));
    return OpenedFile{std::move(fd), std::move(temporary)};
}

} // namespace

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

Result<std::unique_ptr<Session>> Session::open(const OutputPlan& plan, const StreamUse& use)
{
    OpenedFile file;
    if (plan.file)
        file = TRY(open_output(*plan.file));
    const bool to_stderr = use.stdout_carries_payload && plan.format == Format::Text;
    ReportOptions options;
    options.format = plan.format;
    options.records =
        file.fd.valid() ? file.fd.ref() : FdRef{to_stderr ? STDERR_FILENO : STDOUT_FILENO};
    options.records_name = plan.file.value_or(to_stderr ? "stderr" : "stdout");
    options.notes = FdRef{STDERR_FILENO};
    options.color_records = use_color(plan.color, options.records);
    options.color_notes = use_color(plan.color, options.notes);
    options.text.verbosity = plan.verbosity;
    options.text.width = plan.wide ? 0 : terminal_width(options.records);
    options.text.header = use.header;
    options.text.flush = use.flush;
    return std::unique_ptr<Session>(new Session(options, use, std::move(file.fd),
                                                std::move(file.temporary), plan.file.value_or("")));
}

Session::Session(const ReportOptions& options, const StreamUse& use, Fd file, std::string temporary,
                 std::string final_path)
    : m_use(use), m_file(std::move(file)), m_temporary(std::move(temporary)),
      m_final(std::move(final_path)), m_reporter(options, m_use.shape)
{}

Emit Session::emit()
{
    return [this](const Event& event) { return m_reporter.emit(event); };
}

ExitStatus Session::finish(const Ending& ending)
{
    m_reporter.finish();
    std::optional<Error> failure = m_reporter.failure();
    if (!m_temporary.empty()) {
        if (!failure && ::rename(m_temporary.c_str(), m_final.c_str()) < 0)
            failure = Error::from_errno(Phase::Output, "rename", m_final, errno);
        if (failure)
            ::unlink(m_temporary.c_str());
    }
    ExitStatus status = ending.status;
    if (failure && failure->code == EPIPE)
        die_by(SIGPIPE);
    if (failure)
        status = sockit::fail(*failure);
    else if (ending.why)
        sockit::fail(*ending.why);
    if (ending.signal)
        die_by(*ending.signal);
    return status;
}

ExitStatus Session::fail(const Error& error)
{
    m_reporter.emit(Failed{error});
    return finish({.status = exit_status(error), .why = error, .signal = std::nullopt});
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
