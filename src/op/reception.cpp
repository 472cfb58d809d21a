#include "op/reception.h"

#include <cerrno>

namespace sockit {

namespace {

constexpr auto reception_limit = std::chrono::seconds(10);

} // namespace

Reception::Reception(Socket socket, const Endpoint& peer, const SocketPlan& plan, const Emit& emit)
    : m_channel(std::move(socket), peer), m_plan(plan), m_emit(emit),
      m_deadline(Deadline::after(reception_limit))
{}

Result<Reception::Step> Reception::advance()
{
    TRY(apply_options(m_channel.socket(), m_plan, SockoptPhase::Accepted, m_emit));
    return Step::Done;
}

Result<std::optional<Channel>> receive_guest(OpLoop& loop, Reception reception)
{
    while (!loop.stopped()) {
        const auto step = TRY(reception.advance());
        if (step == Reception::Step::Done)
            return std::optional(reception.take_channel());
        if (reception.deadline().passed())
            return Failure(
                Error::from_errno(Phase::Receive, "recv", reception.peer().text(), ETIMEDOUT));
        TRY(loop.poller().add(reception.ref(), 0,
                              {.read = step == Reception::Step::WantRead,
                               .write = step == Reception::Step::WantWrite}));
        const auto waited = loop.wait(reception.deadline());
        loop.poller().remove(reception.ref());
        TRY(waited);
    }
    return std::optional<Channel>();
}

} // namespace sockit
