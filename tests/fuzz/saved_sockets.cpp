#include "base/fd.h"
#include "socket_row.h"

#include <algorithm>

#include <sys/mman.h>
#include <unistd.h>

// A file that `stat --from` reads: saved by us, or by who knows whom.

namespace sockit::fuzz {

void look_at(std::string_view bytes)
{
    static const Fd file(::memfd_create("saved", MFD_CLOEXEC));
    static const auto path = "/proc/self/fd/" + std::to_string(file.get());
    const auto size = static_cast<off_t>(bytes.size());
    must(::ftruncate(file.get(), 0) == 0);
    must(::pwrite(file.get(), bytes.data(), bytes.size(), 0) == size);

    SavedSockets reader;
    SocketInfo info;
    SavedFacts facts;
    std::size_t sockets = 0;
    const auto visit = [&](const SocketInfo& found) {
        must(!found.netid.empty() && found.family != AF_UNSPEC);
        look_at_socket(found);
        ++sockets;
        return true;
    };
    const auto read = reader(path, info, visit, facts);
    const auto lines = static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
    must(sockets + facts.unreadable <= lines + 1);
    must(read || sockets == 0);
}

} // namespace sockit::fuzz
