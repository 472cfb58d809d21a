#include "op/relay_receiver.h"

#include "op/direct_move.h"

#include <cerrno>
#include <string_view>

#include <unistd.h>

namespace sockit {

namespace {

/// Without asking the poller in between; then the other half, signals and timers have their turn.
constexpr int receives_in_a_row = 16;

} // namespace

RelayReceiver::RelayReceiver(Relay& relay, Channel& channel, Destination& destination,
                             const RelayPlan& plan, std::optional<Dialogue>& dialogue)
    : m_relay(relay), m_channel(channel), m_destination(destination), m_plan(plan),
      m_dialogue(dialogue), m_path(DataPath::Copy), m_dump({STDERR_FILENO}, '<')
{
    const bool look = plan.copy || plan.hex || dialogue || !plan.rules.receive;
    if (!look && channel.plain() && destination.pipe().valid())
        m_path = DataPath::Splice;
}

bool RelayReceiver::receive()
{
    if (m_path != DataPath::Copy)
        return move_directly();
    bool moved = false;
    for (int i = 0; i < receives_in_a_row && receive_once(); ++i) {
        moved = true;
        if (m_relay.receiving() != HalfState::Idle)
            break;
    }
    return moved;
}

bool RelayReceiver::receive_once()
{
    const auto got = m_channel.receive(m_buffer.space());
    if (!got) {
        m_relay.receive_failed(got.error());
        return false;
    }
    if (got->would_block()) {
        m_relay.nothing_received();
        return false;
    }
    if (got->end()) {
        m_relay.peer_ended();
        return true;
    }
    came(got->bytes);
    if (!m_plan.rules.receive)
        return true;
    m_buffer.filled(got->bytes);
    const auto bytes = m_buffer.rest();
    if (m_plan.hex)
        if (const auto dumped = m_dump.add(bytes); !dumped)
            m_dump_error = dumped.error();
    if (m_dialogue)
        m_dialogue->received({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    m_relay.received(got->bytes);
    write();
    return true;
}

bool RelayReceiver::write()
{
    if (m_path != DataPath::Copy) {
        m_relay.written(0);
        return move_directly();
    }
    const auto written = m_destination.write(m_buffer.rest());
    if (!written) {
        m_relay.output_failed(written.error());
        return false;
    }
    if (written->would_block())
        return false;
    m_buffer.drop(written->bytes);
    m_relay.written(written->bytes);
    return true;
}

bool RelayReceiver::move_directly()
{
    const FdRef pipe = m_destination.pipe();
    const auto move = splice_to_pipe(m_channel.socket().ref(), pipe);
    switch (move.kind) {
    case DirectMove::Kind::Moved:
        came(move.bytes);
        m_relay.received(move.bytes);
        m_relay.written(move.bytes);
        return true;
    case DirectMove::Kind::End: m_relay.peer_ended(); return true;
    case DirectMove::Kind::SourceEmpty: m_relay.nothing_received(); return false;
    case DirectMove::Kind::SinkFull:
        if (m_pipe_enlarged) {
            m_relay.write_blocked();
            return false;
        }
        m_pipe_enlarged = true; // not before it is known to pay: the user's limit is shared
        enlarge_pipe(pipe);
        return move_directly();
    case DirectMove::Kind::Lost:
        m_relay.receive_failed(
            Error::from_errno(Phase::Receive, "splice", m_channel.peer().text(), move.error));
        return false;
    case DirectMove::Kind::NoReader:
        m_relay.output_failed(
            Error::from_errno(Phase::Output, "write", m_destination.name(), move.error));
        return false;
    case DirectMove::Kind::Refused: m_path = DataPath::Copy; return receive();
    }
    return false;
}

void RelayReceiver::came(std::size_t bytes)
{
    if (!m_first_byte)
        m_first_byte = Clock::now();
    m_received += bytes;
}

} // namespace sockit
