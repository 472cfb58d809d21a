#pragma once

#include "loop/timers.h"
#include "op/echo_stream_session.h"
#include "op/echo_streams.h"
#include "op/watched.h"

#include <unordered_map>

namespace sockit {

/// Connections that want more than EchoPeers does.
class EchoSessions final : public EchoStreams {
public:
    EchoSessions(EchoStreamsShared& shared, Poller& poller, Acceptor& acceptor);

    Result<> handle(std::span<const Ready> ready) override;

private:
    struct Guest {
        Guest(EchoSession begun, Poller& poller, std::uint64_t id)
            : session(std::move(begun)), watched(poller, session.ref(), id)
        {}

        EchoSession session;
        Watched watched;
    };
    using Guests = std::unordered_map<std::uint64_t, std::unique_ptr<Guest>>; ///< by number

    void begin(Admission::Entrant entrant) override;
    [[nodiscard]] Deadline next_timer() const override { return m_timers.next(); }
    void count_open() override;
    void attend(std::uint64_t id);
    void end(Guests::iterator guest, std::optional<Error> error);
    void fired(std::uint64_t id, EchoFaultKind kind, std::uint64_t offset);

    EchoSessionTerms m_terms;
    Guests m_guests;
    Timers m_timers;
};

} // namespace sockit
