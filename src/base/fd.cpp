#include "base/fd.h"

#include <unistd.h>

namespace sockit {

Fd& Fd::operator=(Fd&& other) noexcept
{
    if (this != &other) {
        close();
        m_value = std::exchange(other.m_value, -1);
    }
    return *this;
}

void Fd::close()
{
    // Never retried on EINTR: Linux has released the number by then (close(2)).
    if (m_value >= 0)
        ::close(std::exchange(m_value, -1));
}

} // namespace sockit
