#include "op/datagram_input.h"

#include <utility>

namespace sockit {

DatagramInput::DatagramInput(Stream stream, const FramingPlan& plan, const Socket& to)
    : m_stream(std::move(stream)),
      m_framer(plan, to.family() == AF_UNIX ? DatagramFramer::unix_read : DatagramFramer::udp_read)
{}

Result<bool> DatagramInput::read()
{
    const auto space = TRY(m_framer.space());
    const auto read = TRY(m_stream.read(space));
    if (read.would_block())
        return false;
    m_eof = read.end();
    if (m_eof)
        end();
    else
        m_framer.filled(read.bytes);
    return true;
}

void DatagramInput::end()
{
    m_framer.end();
    m_over = true;
}

} // namespace sockit
