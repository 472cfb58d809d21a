#include "report/saved_values.h"

#include "base/escape.h"

#include <algorithm>
#include <charconv>

#include <net/if.h>
#include <sys/un.h>

namespace sockit {

namespace {

using Kind = Fields::Kind;

constexpr std::string_view base64_suffix = "_base64";

bool begins(Kind kind) { return kind == Kind::BeginObject || kind == Kind::BeginArray; }

bool ends(Kind kind) { return kind == Kind::EndObject || kind == Kind::EndArray; }

std::uint32_t scope_id(const std::string& scope)
{
    std::uint32_t id = 0;
    const auto* end = scope.data() + scope.size();
    if (std::from_chars(scope.data(), end, id).ptr == end)
        return id;
    return ::if_nametoindex(scope.c_str());
}

/// Of up to 108 bytes, which the kernel takes without a NUL at their end (unix(7), BUGS).
Result<Endpoint> unix_path(std::string_view path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() != sizeof address.sun_path)
        return Endpoint::unix_path(path);
    std::ranges::copy(path, address.sun_path);
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

} // namespace

std::string_view plain_key(std::string_view key)
{
    return key.ends_with(base64_suffix) ? key.substr(0, key.size() - base64_suffix.size()) : key;
}

bool SavedValues::each(std::size_t begin, std::size_t end,
                       const std::function<bool(std::string_view, std::size_t)>& visit) const
{
    for (auto at = begin; at < end; at = after(at))
        if (!visit(m_fields.key(m_fields.tokens()[at]), at))
            return false;
    return true;
}

bool SavedValues::each_of(std::size_t object,
                          const std::function<bool(std::string_view, std::size_t)>& visit) const
{
    return begins(m_fields.tokens()[object].kind) && each(object + 1, after(object) - 1, visit);
}

/// The first token behind a value and all that is in it.
std::size_t SavedValues::after(std::size_t token) const
{
    const auto& tokens = m_fields.tokens();
    std::size_t depth = 0;
    for (; token < tokens.size(); ++token) {
        if (begins(tokens[token].kind))
            ++depth;
        else if (ends(tokens[token].kind))
            --depth;
        if (depth == 0)
            return token + 1;
    }
    return token;
}

bool SavedValues::text(std::size_t token, std::string& out) const
{
    const auto& value = m_fields.tokens()[token];
    if (value.kind != Kind::Text)
        return false;
    if (!m_fields.key(value).ends_with(base64_suffix)) {
        out = m_fields.text(value);
        return true;
    }
    auto bytes = unbase64(m_fields.text(value));
    if (bytes)
        out = std::move(*bytes);
    return bytes.has_value();
}

bool SavedValues::boolean(std::size_t token, std::optional<bool>& out) const
{
    const auto& value = m_fields.tokens()[token];
    if (value.kind == Kind::Boolean)
        out = value.boolean;
    return value.kind == Kind::Boolean || value.kind == Kind::Null;
}

bool SavedValues::endpoint(std::size_t token, Endpoint& out) const
{
    std::string family;
    std::string address;
    std::string scope;
    std::optional<std::string> path;
    std::optional<std::string> abstract;
    std::uint32_t port = 0;
    std::uint32_t cid = 0;
    const bool read = each_of(token, [&](std::string_view key, std::size_t at) {
        const auto name = plain_key(key);
        if (name == "family")
            return text(at, family);
        if (name == "address")
            return text(at, address);
        if (name == "scope")
            return text(at, scope);
        if (name == "path")
            return text(at, path.emplace());
        if (name == "abstract")
            return text(at, abstract.emplace());
        if (name == "port")
            return number(at, port);
        return name != "cid" || number(at, cid);
    });
    if (!read)
        return false;
    Result<Endpoint> made = Failure(Error());
    if (family == "unix")
        made = path       ? unix_path(*path)
               : abstract ? Endpoint::unix_abstract(*abstract)
                          : Endpoint::unix_unnamed();
    else if (family == "vsock")
        made = Endpoint::vsock(cid, port);
    else if (family == "netlink")
        made = Endpoint::netlink(port);
    else if (family == "packet") // what it takes is told beside it
        made = Endpoint::packet(0, 0);
    else if (std::in_range<std::uint16_t>(port) && (family == "inet" || family == "inet6"))
        made = Endpoint::from_literal(address, static_cast<std::uint16_t>(port));
    if (!made || (made->is_inet() && (made->family() == AF_INET6) != (family == "inet6")))
        return false;
    if (!scope.empty() && made->family() == AF_INET6) {
        const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(made->data());
        made = Endpoint::inet6(v6.sin6_addr, static_cast<std::uint16_t>(port), scope_id(scope));
    }
    out = *made;
    return true;
}

bool SavedValues::owners(std::size_t token, std::optional<std::vector<SocketOwner>>& out) const
{
    if (m_fields.tokens()[token].kind != Kind::BeginArray)
        return false;
    out.emplace();
    return each_of(token, [&](std::string_view /*key*/, std::size_t element) {
        auto& owner = out->emplace_back();
        return each_of(element, [&](std::string_view key, std::size_t at) {
            if (key == "pid")
                return number(at, owner.pid);
            if (key == "fd")
                return number(at, owner.fd);
            if (key == "tid")
                return number(at, owner.tid);
            return plain_key(key) != "comm" || text(at, owner.comm);
        });
    });
}

bool SavedValues::measures(std::size_t token, const NameKeeper& keep,
                           std::vector<TcpInfoField>& out) const
{
    return each_of(token, [&](std::string_view key, std::size_t at) {
        TcpInfoField field{keep(key), std::nullopt};
        if (!number(at, field.value))
            return false;
        if (!field.name.empty())
            out.push_back(field);
        return true;
    });
}

} // namespace sockit
