#include "op/datagram_framing.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sockit {

DatagramFramer::DatagramFramer(const FramingPlan& plan, std::size_t one_read)
    : m_plan(plan), m_one_read(one_read),
      m_bytes(std::make_unique_for_overwrite<std::byte[]>(largest))
{}

Result<std::span<std::byte>> DatagramFramer::space()
{
    const auto left = rest();
    std::memmove(m_bytes.get(), left.data(), left.size());
    m_begin = 0;
    m_end = left.size();
    m_waiting.clear();
    m_gone = 0;
    if (m_end == largest) {
        Error error = Error::from_errno(Phase::Send, "send", "stdin", EMSGSIZE);
        error.detail = "a line has more than " + std::to_string(largest) + " bytes";
        return Failure(std::move(error));
    }
    const auto most = m_plan.wanted() ? largest : m_one_read;
    return std::span(m_bytes.get() + m_end, most - m_end);
}

void DatagramFramer::filled(std::size_t bytes)
{
    m_end += bytes;
    if (m_plan.per_line)
        return cut_lines();
    const auto size = m_plan.size.value_or(bytes);
    while (rest().size() >= size)
        put(size, 0);
}

void DatagramFramer::end()
{
    if (!rest().empty())
        put(rest().size(), 0);
}

void DatagramFramer::cut_lines()
{
    while (true) {
        const auto line = rest();
        const auto end = std::find(line.begin() + static_cast<std::ptrdiff_t>(m_scanned),
                                   line.end(), std::byte{'\n'});
        if (end == line.end()) {
            m_scanned = line.size();
            return;
        }
        put(static_cast<std::size_t>(end - line.begin()), 1);
    }
}

void DatagramFramer::put(std::size_t size, std::size_t separator)
{
    m_waiting.push_back(rest().first(size));
    m_begin += size + separator;
    m_scanned = 0;
}

} // namespace sockit
