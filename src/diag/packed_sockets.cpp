#include "diag/packed_sockets.h"

#include "diag/common_fields.h"
#include "diag/packed_row.h"

#include <algorithm>
#include <cstring>

namespace sockit {

namespace {

constexpr std::size_t block_size = 64UL * 1024;

} // namespace

PackedSockets::Place PackedSockets::add(const SocketInfo& info)
{
    packed::RowWriter writer(m_row, m_words, m_namespaces);
    packed::exchange(writer, info);
    writer.finish();
    if (m_blocks.empty() || m_blocks.back().size - m_blocks.back().used < m_row.size()) {
        const auto size = std::max(block_size, m_row.size());
        m_blocks.push_back({std::make_unique_for_overwrite<char[]>(size), 0, size});
    }
    Block& block = m_blocks.back();
    const Place place{static_cast<std::uint32_t>(m_blocks.size() - 1),
                      static_cast<std::uint32_t>(block.used)};
    std::memcpy(block.bytes.get() + block.used, m_row.data(), m_row.size());
    block.used += m_row.size();
    ++m_size;
    return place;
}

void PackedSockets::get(Place place, SocketInfo& info) const
{
    reset(info);
    packed::RowReader reader(m_blocks[place.block].bytes.get() + place.offset, m_words,
                             m_namespaces);
    packed::exchange(reader, info);
}

void PackedSockets::for_each(SocketInfo& info, const SocketVisitor& visit) const
{
    for (const auto& block : m_blocks) {
        for (const char* at = block.bytes.get(); at < block.bytes.get() + block.used;) {
            reset(info);
            packed::RowReader reader(at, m_words, m_namespaces);
            packed::exchange(reader, info);
            at = reader.end();
            if (!visit(info))
                return;
        }
    }
}

void PackedSockets::clear()
{
    m_blocks.clear();
    m_words.clear();
    m_namespaces.clear();
    m_size = 0;
}

} // namespace sockit
