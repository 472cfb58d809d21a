#include "diag/process_details.h"

#include <array>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace sockit {

namespace {

/// At most so much of a file: a command line may have megabytes.
constexpr std::size_t most_bytes = 64UL * 1024;

std::string read_start_of(FdRef directory, const std::string& name)
{
    const Fd file(::openat(directory.value, name.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> buffer;
    while (file.valid() && text.size() < most_bytes) {
        const auto length = ::read(file.get(), buffer.data(), buffer.size());
        if (length <= 0)
            break;
        text.append(buffer.data(), static_cast<std::size_t>(length));
    }
    return text;
}

std::optional<std::int64_t> number_at_start(std::string_view text)
{
    std::int64_t value = 0;
    const auto failed = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    return failed == std::errc() ? std::optional(value) : std::nullopt;
}

/// The 22nd word of proc_pid_stat(5), in ticks since the start of the system. The name before it,
/// in brackets, may hold anything.
std::optional<std::int64_t> start_ticks(std::string_view stat)
{
    const auto bracket = stat.rfind(") ");
    if (bracket == std::string_view::npos)
        return std::nullopt;
    stat.remove_prefix(bracket + 2);
    constexpr int words_before = 19;
    for (int i = 0; i < words_before; ++i) {
        const auto space = stat.find(' ');
        if (space == std::string_view::npos)
            return std::nullopt;
        stat.remove_prefix(space + 1);
    }
    return number_at_start(stat);
}

} // namespace

ProcessDetailsReader::ProcessDetailsReader(const std::string& proc_root)
    : m_proc(::open(proc_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
{
    const auto stat = read_start_of(m_proc.ref(), "stat");
    constexpr std::string_view label = "\nbtime ";
    const auto at = stat.find(label);
    if (at == std::string::npos)
        return;
    if (const auto seconds = number_at_start(std::string_view(stat).substr(at + label.size())))
        m_booted = std::chrono::system_clock::time_point(std::chrono::seconds(*seconds));
}

ProcessDetails ProcessDetailsReader::read(std::int32_t pid) const
{
    const auto directory = std::to_string(pid);
    ProcessDetails details;
    details.command = read_start_of(m_proc.ref(), directory + "/cmdline");
    while (details.command.ends_with('\0'))
        details.command.pop_back();
    for (char& c : details.command)
        c = c == '\0' ? ' ' : c;
    const auto ticks = start_ticks(read_start_of(m_proc.ref(), directory + "/stat"));
    if (ticks && m_booted) {
        const auto per_second = ::sysconf(_SC_CLK_TCK);
        details.started = *m_booted + std::chrono::seconds(*ticks / per_second) +
                          std::chrono::milliseconds(*ticks % per_second * 1000 / per_second);
    }
    return details;
}

} // namespace sockit
