#pragma once

#include "event/traffic.h"
#include "op/stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// What becomes of the bytes that a command receives.
struct PayloadPlan {
    std::optional<std::string> file; ///< written there, made empty first
    bool records = false;            ///< each chunk an event
    std::size_t keep = 0;            ///< so many bytes are kept for the connection's last event

    bool operator==(const PayloadPlan&) const = default;
};

/// Passes a byte stream on in chunks that cut no UTF-8 character, so that text cut by a packet's
/// end stays text. Holds back at most three bytes.
class CharacterChunks {
public:
    using Take = std::function<void(std::string chunk)>;

    explicit CharacterChunks(Take take) : m_take(std::move(take)) {}
    void add(std::string_view bytes);
    /// Passes on what is still held back.
    void finish();

private:
    Take m_take;
    std::string m_held;
};

/// Where the bytes received on one connection go: a descriptor, events, memory, or nowhere.
class Destination {
public:
    static Destination nowhere() { return {}; }
    static Destination stream(Stream stream);
    static Destination chunks(CharacterChunks::Take take);
    static Destination kept(std::size_t limit);

    /// WouldBlock only where ref() is valid: wait until that is writable.
    Result<Transfer> write(std::span<const std::byte> bytes);
    [[nodiscard]] FdRef ref() const { return m_stream ? m_stream->ref() : FdRef(); }
    /// No more will come.
    void finish();
    /// What was kept, once finished.
    [[nodiscard]] std::optional<KeptPayload> take_kept();

private:
    void keep(std::string_view bytes);

    std::optional<Stream> m_stream;
    std::optional<CharacterChunks> m_chunks;
    std::size_t m_limit = 0;
    std::optional<KeptPayload> m_kept;
};

} // namespace sockit
