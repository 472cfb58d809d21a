#include "op/destination.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sockit {

namespace {

std::string_view as_text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The output itself knows why.
Failure records_lost()
{
    return Failure(Error::from_errno(Phase::Output, "write", "records", EPIPE));
}

} // namespace

Destination Destination::stream(Stream stream, bool raw)
{
    Destination destination;
    if (stream.kind() == InputKind::Terminal && !raw)
        destination.m_escaper.emplace();
    destination.m_stream = std::move(stream);
    return destination;
}

Destination Destination::chunks(CharacterChunks::Take take)
{
    Destination destination;
    destination.m_chunks.emplace(std::move(take));
    return destination;
}

Destination Destination::kept(std::size_t limit)
{
    Destination destination;
    destination.m_limit = limit;
    destination.m_kept.emplace();
    return destination;
}

Result<Transfer> Destination::write(std::span<const std::byte> bytes)
{
    if (m_escaper)
        return write_escaped(bytes);
    if (m_stream)
        return m_stream->write(bytes);
    if (m_chunks && !m_chunks->add(as_text(bytes)))
        return records_lost();
    if (m_kept)
        keep(as_text(bytes));
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = bytes.size()};
}

/// The bytes count as moved only when all of their escaped form is written.
Result<Transfer> Destination::write_escaped(std::span<const std::byte> bytes)
{
    if (m_escaped.empty())
        m_escaped = m_escaper->add(as_text(bytes));
    auto rest = std::as_bytes(std::span(m_escaped));
    Transfer written{.kind = Transfer::Kind::Moved};
    while (!rest.empty() && !written.would_block()) {
        written = TRY(m_stream->write(rest));
        rest = rest.subspan(written.bytes);
    }
    m_escaped.erase(0, m_escaped.size() - rest.size());
    if (!m_escaped.empty())
        return written;
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = bytes.size()};
}

void Destination::keep(std::string_view bytes)
{
    const auto room = m_limit - m_kept->bytes.size();
    m_kept->bytes += bytes.substr(0, room);
    m_kept->truncated = m_kept->truncated || bytes.size() > room;
}

Result<> Destination::finish()
{
    if (m_escaper)
        return write_all(m_stream->ref(), m_escaper->finish(), m_stream->name());
    if (m_chunks && !m_chunks->finish())
        return records_lost();
    if (m_kept && m_kept->truncated)
        m_kept->bytes.resize(whole_characters(m_kept->bytes));
    return {};
}

std::optional<KeptPayload> Destination::take_kept() { return std::exchange(m_kept, std::nullopt); }

Result<Destinations> Destinations::open(const PayloadPlan& plan, const Emit& emit)
{
    Fd file;
    if (plan.file) {
        constexpr mode_t mode = 0666;
        file = Fd(::open(plan.file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
        if (!file.valid())
            return Failure(Error::from_errno(Phase::Output, "open", *plan.file, errno));
    }
    return Destinations(plan, emit, std::move(file));
}

Destinations::Destinations(const PayloadPlan& plan, const Emit& emit, Fd file)
    : m_plan(plan), m_emit(emit), m_file(std::move(file)),
      m_stream(m_file.valid() ? m_file.ref() : FdRef{STDOUT_FILENO}, plan.file.value_or("stdout"))
{}

Destination Destinations::make(std::optional<std::uint64_t> connection) const
{
    if (!m_plan.file && m_plan.records)
        return Destination::chunks([&emit = m_emit, connection](std::string chunk) {
            return emit(PayloadReceived{.connection = connection, .bytes = std::move(chunk)});
        });
    if (!m_plan.file && m_plan.keep > 0)
        return Destination::kept(m_plan.keep);
    return Destination::stream(m_stream, m_plan.raw);
}

} // namespace sockit
