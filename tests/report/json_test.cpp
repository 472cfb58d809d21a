#include "report/json.h"
#include "support/schema.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

#include <netdb.h>

namespace sockit::THIS_FILE {
namespace {

std::string text_of(const Fields& fields)
{
    std::string out;
    append_members(out, fields);
    return out;
}

template <class Value>
std::string member(const Value& value)
{
    Fields fields;
    fields.add("k", value);
    return text_of(fields);
}

nlohmann::json value_of(const auto& value)
{
    return nlohmann::json::parse("{" + member(value) + "}")["k"];
}

TEST(Json, ScalarsAreWrittenWhole)
{
    EXPECT_EQ(member(nullptr), R"("k":null)");
    EXPECT_EQ(member(true), R"("k":true)");
    EXPECT_EQ(member(-1), R"("k":-1)");
    EXPECT_EQ(member(std::numeric_limits<std::uint64_t>::max()), R"("k":18446744073709551615)");
    EXPECT_EQ(member(std::numeric_limits<std::int64_t>::min()), R"("k":-9223372036854775808)");
    EXPECT_EQ(member(std::uint8_t{7}), R"("k":7)") << "a number, not a character";
    EXPECT_EQ(member(0.5), R"("k":0.5)");
    EXPECT_EQ(member(Duration(1500)), R"("k":1500)");
    EXPECT_EQ(member("text"), R"("k":"text")");
    EXPECT_EQ(member(std::optional<int>()), R"("k":null)");
    EXPECT_EQ(member(std::optional(3)), R"("k":3)");
}

TEST(Json, WhatIsNoNumberIsNull)
{
    EXPECT_EQ(member(std::numeric_limits<double>::quiet_NaN()), R"("k":null)");
    EXPECT_EQ(member(std::numeric_limits<double>::infinity()), R"("k":null)");
}

TEST(Json, ForeignTextIsPureAscii)
{
    EXPECT_EQ(member("a\"b\\c\n\t\033"), R"("k":"a\"b\\c\n\t\u001b")");
    EXPECT_EQ(member("é\u0085\u202e"), R"("k":"\u00e9\u0085\u202e")");
    EXPECT_EQ(member("\x7f"), R"("k":"\u007f")");
    EXPECT_EQ(member(std::string_view("\0", 1)), R"("k":"\u0000")");
}

TEST(Json, BytesThatAreNotUtf8AreBase64UnderAKeyThatSaysSo)
{
    EXPECT_EQ(member("\xff\xfe"), R"("k_base64":"//4=")");
    EXPECT_EQ(member("\xed\xa0\x80"), R"("k_base64":"7aCA")") << "a surrogate";
}

TEST(Json, ObjectsAndArraysNest)
{
    Fields fields;
    fields.begin_object("o");
    fields.begin_array("a");
    fields.add({}, 1);
    fields.begin_object();
    fields.end_object();
    fields.begin_array();
    fields.end_array();
    fields.end_array();
    fields.add("b", 2);
    fields.end_object();
    fields.add("c", 3);
    EXPECT_EQ(text_of(fields), R"("o":{"a":[1,{},[]],"b":2},"c":3)");
}

TEST(Json, EndpointsAreAsTheSchemaSays)
{
    for (const auto& endpoint :
         {Endpoint::from_literal("127.0.0.1", 80).value(), Endpoint::from_literal("::1", 0).value(),
          Endpoint::inet6(in6addr_loopback, 80, 1), Endpoint::unix_path("/run/x").value(),
          Endpoint::unix_path("/run/\xff").value(), Endpoint::unix_abstract("n").value(),
          Endpoint::unix_abstract("\xff").value(), Endpoint::unix_unnamed(),
          Endpoint::vsock(2, 4294967295)})
        EXPECT_TRUE(test::valid_common(value_of(endpoint), "EP"));
    EXPECT_EQ(member(Endpoint::inet6(in6addr_loopback, 80, 1)),
              R"("k":{"family":"inet6","address":"::1","port":80,"scope":"lo"})");
    EXPECT_EQ(member(Endpoint::unix_unnamed()), R"("k":{"family":"unix"})");
}

TEST(Json, ErrorsAreAsTheSchemaSays)
{
    auto error = Error::from_errno(Phase::Connect, "connect", "127.0.0.1:9", ECONNREFUSED);
    EXPECT_EQ(member(error),
              R"("k":{"phase":"connect","call":"connect","subject":"127.0.0.1:9",)"
              R"("code":"ECONNREFUSED","errno":111,"message":"Connection refused"})");
    EXPECT_TRUE(test::valid_common(value_of(error), "ERROR"));
    error.icmp = IcmpNotice{.v6 = false, .type = 3, .code = 13, .from = "10.0.0.1", .local = false};
    error.hint = "try another";
    EXPECT_TRUE(test::valid_common(value_of(error), "ERROR"));
    EXPECT_EQ(value_of(error)["icmp"]["name"], "communication administratively prohibited");
    const auto unresolved = value_of(Error::from_resolver("h:1", EAI_NONAME));
    EXPECT_TRUE(test::valid_common(unresolved, "ERROR"));
    EXPECT_EQ(unresolved["code"], "EAI_NONAME");
    EXPECT_TRUE(unresolved["errno"].is_null());
    EXPECT_TRUE(
        test::valid_common(value_of(Error::from_errno(Phase::None, "x", "\xff", 4095)), "ERROR"));
}

} // namespace
} // namespace sockit::THIS_FILE
