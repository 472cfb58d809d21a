#include "loop/wakeup.h"

#include <cerrno>

#include <sys/eventfd.h>

namespace sockit {

Result<Wakeup> Wakeup::open()
{
    Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.valid())
        return Failure(Error::from_errno(Phase::Socket, "eventfd", "", errno));
    return Wakeup(std::move(fd));
}

void Wakeup::notify() const { ::eventfd_write(m_fd.get(), 1); }

void Wakeup::clear() const
{
    eventfd_t count = 0;
    ::eventfd_read(m_fd.get(), &count);
}

} // namespace sockit
