#include "op/out_queue.h"

#include <span>
#include <utility>

namespace sockit {

void OutQueue::push(Chunk chunk)
{
    if (chunk->empty())
        return;
    m_size += chunk->size();
    m_chunks.push_back(std::move(chunk));
}

Result<> OutQueue::flush(Channel& channel, std::uint64_t& sent)
{
    while (!m_chunks.empty()) {
        const auto rest = std::as_bytes(std::span(*m_chunks.front())).subspan(m_offset);
        const auto now = TRY(channel.send(rest));
        if (now.would_block())
            break;
        sent += now.bytes;
        m_size -= now.bytes;
        m_offset += now.bytes;
        if (m_offset == m_chunks.front()->size()) {
            m_chunks.pop_front();
            m_offset = 0;
        }
    }
    return {};
}

} // namespace sockit
