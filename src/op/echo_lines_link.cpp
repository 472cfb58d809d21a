#include "op/echo_lines_link.h"

#include "op/datagram_errors.h"
#include "sock/errqueue.h"

#include <algorithm>
#include <utility>

namespace sockit {

namespace {

constexpr std::size_t longest_line_piece = 64UL * 1024;
constexpr std::size_t line_read_size = 16UL * 1024;

std::string text_of_bytes(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

Result<EchoLinesLink> EchoLinesLink::open(EchoLink way)
{
    EchoLinesLink link(way.release());
    const Socket& own = link.m_channel.socket();
    link.m_longest = longest_line_piece;
    if (own.type() == SOCK_STREAM) {
        link.m_buffer.resize(line_read_size);
        return link;
    }
    TRY(prepare_for_datagrams(own));
    link.m_longest = std::min(longest_line_piece, datagram_limit(own));
    link.m_inbox = std::make_unique<DatagramInbox>();
    return link;
}

Interest EchoLinesLink::interest(bool send) const
{
    // Whatever comes, whenever it comes, is looked at.
    return m_channel.interest(true, send);
}

Result<std::size_t> EchoLinesLink::send(std::string_view bytes)
{
    const auto raw = std::as_bytes(std::span(bytes));
    if (!keeps_borders())
        return TRY(m_channel.send(raw)).bytes;
    auto sent = send_datagrams(m_channel.socket(), std::span(&raw, 1), nullptr, peer_text());
    if (!sent)
        return Failure(with_icmp(sent.error(), m_channel.socket(), m_channel.peer()));
    return *sent > 0 ? bytes.size() : 0;
}

Result<EchoLinesLink::Came> EchoLinesLink::receive(std::string& echo)
{
    if (!keeps_borders()) {
        const auto came = TRY(m_channel.receive(m_buffer));
        if (came.would_block())
            take_icmp_error(ref()); // a hint, not the end; unread it stays ready
        echo += text_of_bytes(std::span(m_buffer).first(came.bytes));
        return came.end() ? Came::End : came.bytes > 0 ? Came::Something : Came::Nothing;
    }
    if (m_messages.empty() && !m_ended) {
        auto got = m_inbox->receive(m_channel.socket(), peer_text());
        if (!got)
            return Failure(with_icmp(got.error(), m_channel.socket(), m_channel.peer()));
        for (const auto& message : got->datagrams)
            m_messages.push_back(text_of_bytes(message.bytes));
        m_ended = got->ended;
    }
    if (m_messages.empty()) {
        if (!connected())
            with_icmp({}, m_channel.socket(), m_channel.peer()); // likewise
        return m_ended ? Came::End : Came::Nothing;
    }
    echo = std::move(m_messages.front());
    m_messages.pop_front();
    return Came::Something;
}

Result<bool> EchoLinesLink::finish()
{
    return connected() ? m_channel.finish_sending() : Result<bool>(true);
}

} // namespace sockit
