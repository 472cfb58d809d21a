#include "report/yaml.h"

#include "base/escape.h"
#include "report/json.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace sockit {

namespace {

using Kind = Fields::Kind;

/// JSON's strings are YAML's as well.
void append_text(std::string& out, std::string_view text)
{
    append_string(out, is_utf8(text) ? std::string(text) : escape(text));
}

class YamlWriter {
public:
    YamlWriter(std::string& out, const Fields& fields, std::string_view indent)
        : m_out(out), m_fields(fields), m_indent(indent)
    {}

    void write()
    {
        const auto& tokens = m_fields.tokens();
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const auto& token = tokens[i];
            if (token.kind == Kind::EndObject || token.kind == Kind::EndArray) {
                m_in_array.pop_back();
                continue;
            }
            const bool opens = token.kind == Kind::BeginObject || token.kind == Kind::BeginArray;
            const bool empty = opens && (tokens[i + 1].kind == Kind::EndObject ||
                                         tokens[i + 1].kind == Kind::EndArray);
            begin_line(token);
            if (empty)
                m_out += token.kind == Kind::BeginObject ? " {}" : " []";
            else if (!opens)
                value(token);
            m_out += '\n';
            if (opens)
                m_in_array.push_back(token.kind == Kind::BeginArray);
        }
    }

private:
    void begin_line(const Fields::Token& token)
    {
        m_out += m_indent;
        m_out.append(2 * m_in_array.size(), ' ');
        if (!m_in_array.empty() && m_in_array.back()) {
            m_out += '-';
            return;
        }
        m_out += escape(m_fields.key(token));
        m_out += ':';
    }

    void value(const Fields::Token& token)
    {
        m_out += ' ';
        switch (token.kind) {
        case Kind::Boolean: m_out += token.boolean ? "true" : "false"; return;
        case Kind::Signed: m_out += std::to_string(token.integer); return;
        case Kind::Unsigned: m_out += std::to_string(token.natural); return;
        case Kind::Real:
            m_out += std::isfinite(token.real) ? fmt::format("{}", token.real) : "null";
            return;
        case Kind::Text: append_text(m_out, m_fields.text(token)); return;
        default: m_out += "null"; return;
        }
    }

    std::string& m_out;
    const Fields& m_fields;
    std::string_view m_indent;
    std::vector<bool> m_in_array; ///< of each open object or array: whether it is one
};

} // namespace

void append_yaml(std::string& out, const Fields& fields, std::string_view indent)
{
    YamlWriter(out, fields, indent).write();
}

} // namespace sockit
