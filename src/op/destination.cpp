#include "op/destination.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
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

Destination Destination::lines(Stream stream, bool raw, TaggedLines lines)
{
    auto destination = Destination::stream(std::move(stream), raw);
    destination.m_lines = std::move(lines);
    return destination;
}

Destination Destination::file(Fd file, std::string path)
{
    auto destination = Destination::stream(Stream(file.ref(), path), true);
    destination.m_file = std::move(file);
    destination.m_path = std::move(path);
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
    if (m_escaper || m_lines)
        return write_transformed(bytes);
    if (m_stream)
        return m_stream->write(bytes);
    if (m_chunks && !m_chunks->add(as_text(bytes)))
        return records_lost();
    if (m_kept)
        keep(as_text(bytes));
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = bytes.size()};
}

/// The bytes count as moved only when all that they became is written.
Result<Transfer> Destination::write_transformed(std::span<const std::byte> bytes)
{
    if (m_pending.empty())
        m_pending = transformed(as_text(bytes));
    auto rest = std::as_bytes(std::span(m_pending));
    Transfer written{.kind = Transfer::Kind::Moved};
    while (!rest.empty() && !written.would_block()) {
        written = TRY(m_stream->write(rest));
        rest = rest.subspan(written.bytes);
    }
    m_pending.erase(0, m_pending.size() - rest.size());
    if (!m_pending.empty())
        return written;
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = bytes.size()};
}

std::string Destination::transformed(std::string_view bytes)
{
    auto text = m_lines ? m_lines->add(bytes) : std::string(bytes);
    return m_escaper ? m_escaper->add(text) : text;
}

void Destination::keep(std::string_view bytes)
{
    const auto room = m_limit - m_kept->bytes.size();
    m_kept->bytes += bytes.substr(0, room);
    m_kept->truncated = m_kept->truncated || bytes.size() > room;
}

Result<> Destination::finish()
{
    auto rest = m_lines ? m_lines->finish() : std::string();
    if (m_escaper)
        rest = m_escaper->add(rest) + m_escaper->finish();
    if (!rest.empty())
        return write_all(m_stream->ref(), rest, m_stream->name());
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
    Fd directory;
    if (plan.file) {
        constexpr mode_t mode = 0666;
        file = Fd(::open(plan.file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
        if (!file.valid())
            return Failure(Error::from_errno(Phase::Output, "open", *plan.file, errno));
    }
    if (plan.directory) {
        constexpr mode_t mode = 0777;
        if (::mkdir(plan.directory->c_str(), mode) < 0 && errno != EEXIST)
            return Failure(Error::from_errno(Phase::Output, "mkdir", *plan.directory, errno));
        directory = Fd(::open(plan.directory->c_str(), O_DIRECTORY | O_PATH | O_CLOEXEC));
        if (!directory.valid())
            return Failure(Error::from_errno(Phase::Output, "open", *plan.directory, errno));
    }
    return Destinations(plan, emit, std::move(file), std::move(directory));
}

Destinations::Destinations(const PayloadPlan& plan, const Emit& emit, Fd file, Fd directory)
    : m_plan(plan), m_emit(emit), m_file(std::move(file)), m_directory(std::move(directory)),
      m_stream(m_file.valid() ? m_file.ref() : FdRef{STDOUT_FILENO}, plan.file.value_or("stdout"))
{}

Destination Destinations::make(std::optional<std::uint64_t> connection) const
{
    if (m_plan.discard)
        return {};
    if (!m_plan.file && m_plan.records)
        return Destination::chunks([&emit = m_emit, connection](std::string chunk) {
            return emit(PayloadReceived{.connection = connection, .bytes = std::move(chunk)});
        });
    if (!m_plan.file && m_plan.keep > 0)
        return Destination::kept(m_plan.keep);
    if (m_plan.tag && connection)
        return Destination::lines(m_stream, m_plan.raw || m_plan.tag == TaggedLines::Clean::Yes,
                                  TaggedLines(*connection, *m_plan.tag));
    return Destination::stream(m_stream, m_plan.raw);
}

Result<Destination> Destinations::make_for(std::uint64_t connection, const Endpoint& peer) const
{
    if (m_directory.valid())
        return make_file(connection, peer);
    return make(connection);
}

Result<Destination> Destinations::make_file(std::uint64_t connection, const Endpoint& peer) const
{
    constexpr mode_t mode = 0666;
    constexpr int most = 10'000; // left behind by earlier runs
    const auto name = connection_file_name(connection, peer);
    for (int i = 0;; ++i) {
        const auto free = i == 0 ? name : name + "." + std::to_string(i);
        auto path = *m_plan.directory + (m_plan.directory->ends_with('/') ? "" : "/") + free;
        Fd file(::openat(m_directory.get(), free.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        if (file.valid())
            return Destination::file(std::move(file), std::move(path));
        if (errno != EEXIST || i == most)
            return Failure(Error::from_errno(Phase::Output, "open", path, errno));
    }
}

std::string connection_file_name(std::uint64_t connection, const Endpoint& peer)
{
    constexpr std::size_t longest = 100;
    const auto plain = peer.unmapped();
    auto who = plain.is_inet() ? plain.address() + "-" + std::to_string(plain.port())
                               : plain.text().substr(0, longest);
    for (char& c : who) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            c = '_';
    }
    return std::to_string(connection) + "-" + who;
}

} // namespace sockit
