#include "report/fields.h"

#include "report/format.h"

namespace sockit {

void Fields::clear()
{
    m_tokens.clear();
    m_bytes.clear();
}

Fields::Token& Fields::push(Kind kind, std::string_view key)
{
    Token& token = m_tokens.emplace_back();
    token.kind = kind;
    token.key_offset = m_bytes.size();
    token.key_length = static_cast<std::uint32_t>(key.size());
    m_bytes += key;
    return token;
}

void Fields::push_boolean(std::string_view key, bool value)
{
    push(Kind::Boolean, key).boolean = value;
}

void Fields::push_signed(std::string_view key, std::int64_t value)
{
    push(Kind::Signed, key).integer = value;
}

void Fields::push_unsigned(std::string_view key, std::uint64_t value)
{
    push(Kind::Unsigned, key).natural = value;
}

void Fields::add(std::string_view key, std::nullptr_t) { push(Kind::Null, key); }

void Fields::add(std::string_view key, double value) { push(Kind::Real, key).real = value; }

void Fields::add(std::string_view key, std::string_view value)
{
    Token& token = push(Kind::Text, key);
    token.text = {m_bytes.size(), value.size()};
    m_bytes += value;
}

void Fields::add(std::string_view key, std::chrono::system_clock::time_point value)
{
    add(key, format_time(value));
}

void Fields::add(std::string_view key, std::chrono::sys_seconds value)
{
    add(key, format_time(value));
}

void Fields::add(std::string_view key, const Endpoint& endpoint)
{
    begin_object(key);
    switch (endpoint.family()) {
    case AF_INET:
    case AF_INET6: add_inet(endpoint, endpoint.scope()); break;
    case AF_VSOCK:
        add("family", "vsock");
        add("cid", endpoint.cid());
        add("port", endpoint.port());
        break;
    default:
        add("family", "unix");
        if (endpoint.is_unix_path())
            add("path", endpoint.unix_name());
        else if (endpoint.is_unix_abstract())
            add("abstract", endpoint.unix_name());
        break;
    }
    end_object();
}

void Fields::add_scoped(std::string_view key, const Endpoint& endpoint, std::string_view scope)
{
    begin_object(key);
    add_inet(endpoint, scope);
    end_object();
}

void Fields::add_inet(const Endpoint& endpoint, std::string_view scope)
{
    add("family", endpoint.family() == AF_INET ? "inet" : "inet6");
    add("address", endpoint.address());
    add("port", endpoint.port());
    if (!scope.empty())
        add("scope", scope);
}

void Fields::add(std::string_view key, const IcmpNotice& icmp)
{
    begin_object(key);
    add("type", icmp.type);
    add("code", icmp.code);
    add("name", icmp_name(icmp));
    add("from", icmp.from);
    add("local", icmp.local);
    end_object();
}

void Fields::add(std::string_view key, const Error& error)
{
    begin_object(key);
    if (error.phase != Phase::None)
        add("phase", phase_name(error.phase));
    else
        add("phase", nullptr);
    add("call", error.call);
    add("subject", error.subject);
    add("code", code_name(error));
    if (error.domain == Domain::Errno || error.domain == Domain::Unsupported)
        add("errno", error.code);
    else
        add("errno", nullptr);
    add("message", message(error));
    if (!error.detail.empty())
        add("detail", error.detail);
    if (!error.hint.empty())
        add("hint", error.hint);
    if (error.icmp)
        add("icmp", *error.icmp);
    end_object();
}

void Fields::add_measures(std::span<const TcpInfoField> measures)
{
    if (measures.empty())
        return;
    push(Kind::Measures, {}).measures = {measures.data(), measures.size()};
}

void Fields::begin_object(std::string_view key) { push(Kind::BeginObject, key); }

void Fields::end_object() { push(Kind::EndObject, {}); }

void Fields::begin_array(std::string_view key) { push(Kind::BeginArray, key); }

void Fields::end_array() { push(Kind::EndArray, {}); }

std::string_view Fields::key(const Token& token) const
{
    return std::string_view(m_bytes).substr(token.key_offset, token.key_length);
}

std::string_view Fields::text(const Token& token) const
{
    return std::string_view(m_bytes).substr(token.text.offset, token.text.length);
}

std::span<const TcpInfoField> Fields::measures(const Token& token)
{
    return {token.measures.first, token.measures.count};
}

} // namespace sockit
