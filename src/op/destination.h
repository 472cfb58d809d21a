#pragma once

#include "event/event.h"
#include "event/traffic.h"
#include "op/payload_text.h"
#include "op/stream.h"

#include <optional>
#include <string>

namespace sockit {

/// What becomes of the bytes that a command receives; by default they go to stdout.
struct PayloadPlan {
    std::optional<std::string> file; ///< written there, made empty first
    bool raw = false;                ///< unescaped even to a terminal
    bool records = false;            ///< each chunk an event
    std::size_t keep = 0;            ///< so many bytes are kept for the connection's last event

    bool operator==(const PayloadPlan&) const = default;
};

/// Where the bytes received on one connection go.
class Destination {
public:
    /// A terminal gets them escaped unless `raw`.
    static Destination stream(Stream stream, bool raw);
    static Destination chunks(CharacterChunks::Take take);
    static Destination kept(std::size_t limit);

    /// WouldBlock only where ref() is valid: call again with the same bytes when that is writable.
    Result<Transfer> write(std::span<const std::byte> bytes);
    [[nodiscard]] FdRef ref() const { return m_stream ? m_stream->ref() : FdRef(); }
    /// The pipe behind it, if what is written goes there as it is; else invalid.
    [[nodiscard]] FdRef pipe() const
    {
        return m_stream && m_stream->is_fifo() && !m_escaper ? m_stream->ref() : FdRef();
    }
    /// The stream's name, for errors: "stdout".
    [[nodiscard]] std::string name() const { return m_stream ? m_stream->name() : "records"; }
    /// No more will come: passes on what was held back.
    Result<> finish();
    /// What was kept, once finished.
    [[nodiscard]] std::optional<KeptPayload> take_kept();

private:
    Result<Transfer> write_escaped(std::span<const std::byte> bytes);
    void keep(std::string_view bytes);

    std::optional<Stream> m_stream;
    std::optional<TerminalText> m_escaper;
    std::string m_escaped; ///< what is to be written of the bytes that write() was given
    std::optional<CharacterChunks> m_chunks;
    std::size_t m_limit = 0;
    std::optional<KeptPayload> m_kept;
};

/// Makes the destinations of a run as its PayloadPlan demands.
class Destinations {
public:
    /// Opens the plan's file. Errors: that of open(2), Phase::Output.
    static Result<Destinations> open(const PayloadPlan& plan, const Emit& emit);

    /// For one connection; with its id where there are several.
    [[nodiscard]] Destination make(std::optional<std::uint64_t> connection) const;

private:
    Destinations(const PayloadPlan& plan, const Emit& emit, Fd file);

    const PayloadPlan& m_plan;
    const Emit& m_emit;
    Fd m_file;
    Stream m_stream;
};

} // namespace sockit
