#include "op/datagram_errors.h"
#include "op/datagram_session.h"

#include <cerrno>
#include <chrono>
#include <utility>

namespace sockit {

namespace {

/// The kernel tells of a full device queue, but not when there is room again.
constexpr auto queue_pause = std::chrono::milliseconds(2);

} // namespace

/// Each text is a datagram.
void DatagramSession::converse()
{
    while (m_relay.wants().read_input) {
        const auto next = m_dialogue->next_to_send();
        if (!next)
            break;
        m_input.say(*next);
        offer();
    }
    if (m_dialogue->answered())
        m_relay.conclude();
    else if (m_dialogue->over() && !m_plan.relay.input_after_dialogue && m_relay.wants().read_input)
        m_relay.input_lingered();
    else if (m_dialogue->expecting() && m_relay.receiving() == HalfState::Eof)
        m_outcome.error = m_dialogue->missed("the peer ended");
}

void DatagramSession::read_input()
{
    const auto read = m_input.read();
    if (!read)
        return m_relay.input_failed(read.error());
    if (!*read)
        return;
    moved();
    m_linger.reset();
    offer();
}

/// What the input has given.
void DatagramSession::offer()
{
    if (const auto count = m_input.waiting().size(); count > 0) {
        m_relay.input_read(count);
        send();
    } else if (m_input.over()) {
        m_relay.input_ended();
    }
}

void DatagramSession::send()
{
    const auto waiting = m_input.waiting();
    const auto count = send_datagrams(m_socket, waiting, nullptr, m_peer_text);
    if (count)
        return sent(*count);
    if (count.error().code == ENOBUFS) {
        m_pause = Deadline::after(queue_pause);
        return;
    }
    auto error =
        with_size(with_icmp(count.error(), m_socket, m_peer), m_socket, waiting.front().size());
    if (error.code == EMSGSIZE)
        m_relay.input_failed(error);
    else
        connection_failed(std::move(error));
}

void DatagramSession::sent(std::size_t count)
{
    if (count == 0)
        return;
    moved();
    for (const auto& datagram : m_input.waiting().first(count)) {
        m_bytes_sent += datagram.size();
        if (m_hex_sent)
            if (auto dumped = m_hex_sent->add(datagram); !dumped)
                return m_relay.output_failed(dumped.error());
    }
    m_count.sent += count;
    m_input.sent(count);
    m_relay.sent(count);
    m_clock.sent();
    if (m_input.over() && m_input.waiting().empty())
        m_relay.input_ended();
}

void DatagramSession::receive()
{
    const auto got = m_inbox.receive(m_socket, m_peer_text);
    if (!got)
        return connection_failed(with_icmp(got.error(), m_socket, m_peer));
    if (got->datagrams.empty())
        return got->ended ? m_relay.peer_ended() : m_relay.nothing_received();
    moved();
    if (!m_outcome.first_byte)
        m_outcome.first_byte = Clock::now();
    m_clock.received();
    m_count.received += got->datagrams.size();
    if (!note(got->datagrams) || !m_plan.relay.rules.receive)
        return;
    m_arrived = got->datagrams;
    m_relay.received(m_arrived.size());
    hand_on();
}

/// Looks at what came. False: the dump of it failed.
bool DatagramSession::note(std::span<const ReceivedDatagram> datagrams)
{
    for (const auto& [bytes, size, from, asked] : datagrams) {
        m_bytes_received += bytes.size();
        if (m_dialogue)
            m_dialogue->received({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (m_hex_received)
            if (auto dumped = m_hex_received->add(bytes); !dumped) {
                m_relay.output_failed(dumped.error());
                return false;
            }
    }
    return true;
}

/// As much as the output takes.
void DatagramSession::hand_on()
{
    while (!m_arrived.empty()) {
        if (!m_output.writing())
            if (auto taken = m_output.take(m_arrived.front(), m_peer, m_plan.id, m_outcome.payload);
                !taken)
                return m_relay.output_failed(taken.error());
        const auto written = m_output.write();
        if (!written)
            return m_relay.output_failed(written.error());
        if (!*written)
            return;
        moved();
        m_arrived = m_arrived.subspan(1);
        m_relay.written(1);
    }
}

} // namespace sockit
