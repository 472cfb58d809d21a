#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "sock/endpoint.h"
#include "sock/socket_info.h"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// The keys and values of one record, in order: a flat list of tokens that sinks walk. Cleared and
/// filled again for every record without giving memory back. Text may be any bytes: a sink for JSON
/// writes what is not UTF-8 as base64 under `KEY_base64`.
class Fields {
public:
    enum class Kind : std::uint8_t {
        Null,
        Boolean,
        Signed,
        Unsigned,
        Real,
        Text,
        Measures, ///< many members at once
        BeginObject,
        EndObject,
        BeginArray,
        EndArray,
    };

    struct TextPlace {
        std::size_t offset;
        std::size_t length;
    };

    struct MeasuresPlace {
        const TcpInfoField* first;
        std::size_t count;
    };

    struct Token {
        Kind kind;
        std::uint32_t key_length;
        std::size_t key_offset;
        union {
            bool boolean;
            std::int64_t integer;
            std::uint64_t natural;
            double real;
            TextPlace text;
            MeasuresPlace measures;
        };
    };

    void clear();

    // Within arrays the key is empty.
    void add(std::string_view key, std::nullptr_t);
    void add(std::string_view key, std::same_as<bool> auto value) { push_boolean(key, value); }
    void add(std::string_view key, std::signed_integral auto value) { push_signed(key, value); }
    void add(std::string_view key, std::unsigned_integral auto value)
        requires(!std::same_as<decltype(value), bool>)
    {
        push_unsigned(key, value);
    }
    void add(std::string_view key, double value);
    void add(std::string_view key, std::string_view value);
    void add(std::string_view key, const std::string& value) { add(key, std::string_view(value)); }
    void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
    /// Whole nanoseconds: give the key its `_ns`.
    void add(std::string_view key, Duration value) { push_signed(key, value.count()); }
    /// RFC 3339 in UTC with microseconds: "2025-01-31T12:00:00.000000Z".
    void add(std::string_view key, std::chrono::system_clock::time_point value);
    void add(std::string_view key, std::chrono::sys_seconds value);
    /// EP of the contract, but of packet and netlink sockets, which it does not describe alone.
    void add(std::string_view key, const Endpoint& endpoint);
    /// EP of an IPv6 address whose scope is known by another name than it has here.
    void add_scoped(std::string_view key, const Endpoint& endpoint, std::string_view scope);
    /// The "icmp" of an ERROR.
    void add(std::string_view key, const IcmpNotice& icmp);
    /// ERROR of the contract.
    void add(std::string_view key, const Error& error);
    /// null when there is none.
    template <class T>
    void add(std::string_view key, const std::optional<T>& value)
    {
        if (value)
            add(key, *value);
        else
            add(key, nullptr);
    }

    /// Each as a member with a name of its own, which must be printable ASCII. They are not copied
    /// and have to stay until the record is written; there must be some.
    void add_measures(std::span<const TcpInfoField> measures);

    void begin_object(std::string_view key = {});
    void end_object();
    void begin_array(std::string_view key = {});
    void end_array();

    [[nodiscard]] const std::vector<Token>& tokens() const { return m_tokens; }
    [[nodiscard]] std::string_view key(const Token& token) const;
    [[nodiscard]] std::string_view text(const Token& token) const;
    [[nodiscard]] static std::span<const TcpInfoField> measures(const Token& token);

private:
    void add_inet(const Endpoint& endpoint, std::string_view scope);
    Token& push(Kind kind, std::string_view key);
    void push_boolean(std::string_view key, bool value);
    void push_signed(std::string_view key, std::int64_t value);
    void push_unsigned(std::string_view key, std::uint64_t value);

    std::vector<Token> m_tokens;
    std::string m_bytes; ///< keys and texts, referred to by offset
};

} // namespace sockit
