#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace sockit {

// The wire format of netlink(7): aligned headers, each with the length of what follows. Nothing
// here reads outside the span it was given, whatever the lengths in it claim.

/// The T at the start of the bytes; nothing when there are too few.
template <class T>
std::optional<T> read_object(std::span<const std::byte> bytes)
{
    if (bytes.size() < sizeof(T))
        return std::nullopt;
    T object;
    std::memcpy(&object, bytes.data(), sizeof object);
    return object;
}

struct NetlinkMessage {
    std::uint16_t type = 0;
    std::uint32_t sequence = 0;
    std::span<const std::byte> payload;
};

/// The messages of one datagram, in order.
class NetlinkMessages {
public:
    explicit NetlinkMessages(std::span<const std::byte> datagram) : m_rest(datagram) {}
    std::optional<NetlinkMessage> next();
    /// After the last message: whether bytes were left that are no whole message.
    [[nodiscard]] bool malformed() const { return m_malformed; }

private:
    std::span<const std::byte> m_rest;
    bool m_malformed = false;
};

struct NetlinkAttribute {
    std::uint16_t type = 0; ///< without the flag bits
    std::span<const std::byte> payload;
};

/// The attributes behind a message's fixed part; ends at the first that is not whole.
class NetlinkAttributes {
public:
    explicit NetlinkAttributes(std::span<const std::byte> bytes) : m_rest(bytes) {}
    std::optional<NetlinkAttribute> next();

private:
    std::span<const std::byte> m_rest;
};

} // namespace sockit
