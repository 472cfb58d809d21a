#include "diag/process_sockets.h"

#include "base/fd.h"
#include "diag/foreign_socket.h"
#include "diag/process_walk.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

#include <fcntl.h>

namespace sockit {

namespace {

namespace fs = std::filesystem;

Failure not_held(std::string_view call, const std::string& subject, int reason)
{
    Error error = Error::from_errno(Phase::Socket, call, subject, reason);
    if (reason == EACCES || reason == EPERM)
        error.detail = what_foreign_sockets_take();
    return Failure(std::move(error));
}

/// Whether the process has ended, reaped or not: its state is Z or X (proc_pid_stat(5)). The name
/// before it, in brackets, may hold anything.
bool has_died(const std::string& directory)
{
    std::ifstream in(directory + "/stat");
    std::string stat;
    std::getline(in, stat, '\0');
    const auto bracket = stat.rfind(") ");
    if (bracket == std::string::npos || bracket + 2 >= stat.size())
        return true;
    const char state = stat[bracket + 2];
    return state == 'Z' || state == 'X';
}

std::optional<int> descriptor(const fs::path& path)
{
    const std::string name = path.filename();
    int value = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), value);
    return failed == std::errc() && end == name.data() + name.size() ? std::optional(value)
                                                                     : std::nullopt;
}

Result<HeldSocket> held_behind(const std::string& directory, std::int32_t pid, int fd)
{
    const auto process = "pid " + std::to_string(pid);
    const auto subject = process + " fd " + std::to_string(fd);
    std::error_code failed;
    const std::string link = fs::read_symlink(directory + "/fd/" + std::to_string(fd), failed);
    if (failed.value() == ENOENT || failed.value() == ESRCH)
        return has_died(directory) ? not_held("open", process, ESRCH)
                                   : not_held("readlink", subject, EBADF);
    if (failed)
        return not_held("readlink", subject, failed.value());
    const auto inode = socket_inode(link);
    if (inode == 0)
        return not_held("readlink", subject, ENOTSOCK);
    return HeldSocket{inode, {pid, fd, {}}};
}

Result<std::vector<HeldSocket>> all_held(const std::string& directory, std::int32_t pid)
{
    const auto subject = "pid " + std::to_string(pid);
    std::error_code failed;
    fs::directory_iterator entries(directory + "/fd", failed);
    std::vector<HeldSocket> held;
    bool forbidden = false; // the list may be open to us where its entries are not
    for (const fs::directory_iterator end; !failed && entries != end; entries.increment(failed)) {
        std::error_code gone;
        const std::string link = fs::read_symlink(entries->path(), gone);
        forbidden = forbidden || gone.value() == EACCES || gone.value() == EPERM;
        const auto fd = descriptor(entries->path());
        if (const auto inode = gone ? 0 : socket_inode(link); inode != 0 && fd)
            held.push_back({inode, {pid, *fd, {}}});
    }
    if (held.empty() &&
        (failed.value() == ENOENT || failed.value() == ESRCH || has_died(directory)))
        return not_held("open", subject, ESRCH);
    if (failed && failed.value() != ENOENT && failed.value() != ESRCH)
        return not_held("open", subject + " fd", failed.value());
    if (held.empty() && forbidden)
        return not_held("readlink", subject + " fd", EACCES);
    std::ranges::sort(held, {}, [](const HeldSocket& socket) { return socket.owner.fd; });
    std::set<std::uint64_t> seen;
    std::erase_if(held,
                  [&](const HeldSocket& socket) { return !seen.insert(socket.inode).second; });
    return held;
}

} // namespace

Result<std::vector<HeldSocket>> list_held_sockets(std::int32_t pid, std::optional<int> fd)
{
    const auto directory = "/proc/" + std::to_string(pid);
    std::vector<HeldSocket> held;
    if (fd)
        held.push_back(TRY(held_behind(directory, pid, *fd)));
    else
        held = TRY(all_held(directory, pid));
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!held.empty() && proc.valid()) {
        const auto comm = read_comm(proc.ref(), std::to_string(pid));
        for (auto& socket : held)
            socket.owner.comm = comm;
    }
    return held;
}

} // namespace sockit
