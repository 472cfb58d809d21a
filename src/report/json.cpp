#include "report/json.h"

#include "base/escape.h"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <span>

namespace sockit {

namespace {

/// Whether it needs no more than quotes around it: printable ASCII without quote and backslash.
bool is_plain(std::string_view text)
{
    // One table look-up a byte: nearly every byte of a listing comes through here.
    static constexpr auto needs_more = [] {
        std::array<bool, 256> bytes{};
        for (std::size_t byte = 0; byte < bytes.size(); ++byte)
            bytes[byte] = byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\';
        return bytes;
    }();
    unsigned found = 0;
    for (const char c : text)
        found |= static_cast<unsigned>(needs_more[static_cast<unsigned char>(c)]);
    return found == 0;
}

/// A JSON string of any UTF-8. Pure ASCII out, so that C1 and bidi controls from a peer never reach
/// a terminal raw.
std::string dumped(std::string_view text)
{
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

constexpr std::string_view base64_suffix = "_base64";
constexpr std::size_t longest_number = 32; ///< with what stands around it
constexpr std::size_t longest_escape = 6;  ///< of a byte: \uXXXX

/// At least as many bytes as the value takes in JSON.
std::size_t most_bytes(const Fields& fields, const Fields::Token& token)
{
    const auto key = token.key_length * longest_escape + base64_suffix.size() + longest_number;
    switch (token.kind) {
    case Fields::Kind::Text: return key + token.text.length * longest_escape;
    case Fields::Kind::Measures: {
        std::size_t most = 0;
        for (const auto& measure : fields.measures(token))
            most += measure.name.size() + longest_number;
        return most;
    }
    default: return key;
    }
}

/// Puts values one behind the other into room that is known to suffice: a listing has millions.
class Writer {
public:
    explicit Writer(char* at) : m_at(at) {}

    [[nodiscard]] char* at() const { return m_at; }

    void put(char c) { *m_at++ = c; }
    void put(std::string_view text)
    {
        std::memcpy(m_at, text.data(), text.size());
        m_at += text.size();
    }

    void number(auto value) { m_at = std::to_chars(m_at, m_at + longest_number, value).ptr; }

    void plain(std::string_view text)
    {
        put('"');
        put(text);
        put('"');
    }

    void key(std::string_view name)
    {
        if (name.empty())
            return;
        if (is_plain(name))
            plain(name);
        else
            put(dumped(name));
        put(':');
    }

    void text(std::string_view name, std::string_view value)
    {
        if (is_plain(value)) {
            key(name);
            plain(value);
        } else if (is_utf8(value)) {
            key(name);
            put(dumped(value));
        } else {
            key(std::string(name) + std::string(base64_suffix));
            plain(base64(value));
        }
    }

    void measures(std::span<const TcpInfoField> fields)
    {
        bool first = true;
        for (const auto& field : fields) {
            if (!first)
                put(',');
            first = false;
            plain(field.name);
            put(':');
            if (field.value)
                number(*field.value);
            else
                put("null");
        }
    }

private:
    char* m_at;
};

void put_value(Writer& writer, const Fields& fields, const Fields::Token& token)
{
    using enum Fields::Kind;
    if (token.kind == Text) {
        writer.text(fields.key(token), fields.text(token));
        return;
    }
    if (token.kind == Measures) {
        writer.measures(fields.measures(token));
        return;
    }
    writer.key(fields.key(token));
    switch (token.kind) {
    case Null: writer.put("null"); break;
    case Boolean: writer.put(token.boolean ? "true" : "false"); break;
    case Signed: writer.number(token.integer); break;
    case Unsigned: writer.number(token.natural); break;
    case Real:
        if (std::isfinite(token.real))
            writer.number(token.real);
        else
            writer.put("null");
        break;
    case BeginObject: writer.put('{'); break;
    case BeginArray: writer.put('['); break;
    default: break;
    }
}

/// The library's events as tokens. The outermost braces are no token.
class TokenMaker : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit TokenMaker(Fields& fields) : m_fields(fields) {}

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& /*text*/) override
    {
        return add(value);
    }
    bool string(string_t& value) override { return add(value); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool key(string_t& name) override
    {
        m_key = name;
        return true;
    }
    bool start_object(std::size_t /*elements*/) override
    {
        if (m_depth++ > 0)
            m_fields.begin_object(m_key);
        m_key.clear();
        return true;
    }
    bool end_object() override
    {
        if (--m_depth > 0)
            m_fields.end_object();
        return true;
    }
    bool start_array(std::size_t /*elements*/) override
    {
        if (m_depth++ > 0)
            m_fields.begin_array(m_key);
        m_key.clear();
        return m_depth > 1;
    }
    bool end_array() override
    {
        --m_depth;
        m_fields.end_array();
        return true;
    }
    bool parse_error(std::size_t /*place*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) override
    {
        return false;
    }

private:
    bool add(const auto& value)
    {
        m_fields.add(m_key, value);
        m_key.clear();
        return m_depth > 0;
    }

    Fields& m_fields;
    std::string m_key;
    std::size_t m_depth = 0;
};

char* put_members(char* at, const Fields& fields)
{
    Writer writer(at);
    bool first = true;
    for (const auto& token : fields.tokens()) {
        if (token.kind == Fields::Kind::EndObject || token.kind == Fields::Kind::EndArray) {
            writer.put(token.kind == Fields::Kind::EndObject ? '}' : ']');
            first = false;
            continue;
        }
        if (!first)
            writer.put(',');
        put_value(writer, fields, token);
        first = token.kind == Fields::Kind::BeginObject || token.kind == Fields::Kind::BeginArray;
    }
    return writer.at();
}

} // namespace

bool parse_members(std::string_view text, Fields& fields)
{
    fields.clear();
    TokenMaker maker(fields);
    return nlohmann::json::sax_parse(text, &maker);
}

void append_string(std::string& out, std::string_view text)
{
    if (!is_plain(text)) {
        out += dumped(text);
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

void append_members(std::string& out, const Fields& fields)
{
    const auto before = out.size();
    std::size_t most = 0;
    for (const auto& token : fields.tokens())
        most += most_bytes(fields, token);
    out.resize_and_overwrite(before + most, [&](char* data, std::size_t /*size*/) {
        return static_cast<std::size_t>(put_members(data + before, fields) - data);
    });
}

} // namespace sockit
