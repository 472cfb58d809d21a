#pragma once

#include "report/fields.h"
#include "sock/socket_info.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace sockit {

/// Gives a name that stays valid; empty where it cannot be kept.
using NameKeeper = std::function<std::string_view(std::string_view)>;

/// Without what says how the value is written ("_base64").
std::string_view plain_key(std::string_view key);

/// The values of a record that was read back, each by its token. The readers are false where the
/// value is not what it should be.
class SavedValues {
public:
    explicit SavedValues(const Fields& fields) : m_fields(fields) {}

    /// Called with a key and its token; false ends the look through an object.
    using MemberVisitor = std::function<bool(std::string_view, std::size_t)>;

    /// Visits the members of the object at `begin`, up to `end`; the visitor's false is passed on.
    bool each(std::size_t begin, std::size_t end, const MemberVisitor& visit) const;
    bool each_of(std::size_t object, const MemberVisitor& visit) const;

    [[nodiscard]] Fields::Kind kind(std::size_t token) const
    {
        return m_fields.tokens()[token].kind;
    }
    bool text(std::size_t token, std::string& out) const;
    template <class Number>
    bool number(std::size_t token, Number& out) const
    {
        const auto& value = m_fields.tokens()[token];
        if (value.kind != Fields::Kind::Unsigned || !std::in_range<Number>(value.natural))
            return false;
        out = static_cast<Number>(value.natural);
        return true;
    }
    /// null is no number, and right.
    template <class Number>
    bool number(std::size_t token, std::optional<Number>& out) const
    {
        return kind(token) == Fields::Kind::Null || number(token, out.emplace());
    }
    bool boolean(std::size_t token, std::optional<bool>& out) const;
    bool endpoint(std::size_t token, Endpoint& out) const;
    bool owners(std::size_t token, std::optional<std::vector<SocketOwner>>& out) const;
    bool measures(std::size_t token, const NameKeeper& keep, std::vector<TcpInfoField>& out) const;

private:
    [[nodiscard]] std::size_t after(std::size_t token) const;

    const Fields& m_fields;
};

} // namespace sockit
