#include "op/echo_datagram_story.h"

#include "base/escape.h"

namespace sockit {

void EchoDatagramStory::tell(const Event& event)
{
    const std::scoped_lock lock(m_mutex);
    if (!m_over && !m_emit(event))
        m_over = true;
}

void EchoDatagramStory::warn_of_loop(const Endpoint& peer)
{
    if (m_loop_told.exchange(true))
        return;
    tell(Warning{.message = "no answer to " + escape(peer.text()) +
                            ": what lives there would answer it, without end",
                 .error = std::nullopt});
}

void EchoDatagramStory::warn_of_size(const Error& error)
{
    if (!m_size_told.exchange(true))
        tell(Warning{.message = "an echo that is too large for this socket is lost",
                     .error = error});
}

} // namespace sockit
