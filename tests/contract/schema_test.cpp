#include "support/schema.h"

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

TEST(Schema, TakesEveryFormOfAnEndpoint)
{
    for (const char* text :
         {R"({"family":"inet","address":"127.0.0.1","port":80})",
          R"({"family":"inet6","address":"fe80::1","port":0,"scope":"eth0"})",
          R"({"family":"unix","path":"/run/x"})", R"({"family":"unix","abstract":"n"})",
          R"({"family":"unix","path_base64":"/w=="})", R"({"family":"unix"})",
          R"({"family":"vsock","cid":2,"port":4294967295})"})
        EXPECT_TRUE(valid_common(json::parse(text), "EP"));
}

TEST(Schema, RefusesWhatIsNoEndpoint)
{
    for (const char* text :
         {R"({})", R"({"family":"inet","address":"127.0.0.1"})", R"("127.0.0.1:80")",
          R"({"family":"inet","address":"127.0.0.1","port":"80"})",
          R"({"family":"inet","address":"127.0.0.1","port":65536})",
          R"({"family":"inet","address":"127.0.0.1","port":80,"colour":"red"})",
          R"({"family":"unix","path":"/run/x","path_base64":"/w=="})", R"(null)"})
        EXPECT_FALSE(valid_common(json::parse(text), "EP"));
    EXPECT_TRUE(valid_common(nullptr, "EP_or_null"));
}

TEST(Schema, AnUnknownSchemaOrNoneIsNotValid)
{
    EXPECT_FALSE(valid(json::parse(R"({"schema":"sockit.nonsense/1"})")));
    EXPECT_FALSE(valid(json::parse(R"({"type":"summary"})")));
    EXPECT_FALSE(valid_document("{} {}\n"));
    EXPECT_FALSE(valid_lines("{\"type\":\"summary\"}"));
}

} // namespace
} // namespace sockit::test::THIS_FILE
