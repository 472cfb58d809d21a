#include "op/relay.h"

#include <chrono>

namespace sockit {

namespace {

constexpr auto pipe_linger = std::chrono::milliseconds(100);

} // namespace

void Relay::Half::take(std::size_t bytes)
{
    held += bytes;
    state = HalfState::Moving;
}

void Relay::Half::hand_on(std::size_t bytes)
{
    held -= bytes;
    if (held == 0 && state == HalfState::Moving)
        state = HalfState::Idle;
}

Relay::Relay(const RelayRules& rules, InputKind input) : m_rules(rules), m_kind(input)
{
    if (!rules.send) {
        m_rules.half_close = false;
        m_up.state = HalfState::Eof;
    }
}

Relay::Wants Relay::wants() const
{
    if (finished())
        return {};
    Wants wants;
    wants.read_input = m_up.state == HalfState::Idle && !m_concluded;
    wants.send = m_up.state == HalfState::Moving;
    wants.send_fin = !m_fin_sent && (m_concluded ? m_up.state != HalfState::Moving
                                                 : m_up.state == HalfState::Eof &&
                                                       (m_rules.half_close || m_down.over()));
    wants.receive = m_down.state == HalfState::Idle && !m_concluded;
    wants.write = m_down.state == HalfState::Moving;
    // Whoever only sends does not care that the peer has nothing more to say.
    if (wants.read_input && m_down.over() && m_rules.receive && m_kind != InputKind::File)
        wants.linger =
            m_rules.linger.value_or(m_kind == InputKind::Terminal ? Duration::zero() : pipe_linger);
    return wants;
}

bool Relay::finished() const
{
    if (m_up.state == HalfState::Failed)
        return m_down.over();
    if (m_concluded)
        return m_fin_sent && m_down.state != HalfState::Moving;
    return m_fin_sent && (m_down.over() || !m_rules.receive);
}

void Relay::input_read(std::size_t bytes) { m_up.take(bytes); }

void Relay::input_ended()
{
    m_up.state = HalfState::Eof;
    m_input_eof = true;
}

void Relay::input_lingered() { m_up.state = HalfState::Eof; }

void Relay::send_blocked() { m_up.state = HalfState::Moving; }

void Relay::sent(std::size_t bytes) { m_up.hand_on(bytes); }

void Relay::fin_sent()
{
    m_fin_sent = true;
    close_first(Side::Local);
}

void Relay::received(std::size_t bytes)
{
    if (m_rules.receive)
        m_down.take(bytes);
}

void Relay::peer_ended()
{
    // What ends a lost connection is no FIN: the kernel holds nothing more, that is all.
    const bool lost = m_up.state == HalfState::Failed;
    m_down.state = lost ? HalfState::Failed : HalfState::Eof;
    if (!lost)
        close_first(Side::Peer);
}

void Relay::write_blocked() { m_down.state = HalfState::Moving; }

void Relay::written(std::size_t bytes) { m_down.hand_on(bytes); }

void Relay::conclude() { m_concluded = true; }

void Relay::connection_failed(const Error& error)
{
    m_up.state = HalfState::Failed;
    close_first(Side::Peer);
    fail(error);
}

void Relay::receive_failed(const Error& error)
{
    connection_failed(error);
    m_down.state = HalfState::Failed;
}

void Relay::nothing_received()
{
    if (m_up.state == HalfState::Failed)
        m_down.state = HalfState::Failed;
}

void Relay::input_failed(const Error& error)
{
    m_up.state = m_down.state = HalfState::Failed;
    fail(error);
}

void Relay::output_failed(const Error& error)
{
    m_up.state = m_down.state = HalfState::Failed;
    m_error = error; // bytes that arrived are lost by our own doing: that outranks a reset
}

void Relay::fail(const Error& error)
{
    if (!m_error)
        m_error = error;
}

void Relay::close_first(Side side)
{
    if (!m_closed_first)
        m_closed_first = side;
}

} // namespace sockit
