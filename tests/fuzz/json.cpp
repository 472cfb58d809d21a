#include "report/json.h"

#include "base/escape.h"
#include "fuzz.h"
#include "report/yaml.h"

#include <algorithm>
#include <vector>

// The JSON of saved files, and the JSON and YAML that we write.

namespace sockit::fuzz {

namespace {

/// We never write a member without a name, though others may.
bool has_empty_key(const Fields& fields)
{
    std::vector<bool> in_array{false};
    for (const auto& token : fields.tokens()) {
        if (token.kind == Fields::Kind::EndObject || token.kind == Fields::Kind::EndArray) {
            in_array.pop_back();
            continue;
        }
        if (!in_array.back() && fields.key(token).empty())
            return true;
        if (token.kind == Fields::Kind::BeginObject || token.kind == Fields::Kind::BeginArray)
            in_array.push_back(token.kind == Fields::Kind::BeginArray);
    }
    return false;
}

} // namespace

void look_at(std::string_view text)
{
    // Any bytes become JSON, and come back.
    Fields given;
    given.add("k", text);
    std::string line = "{";
    append_members(line, given);
    line += "}";
    must(is_utf8(line) && !line.contains('\n'));
    Fields back;
    must(parse_members(line, back) && back.tokens().size() == 1);
    const auto& token = back.tokens()[0];
    must(token.kind == Fields::Kind::Text);
    if (is_utf8(text))
        must(back.key(token) == "k" && back.text(token) == text);
    else
        must(back.key(token) == "k_base64" && unbase64(back.text(token)) == text);

    Fields fields;
    if (!parse_members(text, fields) || has_empty_key(fields))
        return;
    std::string once = "{";
    append_members(once, fields);
    once += "}";
    Fields again;
    must(parse_members(once, again));
    must(again.tokens().size() == fields.tokens().size());
    std::string twice = "{";
    append_members(twice, again);
    twice += "}";
    must(once == twice);
    std::string yaml;
    append_yaml(yaml, fields, "  ");
    must(is_utf8(yaml) && std::ranges::none_of(yaml, [](char c) {
             return static_cast<unsigned char>(c) < 0x20 && c != '\n';
         }));
}

} // namespace sockit::fuzz
