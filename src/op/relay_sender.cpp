#include "op/relay_sender.h"

#include "op/delivery.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace sockit {

namespace {

constexpr std::size_t customary_pipe = 64UL << 10U; // pipe(7)

} // namespace

RelaySender::RelaySender(Relay& relay, Channel& channel, Stream input, const RelayPlan& plan)
    : m_relay(relay), m_channel(channel), m_input(std::move(input)), m_plan(plan),
      m_path(best_path()), m_pace(plan.pace), m_dump({STDERR_FILENO}, '>')
{}

DataPath RelaySender::best_path() const
{
    const auto& plan = m_plan;
    if (plan.copy || plan.crlf || plan.hex || plan.pace.wanted() || plan.dialogue.wanted() ||
        !m_channel.plain())
        return DataPath::Copy;
    if (m_input.is_fifo())
        return DataPath::Splice;
    return m_input.kind() == InputKind::File ? DataPath::Sendfile : DataPath::Copy;
}

bool RelaySender::read()
{
    if (m_path != DataPath::Copy)
        return move_directly();
    const auto space = m_buffer.space();
    // Line ends may double what is read: it is read into the half that they are written to last.
    const auto room = m_plan.crlf ? space.last(space.size() / 2) : space;
    const auto read = m_input.read(room);
    if (!read) {
        m_channel.socket().reset_on_close(); // a FIN would tell the peer that this was all
        m_relay.input_failed(read.error());
        return false;
    }
    if (read->would_block())
        return false;
    if (read->end()) {
        m_relay.input_ended();
        return true;
    }
    fill(room.first(read->bytes));
    send();
    return true;
}

/// `bytes` lie in the buffer already, at its start or in its second half.
void RelaySender::fill(std::span<const std::byte> bytes)
{
    auto count = bytes.size();
    if (m_plan.crlf)
        count = m_line_ends.convert(bytes, m_buffer.space());
    m_buffer.filled(count);
    m_relay.input_read(count);
}

std::size_t RelaySender::say(std::string_view bytes)
{
    const auto count = std::min(bytes.size(), m_buffer.space().size());
    if (count == 0)
        return 0;
    std::memcpy(m_buffer.space().data(), bytes.data(), count);
    m_buffer.filled(count);
    m_relay.input_read(count);
    send();
    return count;
}

bool RelaySender::send()
{
    if (m_path != DataPath::Copy) {
        m_relay.sent(0);
        return move_directly();
    }
    auto bytes = m_buffer.rest();
    const auto now = m_plan.pace.wanted() ? Clock::now() : Clock::time_point();
    if (m_plan.pace.wanted())
        bytes = bytes.first(m_pace.allowed(bytes, now));
    if (bytes.empty())
        return false;
    const auto sent = m_channel.send(bytes);
    if (!sent) {
        m_relay.connection_failed(sent.error());
        return false;
    }
    if (sent->would_block())
        return false;
    bytes = bytes.first(sent->bytes);
    if (m_plan.pace.wanted())
        m_pace.sent(bytes, now);
    if (m_plan.hex)
        if (const auto dumped = m_dump.add(bytes); !dumped)
            m_dump_error = dumped.error();
    m_sent += bytes.size();
    m_buffer.drop(bytes.size());
    m_relay.sent(bytes.size());
    return true;
}

bool RelaySender::move_directly()
{
    const FdRef socket = m_channel.socket().ref();
    const auto move = m_path == DataPath::Sendfile ? send_file(m_input.ref(), socket)
                                                   : splice_to_socket(m_input.ref(), socket);
    switch (move.kind) {
    case DirectMove::Kind::Moved:
        if (!m_pipe_enlarged && m_path == DataPath::Splice && move.bytes >= customary_pipe) {
            m_pipe_enlarged = true;
            enlarge_pipe(m_input.ref());
        }
        m_sent += move.bytes;
        m_relay.input_read(move.bytes);
        m_relay.sent(move.bytes);
        if (move.sink_full)
            m_relay.send_blocked();
        return true;
    case DirectMove::Kind::End: m_relay.input_ended(); return true;
    case DirectMove::Kind::SinkFull: m_relay.send_blocked(); return false;
    case DirectMove::Kind::Lost:
        m_relay.connection_failed(
            Error::from_errno(Phase::Send, m_path == DataPath::Sendfile ? "sendfile" : "splice",
                              m_channel.peer().text(), move.error));
        return false;
    case DirectMove::Kind::Refused: m_path = DataPath::Copy; return read();
    case DirectMove::Kind::SourceEmpty:
    case DirectMove::Kind::NoReader: break;
    }
    return false;
}

bool RelaySender::finish(bool unheard)
{
    const auto shut = m_channel.finish_sending();
    if (shut && !*shut)
        return false;
    // ENOTCONN: nobody is left to tell, which is no loss if the peer has everything and is done.
    const auto left = unacknowledged(m_channel.socket(), false);
    const bool needless = !shut && shut.error().code == ENOTCONN &&
                          m_relay.receiving() == HalfState::Eof && left && *left == 0;
    if (shut || needless || unheard)
        m_relay.fin_sent();
    else
        m_relay.connection_failed(shut.error());
    return true;
}

} // namespace sockit
