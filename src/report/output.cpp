#include "report/output.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr std::size_t flush_at = 128UL * 1024;

} // namespace

void Output::write(std::string_view text)
{
    if (failed())
        return;
    m_buffer += text;
    if (m_buffer.size() >= flush_at)
        flush();
}

void Output::flush()
{
    std::string_view rest = m_buffer;
    while (!rest.empty() && !failed()) {
        const auto written = ::write(m_fd.value, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        const int reason = errno;
        if (reason == EAGAIN) {
            pollfd waiting{.fd = m_fd.value, .events = POLLOUT, .revents = 0};
            ::poll(&waiting, 1, -1);
        } else if (reason != EINTR) {
            m_failure = Error::from_errno(Phase::Output, "write", m_subject, reason);
        }
    }
    m_buffer.clear();
}

} // namespace sockit
