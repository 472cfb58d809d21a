#include "support/schema.h"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace sockit::test {

namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

constexpr std::string_view common_file = "common.schema.json";

/// Throws when there is no such file or it is no JSON.
json load(std::string_view name)
{
    return json::parse(
        std::ifstream(std::string(SOCKIT_SCHEMAS) + "/" + std::string(name) + ".schema.json"));
}

/// References into the common file become references into the merged one; objects become closed.
void prepare(json& node)
{
    if (node.is_object()) {
        const auto reference = node.find("$ref");
        if (reference != node.end() && reference->is_string()) {
            const auto text = reference->get<std::string>();
            if (text.starts_with(common_file))
                *reference = text.substr(common_file.size());
        }
        if (node.contains("properties") && node["properties"].is_object() &&
            !node.contains("additionalProperties") && !node.contains("allOf"))
            node["additionalProperties"] = false;
    }
    if (node.is_structured())
        for (auto& child : node)
            prepare(child);
}

/// A schema file, and each of its definitions as a schema.
class Validators {
public:
    explicit Validators(std::string_view name)
    {
        const json common = load("common");
        m_root = load(name);
        auto& definitions = m_root["definitions"];
        for (const auto& [shared, definition] : common["definitions"].items()) {
            const json itself = {
                {"$ref", std::string(common_file) + "#/definitions/" + std::string(shared)}};
            // One that only names its common namesake would refer to itself, once merged.
            if (!definitions.contains(shared) || definitions[shared] == itself)
                definitions[shared] = definition;
        }
        prepare(m_root);
    }

    /// What is wrong with `document`; empty when nothing is.
    std::string check(const json& document)
    {
        // The document of a command that failed has a "type" too, and the "summary" that no record
        // has: each schema says in its own way how it looks.
        const auto type = document.find("type");
        const bool typed = type != document.end() && type->is_string();
        if (typed && document.contains("summary"))
            return check_part(document, "");
        auto name = typed ? type->get<std::string>() : std::string("document");
        if (m_root["definitions"].contains(name + "_record"))
            name += "_record";
        if (!m_root["definitions"].contains(name))
            return "no definition of '" + name + "'";
        // First the definition: its messages say more than those of "oneOf".
        auto wrong = check_part(document, "#/definitions/" + name);
        return wrong.empty() ? check_part(document, "") : wrong;
    }

    /// The same against one definition, or against the whole file when that is empty.
    std::string check_part(const json& document, const std::string& definition)
    {
        auto& schema = m_schemas[definition];
        if (!schema) {
            json root = m_root;
            if (!definition.empty()) {
                root.erase("oneOf");
                root["allOf"] = json::array({{{"$ref", definition}}});
            }
            schema = std::make_unique<valijson::Schema>();
            valijson::SchemaParser(valijson::SchemaParser::kDraft7)
                .populateSchema(NlohmannJsonAdapter(root), *schema);
        }
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        valijson::ValidationResults results;
        if (validator.validate(*schema, NlohmannJsonAdapter(document), &results))
            return {};
        std::ostringstream text;
        valijson::ValidationResults::Error error;
        while (results.popError(error)) {
            for (const auto& step : error.context)
                text << step;
            text << ": " << error.description << "\n";
        }
        return text.str();
    }

private:
    json m_root;
    std::map<std::string, std::unique_ptr<valijson::Schema>> m_schemas;
};

/// The validators of schemas/NAME.schema.json, loaded once.
Validators& validators_of(const std::string& name)
{
    static std::map<std::string, std::unique_ptr<Validators>> loaded;
    auto& validators = loaded[name];
    if (!validators)
        validators = std::make_unique<Validators>(name);
    return *validators;
}

testing::AssertionResult verdict(const std::string& wrong, const json& document)
{
    if (wrong.empty())
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << wrong << document.dump(2);
}

std::string schema_of(const json& document)
{
    const auto schema = document.is_object() ? document.find("schema") : document.end();
    return schema != document.end() && schema->is_string() ? schema->get<std::string>() : "";
}

} // namespace

testing::AssertionResult valid(const json& document, std::string_view schema)
{
    if (!document.is_object())
        return testing::AssertionFailure() << "not an object: " << document;
    constexpr std::string_view before = "sockit.";
    constexpr std::string_view after = "/1";
    std::string name = schema_of(document);
    if (name.empty())
        name = schema;
    if (!name.starts_with(before) || !name.ends_with(after))
        return testing::AssertionFailure() << "no schema named '" << name << "': " << document;
    name = name.substr(before.size(), name.size() - before.size() - after.size());
    try {
        return verdict(validators_of(name).check(document), document);
    } catch (const std::exception& exception) {
        return testing::AssertionFailure() << "schema of " << name << ": " << exception.what();
    }
}

testing::AssertionResult valid_common(const json& value, std::string_view definition)
{
    return verdict(
        validators_of("common").check_part(value, "#/definitions/" + std::string(definition)),
        value);
}

testing::AssertionResult valid_document(std::string_view text)
{
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded() || !text.ends_with('\n'))
        return testing::AssertionFailure() << "not one JSON document and a line feed:\n" << text;
    return valid(document);
}

testing::AssertionResult valid_lines(std::string_view text)
{
    if (!text.ends_with('\n'))
        return testing::AssertionFailure() << "does not end in a whole line:\n" << text;
    std::string schema;
    json document;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        document = json::parse(line, nullptr, false);
        if (document.is_discarded() || !document.is_object() || !document.contains("type"))
            return testing::AssertionFailure() << "not a record: " << line;
        if (schema.empty())
            schema = schema_of(document);
        else if (document.contains("schema"))
            return testing::AssertionFailure() << "the schema again: " << line;
        if (auto good = valid(document, schema); !good)
            return good;
    }
    if (document["type"] != "summary")
        return testing::AssertionFailure() << "the last record is no summary: " << document;
    return testing::AssertionSuccess();
}

std::vector<json> parse_lines(std::string_view text)
{
    std::vector<json> records;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        records.push_back(json::parse(line, nullptr, false));
        EXPECT_FALSE(records.back().is_discarded()) << line;
    }
    return records;
}

json parse_document(std::string_view text)
{
    json document = json::parse(text, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << text;
    return document.is_discarded() ? json() : document;
}

} // namespace sockit::test
