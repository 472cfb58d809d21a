#include "op/echo_peer.h"

#include <algorithm>

namespace sockit {

Result<EchoPeer::State> EchoPeer::serve(std::span<std::byte> buffer)
{
    return m_rest ? send_rest() : receive(buffer);
}

Result<EchoPeer::State> EchoPeer::receive(std::span<std::byte> buffer)
{
    const auto came = TRY(receive_some(ref(), buffer, ""));
    if (came.end())
        return State::Ended;
    if (came.would_block())
        return State::Reading;
    m_received += came.bytes;
    const auto went = TRY(send_some(ref(), buffer.first(came.bytes), ""));
    m_sent += went.bytes;
    if (went.bytes == came.bytes)
        return State::Reading;
    const auto left = buffer.subspan(went.bytes, came.bytes - went.bytes);
    m_rest = std::make_unique<Rest>();
    m_rest->bytes = std::make_unique_for_overwrite<std::byte[]>(left.size());
    m_rest->size = left.size();
    std::ranges::copy(left, m_rest->bytes.get());
    return State::Writing;
}

Result<EchoPeer::State> EchoPeer::send_rest()
{
    const std::span bytes(m_rest->bytes.get(), m_rest->size);
    const auto went = TRY(send_some(ref(), bytes.subspan(m_rest->offset), ""));
    m_sent += went.bytes;
    m_rest->offset += went.bytes;
    if (m_rest->offset < m_rest->size)
        return State::Writing;
    m_rest.reset();
    return State::Reading;
}

} // namespace sockit
