#include "cmd/become.h"
#include "cmd/command.h"

#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

/// No socket of ours may land on 0, 1 or 2. A closed stdout becomes a descriptor that refuses
/// writing with EBADF, as the closed one would have; a closed stdin is an empty one.
void fill_standard_descriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (::fcntl(fd, F_GETFD) < 0)
            ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

} // namespace

int main(int argc, char** argv)
{
    fill_standard_descriptors();
    sockit::ignore_write_signals();
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        return static_cast<int>(sockit::dispatch(words));
    } catch (const std::bad_alloc&) {
        return static_cast<int>(
            sockit::fail(sockit::Error::from_errno(sockit::Phase::None, "malloc", "", ENOMEM)));
    } catch (const std::exception& bug) {
        sockit::fail(sockit::Error::usage(std::string("a bug in sockit: ") + bug.what()));
        return static_cast<int>(sockit::ExitStatus::Bug);
    }
}
