#include "report/sink.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

using Where = Placement::Where;

constexpr std::array placements{
    Placement{"start", Where::Top},
    Placement{"socket", Where::Array, "sockets"},
    Placement{"option", Where::Within, "options", false},
    Placement{"summary", Where::Object, "summary"},
};
constexpr DocumentShape shape{.schema = "sockit.test/1", .placements = placements};

/// The document of records given by type and one number each.
std::string document(std::initializer_list<std::pair<std::string_view, int>> records)
{
    const Fd file(::memfd_create("document", MFD_CLOEXEC));
    Output output(file.ref(), "memory");
    const auto sink = make_json_sink(output, shape);
    for (const auto& [type, number] : records) {
        Record record(Record::Want::Document, false);
        record.start(type, Level::Result);
        record.fields.add("n", number);
        sink->write(record);
    }
    sink->finish();
    std::string text(1000, '\0');
    const auto length = ::pread(file.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(length));
    return text;
}

TEST(JsonSink, ElementsOfTheFirstArrayHoldArrays)
{
    EXPECT_EQ(document({{"start", 1},
                        {"socket", 2},
                        {"option", 3},
                        {"option", 4},
                        {"socket", 5},
                        {"summary", 6}}),
              R"({"schema":"sockit.test/1","n":1,"sockets":[{"type":"socket","n":2,"options":)"
              R"([{"n":3},{"n":4}]},{"type":"socket","n":5,"options":[]}],"summary":{"n":6}})"
              "\n");
}

TEST(JsonSink, WithoutElementsTheArrayIsEmpty)
{
    EXPECT_EQ(document({{"start", 1}, {"summary", 6}}),
              R"({"schema":"sockit.test/1","n":1,"sockets":[],"summary":{"n":6}})"
              "\n");
}

TEST(JsonSink, AnInnerRecordWithoutAnElementIsDropped)
{
    EXPECT_EQ(document({{"option", 1}}), R"({"schema":"sockit.test/1","sockets":[]})"
                                         "\n");
}

TEST(JsonSink, WarningsBetweenInnerRecordsStayOutside)
{
    EXPECT_EQ(document({{"socket", 1}, {"option", 2}, {"warning", 3}, {"option", 4}}),
              R"({"schema":"sockit.test/1","sockets":[{"type":"socket","n":1,"options":)"
              R"([{"n":2},{"n":4}]}],"warnings":[{"type":"warning","n":3}]})"
              "\n");
}

} // namespace
} // namespace sockit::THIS_FILE
