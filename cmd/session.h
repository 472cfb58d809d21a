#pragma once

#include "cmd/exit_status.h"
#include "cmd/options.h"
#include "event/event.h"
#include "report/reporter.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sockit {

enum class ColorChoice : std::uint8_t { Auto, Always, Never };

/// What the output options ask for.
struct OutputPlan {
    Format format = Format::Text;
    int verbosity = 0;
    bool wide = false;
    ColorChoice color = ColorChoice::Auto;
    std::optional<std::string> file;
    std::optional<std::string> report; ///< the --json document goes there as well, without payload

    bool operator==(const OutputPlan&) const = default;
};

Result<OutputPlan> plan_output(const OutputArgs& args);

/// Whether somebody waits at a terminal, and nothing else goes there: text on stderr, no payload
/// typed or shown, no CI.
bool shows_progress(const OutputPlan& plan);
/// The same for a command whose records may stand on the terminal above the line of progress.
bool shows_status(const OutputPlan& plan);

/// How a command uses its streams.
struct StreamUse {
    DocumentShape shape;
    Flush flush = Flush::EachRecord;
    bool stdout_carries_payload = false; ///< text records go to stderr
    bool header = true;                  ///< tables have one
    std::function<ScreenSize()> screen;  ///< records are frames for a terminal of that size
};

/// Why and how a command ended.
struct Ending {
    ExitStatus status = ExitStatus::Done;
    std::optional<Error> why;  ///< the one line on stderr
    std::optional<int> signal; ///< end by it, once everything is written
};

/// A file that appears whole or not at all; a pipe or device is written in place.
class OutputFile {
public:
    /// No file.
    OutputFile() = default;
    static Result<OutputFile> open(const std::string& path);
    OutputFile(OutputFile&&) noexcept = default;
    OutputFile& operator=(OutputFile&&) noexcept = default;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] FdRef ref() const { return m_fd.ref(); }
    /// Gives it its name. Without that nothing is left of it.
    Result<> commit();

private:
    Fd m_fd;
    std::string m_temporary; ///< empty when written in place, or committed
    std::string m_path;
};

/// One command's output from its first event to the exit status.
class Session {
public:
    static Result<std::unique_ptr<Session>> open(const OutputPlan& plan, const StreamUse& use);

    Emit emit();
    /// Completes the output and tells why we end. Our own output's failure outranks everything
    /// else: status Local and a line, or, when the reader went away, a quiet end as by SIGPIPE.
    ExitStatus finish(const Ending& ending);

private:
    Session(const ReportOptions& options, const StreamUse& use, OutputFile file);
    Result<> open_report(const std::string& path);
    [[nodiscard]] std::optional<Error> failure();

    StreamUse m_use;
    OutputFile m_file;
    bool m_announcing; ///< records are a courtesy on stderr: losing them is no failure
    Reporter m_reporter;
    OutputFile m_report_file;
    std::unique_ptr<Reporter> m_report;
};

/// Restores `signal`'s default action and dies by it.
[[noreturn]] void die_by(int signal);

} // namespace sockit
