#pragma once

#include "loop/poller.h"

#include <optional>

namespace sockit {

/// A descriptor in the poller, there only while something is wanted of it: hangups and errors are
/// reported whatever the interest, again and again.
class Watched {
public:
    Watched(Poller& poller, FdRef fd, std::uint64_t token)
        : m_poller(poller), m_fd(fd), m_token(token)
    {}
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { want(std::nullopt); }

    /// Nothing: out of the poller.
    void want(std::optional<Interest> interest)
    {
        if (m_error || interest == m_current)
            return;
        Result<> done;
        if (!interest)
            m_poller.remove(m_fd);
        else if (!m_current)
            done = m_poller.add(m_fd, m_token, *interest);
        else
            done = m_poller.modify(m_fd, m_token, *interest);
        if (done)
            m_current = interest;
        else
            m_error = done.error();
    }

    /// The poller refused it; it is not watched then.
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    Poller& m_poller;
    FdRef m_fd;
    std::uint64_t m_token;
    std::optional<Interest> m_current;
    std::optional<Error> m_error;
};

} // namespace sockit
