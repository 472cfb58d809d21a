#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sockit::test {

// JSON against the published schemas, schemas/CMD.schema.json (JSON Schema draft-07). A schema file
// is laid out so:
//
//   {
//     "$schema": "http://json-schema.org/draft-07/schema#",
//     "title": "sockit.probe/1",
//     "oneOf": [{"$ref": "#/definitions/document"}, {"$ref": "#/definitions/result"}, …],
//     "definitions": {
//       "document": {…the document of --json…},
//       "result": {…the record with "type": "result"…},
//       …
//       "warning": {"$ref": "common.schema.json#/definitions/warning"}
//     }
//   }
//
// - A record is checked against the definition that has the name of its "type" (with "_record"
//   behind it where a common definition has that name), anything else against "document"; both
//   also against the whole file, so that "oneOf" is complete.
// - A reference to "common.schema.json#/definitions/NAME" is found there (EP, ERROR, LATENCY,
//   TLS, warning, error, …): loading merges the common definitions into each schema, so a name
//   of a file must not shadow a common one with something else.
// - A key that the schema does not name fails the test although consumers must bear new keys:
//   loading adds "additionalProperties": false to every object with "properties" that says nothing
//   about it. Where alternatives are composed by "allOf", nothing is added: spell objects out.
// - A record that may come first in --jsonl has "schema": {"const": "sockit.CMD/1"} among its
//   properties, not required.

/// `document` against the schema its "schema" member names, or against `schema` ("sockit.probe/1")
/// for a jsonl record that has none.
testing::AssertionResult valid(const nlohmann::json& document, std::string_view schema = {});

/// `value` against a definition of the common file: `valid_common(json, "EP")`.
testing::AssertionResult valid_common(const nlohmann::json& value, std::string_view definition);

/// The one document of --json in `text`: exactly one, valid, ended by a line feed.
testing::AssertionResult valid_document(std::string_view text);

/// The lines of --jsonl: each an object with "type" and valid, the first carries the schema, the
/// last is the summary.
testing::AssertionResult valid_lines(std::string_view text);

/// The objects of --jsonl output; a line that is no JSON fails the test.
std::vector<nlohmann::json> parse_lines(std::string_view text);

/// The document of --json output; fails the test and gives null where it is none.
nlohmann::json parse_document(std::string_view text);

} // namespace sockit::test
