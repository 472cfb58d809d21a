#pragma once

#include "base/fd.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace sockit::test {

using Words = std::vector<std::string>;

/// How a process ended and what it said.
struct Outcome {
    int status = -1; ///< exit status; -1 when a signal ended it
    int signal = 0;  ///< the signal that ended it, or 0
    std::string out;
    std::string err;
};

/// Prints all of it: `EXPECT_EQ(outcome.out, "") << outcome`.
std::ostream& operator<<(std::ostream& stream, const Outcome& outcome);

/// `EXPECT_TRUE(exited(outcome, 2))` prints status, stdout and stderr when it fails.
testing::AssertionResult exited(const Outcome& outcome, int status);
/// The same for the end by a signal.
testing::AssertionResult died_by(const Outcome& outcome, int signal);

/// The surroundings of a process. Its environment holds PATH, HOME, LC_ALL=C.UTF-8, the sanitizers'
/// options and `environment`, nothing else of ours; it inherits no descriptor but those named here.
struct Surroundings {
    std::string input;            ///< what stdin gives before its end
    bool keep_input_open = false; ///< no end of stdin before Running::close_input()
    std::map<int, FdRef> fds; ///< descriptor there -> descriptor here; replaces the pipes on 0-2
    std::set<int> closed;     ///< descriptors closed there, 0-2 too
    std::map<std::string, std::string> environment;
    std::map<int, rlim_t> limits; ///< RLIMIT_* -> soft and hard limit
    std::string directory;        ///< working directory; ours when empty
    std::chrono::milliseconds limit =
        std::chrono::seconds(30); ///< a run that is longer fails the test
};

/// The path of the sockit under test: the environment's SOCKIT_BINARY, or that of this build.
std::string sockit_binary();
/// Whether it was built with sanitizers.
bool is_sanitized();

/// A process in the background: killed and reaped at the end of its life if it still runs. Its
/// output is read all the time, so that it never blocks on us.
class Running {
public:
    /// Starts `program` (words[0], looked up in PATH) with its arguments.
    Running(const Words& words, Surroundings surroundings);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

    [[nodiscard]] pid_t pid() const { return m_pid; }
    void send_signal(int signal) const;
    void write_input(std::string_view bytes);
    void close_input();
    /// Waits until stdout (stderr) holds `text` and returns all that came so far; fails the test,
    /// with everything printed, when the process ends or the limit passes before.
    std::string wait_for_output(std::string_view text);
    std::string wait_for_error(std::string_view text);
    /// Waits for the end, at most for the limit: then the test fails and the process is killed.
    Outcome wait();

private:
    void collect();
    std::string wait_for(const std::string& stream, std::string_view text);
    Outcome reap();

    Surroundings m_surroundings;
    std::chrono::steady_clock::time_point m_end;
    std::string m_command; ///< the words, for messages
    pid_t m_pid = -1;
    bool m_reaped = false;
    Fd m_input;
    Fd m_out;
    Fd m_err;
    Fd m_wake; ///< readable: the collector looks again
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::string m_out_text;
    std::string m_err_text;
    bool m_collected = false;
    std::thread m_collector;
};

/// Runs `sockit WORDS…` to its end.
Outcome run(const Words& words, Surroundings surroundings = {});
/// Runs any program, looked up in PATH, to its end: `run_program({"ss", "-tan"})`.
Outcome run_program(const Words& words, Surroundings surroundings = {});

/// `sockit WORDS… --ready-fd N` in the background, waited for until it is bound.
class Server {
public:
    explicit Server(const Words& words, Surroundings surroundings = {});

    [[nodiscard]] const std::string& endpoint() const { return m_endpoint; } ///< "127.0.0.1:41234"
    [[nodiscard]] std::string port() const;                                  ///< "41234"
    Running* operator->() { return &*m_running; }

private:
    std::optional<Running> m_running;
    std::string m_endpoint;
};

/// A connected pair of descriptors of pipe2(2), both close-on-exec.
struct Pipe {
    Pipe();
    Fd read;
    Fd write;
};

/// A directory that lives as long as the object, removed with all it holds.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] std::string path(std::string_view name) const;

private:
    std::string m_path;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

} // namespace sockit::test
