#include "op/datagram_output.h"

#include "base/escape.h"

#include <algorithm>
#include <cerrno>

namespace sockit {

DatagramOutput::DatagramOutput(const PayloadPlan& plan, const Destinations& destinations,
                               const Emit& emit)
    : m_plan(plan), m_emit(emit)
{
    if (plan.discard || plan.file || !(plan.records || plan.keep > 0))
        m_stream = destinations.make(std::nullopt);
}

Result<> DatagramOutput::take(const ReceivedDatagram& datagram, const Endpoint& peer,
                              std::optional<std::uint64_t> id, std::optional<KeptPayload>& kept)
{
    const std::string_view bytes(reinterpret_cast<const char*>(datagram.bytes.data()),
                                 datagram.bytes.size());
    if (datagram.size > bytes.size())
        m_emit(Warning{.message = "a datagram of " + std::to_string(datagram.size) +
                                  " bytes from " + escape(peer.text()) + " was cut to " +
                                  std::to_string(bytes.size()),
                       .error = std::nullopt});
    if (m_stream) {
        if (bytes.empty())
            m_emit(Note{"an empty datagram from " + escape(peer.text())});
        m_rest = datagram.bytes;
    } else if (m_plan.records) {
        if (!m_emit(PayloadReceived{.connection = id, .bytes = std::string(bytes)}))
            return Failure(Error::from_errno(Phase::Output, "write", "records", EPIPE));
    } else {
        keep(bytes, kept);
    }
    return {};
}

void DatagramOutput::keep(std::string_view bytes, std::optional<KeptPayload>& kept)
{
    if (!kept)
        kept.emplace();
    const auto room = std::min(m_plan.keep - kept->bytes.size(), kept_in_all - m_kept);
    kept->bytes += bytes.substr(0, room);
    kept->truncated = kept->truncated || bytes.size() > room;
    m_kept += std::min(room, bytes.size());
}

void DatagramOutput::finish(std::optional<KeptPayload>& kept) const
{
    if (!m_stream && !m_plan.records && !kept)
        kept.emplace();
    if (kept && kept->truncated)
        kept->bytes.resize(whole_characters(kept->bytes));
}

Result<bool> DatagramOutput::write()
{
    while (!m_rest.empty()) {
        const auto written = TRY(m_stream->write(m_rest));
        if (written.would_block())
            return false;
        m_rest = m_rest.subspan(written.bytes);
        if (m_rest.empty())
            TRY(m_stream->finish()); // a character cut at the end of a datagram stays cut
    }
    return true;
}

} // namespace sockit
