#pragma once

#include "sock/socket_info.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <netinet/in.h>

// The bytes of one socket in PackedSockets. The members are named once: the same functions write
// and read them, so that both know the same order.
namespace sockit::packed {

using Words = std::vector<std::string_view>;
using Namespaces = std::vector<std::shared_ptr<const NetnsTag>>;

/// Which members there are: a bit each, before everything else of a row.
using Presence = std::uint64_t;

/// Appends a row's members.
class RowWriter {
public:
    RowWriter(std::string& row, Words& words, Namespaces& namespaces)
        : m_row(row), m_words(words), m_namespaces(namespaces)
    {
        m_row.assign(sizeof(Presence), '\0');
    }

    /// To be called last.
    void finish() { std::memcpy(m_row.data(), &m_presence, sizeof m_presence); }

    bool present(bool is)
    {
        m_presence |= Presence{is} << m_bit++;
        return is;
    }

    template <class Integer>
    void number(const Integer& value)
    {
        auto rest = static_cast<std::uint64_t>(value);
        for (; rest >= 0x80; rest >>= 7U)
            m_row += static_cast<char>(rest | 0x80U);
        m_row += static_cast<char>(rest);
    }

    void bytes(const void* from, std::size_t length)
    {
        m_row.append(static_cast<const char*>(from), length);
    }

    void text(const std::string& value)
    {
        number(value.size());
        m_row += value;
    }

    /// A name that is never freed.
    void word(std::string_view value)
    {
        // Rows are alike: their words come in the order in which those of the last row came.
        if (m_next >= m_words.size() || m_words[m_next] != value) {
            m_next = static_cast<std::size_t>(std::ranges::find(m_words, value) - m_words.begin());
            if (m_next == m_words.size())
                m_words.push_back(value);
        }
        number(m_next++);
    }

    void endpoint(const Endpoint& value)
    {
        if (present(value.family() == AF_INET)) {
            const auto* address = reinterpret_cast<const sockaddr_in*>(value.data());
            bytes(&address->sin_addr, sizeof address->sin_addr);
            bytes(&address->sin_port, sizeof address->sin_port);
            return;
        }
        if (present(value.family() == AF_INET6)) {
            const auto* address = reinterpret_cast<const sockaddr_in6*>(value.data());
            bytes(&address->sin6_addr, sizeof address->sin6_addr);
            bytes(&address->sin6_port, sizeof address->sin6_port);
            number(address->sin6_scope_id);
            return;
        }
        number(value.size());
        bytes(value.data(), value.size());
    }

    void netns(const std::shared_ptr<const NetnsTag>& value)
    {
        const auto found = std::ranges::find(m_namespaces, value);
        number(found - m_namespaces.begin());
        if (found == m_namespaces.end())
            m_namespaces.push_back(value);
    }

private:
    std::string& m_row;
    Words& m_words;
    Namespaces& m_namespaces;
    Presence m_presence = 0;
    unsigned m_bit = 0;
    std::size_t m_next = 0;
};

/// Takes them back in the same order.
class RowReader {
public:
    RowReader(const char* row, const Words& words, const Namespaces& namespaces)
        : m_at(row + sizeof(Presence)), m_words(words), m_namespaces(namespaces)
    {
        std::memcpy(&m_presence, row, sizeof m_presence);
    }

    [[nodiscard]] const char* end() const { return m_at; }

    bool present(bool /*is*/) { return (m_presence >> m_bit++ & 1U) != 0; }

    template <class Integer>
    void number(Integer& value)
    {
        std::uint64_t whole = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(*m_at++);
            whole |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80)
                break;
        }
        value = static_cast<Integer>(whole);
    }

    void bytes(void* to, std::size_t length)
    {
        std::memcpy(to, m_at, length);
        m_at += length;
    }

    void text(std::string& value)
    {
        std::size_t length = 0;
        number(length);
        value.assign(m_at, length);
        m_at += length;
    }

    void word(std::string_view& value)
    {
        std::size_t index = 0;
        number(index);
        value = m_words[index];
    }

    void endpoint(Endpoint& value)
    {
        if (present({})) {
            in_addr address{};
            in_port_t port = 0;
            bytes(&address, sizeof address);
            bytes(&port, sizeof port);
            value = Endpoint::inet(address, ntohs(port));
            return;
        }
        if (present({})) {
            in6_addr address{};
            in_port_t port = 0;
            std::uint32_t scope_id = 0;
            bytes(&address, sizeof address);
            bytes(&port, sizeof port);
            number(scope_id);
            value = Endpoint::inet6(address, ntohs(port), scope_id);
            return;
        }
        socklen_t length = 0;
        number(length);
        sockaddr_storage address{};
        bytes(&address, length);
        value = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
    }

    void netns(std::shared_ptr<const NetnsTag>& value)
    {
        std::size_t index = 0;
        number(index);
        value = m_namespaces[index];
    }

private:
    const char* m_at;
    const Words& m_words;
    const Namespaces& m_namespaces;
    Presence m_presence = 0;
    unsigned m_bit = 0;
};

/// Calls `exchange` with the value if there is one; makes one first where it is read.
template <class Row, class Optional, class Exchange>
void optional(Row& row, Optional& value, const Exchange& exchange)
{
    if (!row.present(static_cast<bool>(value)))
        return;
    if constexpr (std::is_same_v<Row, RowReader>)
        value.emplace();
    exchange(*value);
}

template <class Row, class Optional>
void optional_number(Row& row, Optional& value)
{
    optional(row, value, [&](auto& number) { row.number(number); });
}

/// Only where it is not 0.
template <class Row, class Integer>
void some_number(Row& row, Integer& value)
{
    if (row.present(value != 0))
        row.number(value);
}

template <class Row, class String>
void some_text(Row& row, String& value)
{
    if (row.present(!value.empty()))
        row.text(value);
}

template <class Row, class Vector, class Exchange>
void some_list(Row& row, Vector& values, const Exchange& exchange)
{
    if (!row.present(!values.empty()))
        return;
    auto count = values.size();
    row.number(count);
    if constexpr (std::is_same_v<Row, RowReader>)
        values.resize(count);
    for (auto& value : values)
        exchange(value);
}

template <class Row, class Measures>
void measures(Row& row, Measures& values)
{
    some_list(row, values, [&](auto& field) {
        row.word(field.name);
        // One more than the value; 0 is unknown. What does not fit is no counter of a kernel.
        std::uint64_t code = field.value ? *field.value + 1 : 0;
        row.number(code);
        if constexpr (std::is_same_v<Row, RowReader>)
            field.value = code != 0 ? std::optional(code - 1) : std::nullopt;
    });
}

template <class Row, class Owners>
void owners(Row& row, Owners& values)
{
    optional(row, values, [&](auto& list) {
        auto count = list.size();
        row.number(count);
        if constexpr (std::is_same_v<Row, RowReader>)
            list.resize(count);
        for (auto& owner : list) {
            row.number(owner.pid);
            row.number(owner.fd);
            row.text(owner.comm);
            std::int32_t tid = owner.tid.value_or(0);
            row.number(tid);
            if constexpr (std::is_same_v<Row, RowReader>)
                owner.tid = tid != 0 ? std::optional(tid) : std::nullopt;
        }
    });
}

template <class Row, class Flag>
void optional_flag(Row& row, Flag& value)
{
    optional(row, value, [&](auto& flag) {
        [[maybe_unused]] const bool set = row.present(flag);
        if constexpr (std::is_same_v<Row, RowReader>)
            flag = set;
    });
}

template <class Row, class Flag>
void plain_flag(Row& row, Flag& value)
{
    [[maybe_unused]] const bool set = row.present(value);
    if constexpr (std::is_same_v<Row, RowReader>)
        value = set;
}

/// The members of a socket that every listing has.
template <class Row, class Info>
void exchange_always(Row& row, Info& info)
{
    const auto endpoint = [&](auto& value) { row.endpoint(value); };
    row.word(info.netid);
    row.number(info.family);
    row.number(info.state);
    optional_number(row, info.recv_q);
    optional_number(row, info.send_q);
    endpoint(info.local);
    optional(row, info.peer, endpoint);
    optional_number(row, info.protocol);
    some_number(row, info.interface);
    some_text(row, info.interface_name);
    if (row.present(info.netns != nullptr))
        row.netns(info.netns);
    optional_number(row, info.uid);
    optional_number(row, info.inode);
    optional_number(row, info.cookie);
    optional(row, info.timer, [&](auto& timer) {
        row.word(timer.name);
        row.number(timer.expires_ns);
        row.number(timer.retransmits);
    });
    optional_number(row, info.accept_length);
    optional_number(row, info.accept_limit);
    optional_number(row, info.peer_inode);
}

/// Those that are there where they were asked for.
template <class Row, class Info>
void exchange_asked(Row& row, Info& info)
{
    owners(row, info.processes);
    plain_flag(row, info.processes_asked);
    plain_flag(row, info.processes_incomplete);
    owners(row, info.peer_processes);
    optional_flag(row, info.v6only);
    optional_number(row, info.shutdown);
    optional(row, info.cgroup, [&](auto& path) { row.text(path); });
    measures(row, info.tcp_info);
    some_text(row, info.congestion);
    if (row.present(!info.congestion_block.empty()))
        row.word(info.congestion_block);
    measures(row, info.congestion_info);
    optional(row, info.memory, [&](auto& memory) { row.bytes(&memory, sizeof memory); });
    optional_number(row, info.tos);
    optional_number(row, info.traffic_class);
    optional_number(row, info.class_id);
    optional_number(row, info.mark);
    optional_number(row, info.drops);
    optional_number(row, info.inet_options);
    some_text(row, info.upper_protocol);
    measures(row, info.upper_protocol_info);
}

template <class Row, class Info>
void exchange(Row& row, Info& info)
{
    exchange_always(row, info);
    exchange_asked(row, info);
}

} // namespace sockit::packed
