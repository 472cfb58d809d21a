#include "report/sink.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <fcntl.h>

namespace sockit::THIS_FILE {
namespace {

TEST(JsonlSink, OnlyTheFirstLineCarriesTheSchema)
{
    const test::TemporaryDirectory directory;
    test::write_file(directory.path("out"), "");
    {
        const Fd file(::open(directory.path("out").c_str(), O_WRONLY | O_CLOEXEC));
        Output output(file.ref(), "file");
        const auto sink = make_jsonl_sink(output, "sockit.test/1", Flush::EachRecord);
        Record record(Record::Want::Fields, false);
        record.start("start", Level::Hidden);
        sink->write(record);
        EXPECT_EQ(test::read_file(directory.path("out")),
                  "{\"schema\":\"sockit.test/1\",\"type\":\"start\"}\n")
            << "as it happens";
        record.start("summary", Level::Hidden);
        record.fields.add("n", 1);
        sink->write(record);
        sink->finish();
    }
    EXPECT_EQ(
        test::read_file(directory.path("out")),
        "{\"schema\":\"sockit.test/1\",\"type\":\"start\"}\n{\"type\":\"summary\",\"n\":1}\n");
}

} // namespace
} // namespace sockit::THIS_FILE
