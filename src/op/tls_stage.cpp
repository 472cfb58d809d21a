#include "op/tls_stage.h"

#include <cerrno>

namespace sockit {

Result<bool> shake_hands(OpLoop& loop, TlsSession& session, const Socket& socket,
                         std::string_view peer, const Deadline& limit)
{
    while (!loop.stopped()) {
        const auto step = TRY(session.handshake());
        if (step == TlsStep::Done)
            return true;
        if (limit.passed())
            return Failure(handshake_timed_out(peer));
        TRY(loop.poller().add(
            socket.ref(), 0,
            {.read = step == TlsStep::WantRead, .write = step == TlsStep::WantWrite}));
        const auto waited = loop.wait(limit);
        loop.poller().remove(socket.ref());
        TRY(waited);
    }
    return false;
}

Error handshake_timed_out(std::string_view peer)
{
    Error error = Error::from_errno(Phase::Tls, "TLS handshake", peer, ETIMEDOUT);
    error.detail = "the peer did not answer in time, or speaks something else";
    return error;
}

} // namespace sockit
