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

Result<std::size_t> OutQueue::flush(Channel& channel)
{
    std::size_t total = 0;
    while (!m_chunks.empty()) {
        const auto rest = std::as_bytes(std::span(*m_chunks.front())).subspan(m_offset);
        const auto sent = TRY(channel.send(rest));
        if (sent.would_block())
            break;
        total += sent.bytes;
        m_size -= sent.bytes;
        m_offset += sent.bytes;
        if (m_offset == m_chunks.front()->size()) {
            m_chunks.pop_front();
            m_offset = 0;
        }
    }
    return total;
}

} // namespace sockit
