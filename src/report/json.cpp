#include "report/json.h"

#include "base/escape.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace sockit {

namespace {

template <class Number>
void append_number(std::string& out, Number value)
{
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_key(std::string& out, std::string_view key, std::string_view suffix = {})
{
    if (key.empty() && suffix.empty())
        return;
    if (suffix.empty())
        append_string(out, key);
    else
        append_string(out, std::string(key) + std::string(suffix));
    out += ':';
}

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

void append_quoted(std::string& out, std::string_view plain)
{
    const auto before = out.size();
    out.resize(before + plain.size() + 2);
    char* to = out.data() + before;
    *to = '"';
    std::ranges::copy(plain, to + 1);
    to[plain.size() + 1] = '"';
}

void append_text(std::string& out, std::string_view key, std::string_view text)
{
    if (is_plain(text)) {
        append_key(out, key);
        append_quoted(out, text);
    } else if (is_utf8(text)) {
        append_key(out, key);
        append_string(out, text);
    } else {
        append_key(out, key, "_base64");
        append_string(out, base64(text));
    }
}

void append_value(std::string& out, const Fields& fields, const Fields::Token& token)
{
    if (token.kind == Fields::Kind::Text) {
        append_text(out, fields.key(token), fields.text(token));
        return;
    }
    append_key(out, fields.key(token));
    switch (token.kind) {
    case Fields::Kind::Null: out += "null"; break;
    case Fields::Kind::Boolean: out += token.boolean ? "true" : "false"; break;
    case Fields::Kind::Signed: append_number(out, token.integer); break;
    case Fields::Kind::Unsigned: append_number(out, token.natural); break;
    case Fields::Kind::Real:
        if (std::isfinite(token.real))
            append_number(out, token.real);
        else
            out += "null";
        break;
    case Fields::Kind::BeginObject: out += '{'; break;
    case Fields::Kind::BeginArray: out += '['; break;
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

} // namespace

bool parse_members(std::string_view text, Fields& fields)
{
    fields.clear();
    TokenMaker maker(fields);
    return nlohmann::json::sax_parse(text, &maker);
}

void append_string(std::string& out, std::string_view text)
{
    if (is_plain(text))
        append_quoted(out, text);
    else
        // Pure ASCII out, so that C1 and bidi controls from a peer never reach a terminal raw.
        out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void append_members(std::string& out, const Fields& fields)
{
    bool first = true;
    for (const auto& token : fields.tokens()) {
        if (token.kind == Fields::Kind::EndObject || token.kind == Fields::Kind::EndArray) {
            out += token.kind == Fields::Kind::EndObject ? '}' : ']';
            first = false;
            continue;
        }
        if (!first)
            out += ',';
        append_value(out, fields, token);
        first = token.kind == Fields::Kind::BeginObject || token.kind == Fields::Kind::BeginArray;
    }
}

} // namespace sockit
