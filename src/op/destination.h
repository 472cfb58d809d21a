#pragma once

#include "event/event.h"
#include "event/traffic.h"
#include "op/payload_text.h"
#include "op/stream.h"
#include "op/tagged_lines.h"

#include <optional>
#include <string>

namespace sockit {

/// What becomes of the bytes that a command receives; by default they go to stdout.
struct PayloadPlan {
    std::optional<std::string> file;       ///< written there, made empty first
    std::optional<std::string> directory;  ///< or a file for each connection there
    bool discard = false;                  ///< or dropped
    std::optional<TaggedLines::Clean> tag; ///< lines begin with the connection's number
    bool raw = false;                      ///< unescaped even to a terminal
    bool records = false;                  ///< each chunk an event
    std::size_t keep = 0; ///< so many bytes are kept for the connection's last event

    bool operator==(const PayloadPlan&) const = default;
};

/// Where the bytes received on one connection go.
class Destination {
public:
    /// Takes everything and keeps nothing.
    Destination() = default;
    /// A terminal gets them escaped unless `raw`.
    static Destination stream(Stream stream, bool raw);
    /// The same, in whole lines of one connection.
    static Destination lines(Stream stream, bool raw, TaggedLines lines);
    static Destination file(Fd file, std::string path);
    static Destination chunks(CharacterChunks::Take take);
    static Destination kept(std::size_t limit);

    /// WouldBlock only where ref() is valid: call again with the same bytes when that is writable.
    Result<Transfer> write(std::span<const std::byte> bytes);
    [[nodiscard]] FdRef ref() const { return m_stream ? m_stream->ref() : FdRef(); }
    /// The pipe behind it, if what is written goes there as it is; else invalid.
    [[nodiscard]] FdRef pipe() const
    {
        return m_stream && m_stream->is_fifo() && !m_escaper && !m_lines ? m_stream->ref()
                                                                         : FdRef();
    }
    /// The stream's name, for errors: "stdout".
    [[nodiscard]] std::string name() const { return m_stream ? m_stream->name() : "records"; }
    /// The path of its file, if it has one of its own.
    [[nodiscard]] const std::optional<std::string>& path() const { return m_path; }
    /// No more will come: passes on what was held back.
    Result<> finish();
    /// What was kept, once finished.
    [[nodiscard]] std::optional<KeptPayload> take_kept();

private:
    Result<Transfer> write_transformed(std::span<const std::byte> bytes);
    [[nodiscard]] std::string transformed(std::string_view bytes);
    void keep(std::string_view bytes);

    std::optional<Stream> m_stream;
    std::optional<TaggedLines> m_lines;
    std::optional<TerminalText> m_escaper;
    std::string m_pending; ///< what is to be written for the bytes that write() was given
    std::optional<std::string> m_path;
    Fd m_file; ///< behind m_stream
    std::optional<CharacterChunks> m_chunks;
    std::size_t m_limit = 0;
    std::optional<KeptPayload> m_kept;
};

/// Makes the destinations of a run as its PayloadPlan demands.
class Destinations {
public:
    /// Opens the plan's file, or its directory, which is made if it is missing. Errors: those of
    /// open(2) and mkdir(2), Phase::Output.
    static Result<Destinations> open(const PayloadPlan& plan, const Emit& emit);

    /// For one connection; with its id where there are several.
    [[nodiscard]] Destination make(std::optional<std::uint64_t> connection) const;
    /// For one of those that `peer` and others make; with a file of its own where the plan wants
    /// that: one that was there is never touched.
    [[nodiscard]] Result<Destination> make_for(std::uint64_t connection,
                                               const Endpoint& peer) const;

private:
    Destinations(const PayloadPlan& plan, const Emit& emit, Fd file, Fd directory);
    [[nodiscard]] Result<Destination> make_file(std::uint64_t connection,
                                                const Endpoint& peer) const;

    const PayloadPlan& m_plan;
    const Emit& m_emit;
    Fd m_file;
    Fd m_directory;
    Stream m_stream;
};

/// A file's name for a connection: "3-192.0.2.1-40000"; what is no letter, digit, dot or dash
/// becomes an underscore.
std::string connection_file_name(std::uint64_t connection, const Endpoint& peer);

} // namespace sockit
