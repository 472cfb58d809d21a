#include "report/sink.h"

#include <gtest/gtest.h>

#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace sockit::THIS_FILE {
namespace {

/// An output in memory.
class Memory {
public:
    [[nodiscard]] std::string text()
    {
        m_output.flush();
        std::string text(10'000, '\0');
        const auto length = ::pread(m_file.get(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(length));
        return text;
    }

    Output& output() { return m_output; }

private:
    Fd m_file{::memfd_create("text", MFD_CLOEXEC)};
    Output m_output{m_file.ref(), "memory"};
};

struct Said {
    std::string records;
    std::string notes;
};

/// What people see of one line of each level, at that verbosity.
Said said(int verbosity)
{
    Memory records;
    Memory notes;
    const auto sink = make_text_sink(records.output(), notes.output(), {.verbosity = verbosity});
    for (const auto& [level, line] :
         {std::pair(Level::Result, "result"), std::pair(Level::Info, "info"),
          std::pair(Level::Verbose, "verbose"), std::pair(Level::Warning, "warning"),
          std::pair(Level::Hidden, "hidden")}) {
        Record record(Record::Want::Text, false);
        record.start("line", level);
        record.line = line;
        sink->write(record);
    }
    sink->finish();
    return {.records = records.text(), .notes = notes.text()};
}

TEST(TextSink, ResultsAndInfosAreRecordsWarningsAreNotes)
{
    EXPECT_EQ(said(0).records, "result\ninfo\n");
    EXPECT_EQ(said(0).notes, "sockit: warning\n");
}

TEST(TextSink, QuietLeavesInfosOut)
{
    EXPECT_EQ(said(-1).records, "result\n");
    EXPECT_EQ(said(-1).notes, "sockit: warning\n");
}

TEST(TextSink, VerboseNotesComeOnRequest)
{
    EXPECT_EQ(said(1).records, "result\ninfo\n");
    EXPECT_EQ(said(1).notes, "verbose\nsockit: warning\n");
}

void write_row(Sink& sink, std::string_view text)
{
    Record record(Record::Want::Text, false);
    record.start("row", Level::Result);
    record.cell("H").text = text;
    sink.write(record);
}

void write_line(Sink& sink, std::string_view text)
{
    Record record(Record::Want::Text, false);
    record.start("line", Level::Result);
    record.line = text;
    sink.write(record);
}

TEST(TextSink, ALineEndsATable)
{
    Memory records;
    Memory notes;
    const auto sink = make_text_sink(records.output(), notes.output(), {});
    write_row(*sink, "a");
    write_row(*sink, "b");
    write_line(*sink, "between");
    write_row(*sink, "c");
    sink->finish();
    EXPECT_EQ(records.text(), "H\na\nb\nbetween\nH\nc\n");
}

TEST(TextSink, EveryLineOfARecordIsCutAtTheWidth)
{
    Memory records;
    Memory notes;
    const auto sink = make_text_sink(records.output(), notes.output(), {.width = 5});
    write_line(*sink, "abcdefg\nabc\nabcdef");
    sink->finish();
    EXPECT_EQ(records.text(), "abcd…\nabc\nabcd…\n");
}

TEST(Output, KeepsTheFirstFailureAndDropsTheRest)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Output output(full.ref(), "stdout");
    output.write("x");
    EXPECT_FALSE(output.failed()) << "buffered";
    output.flush();
    ASSERT_TRUE(output.failed());
    EXPECT_EQ(describe_error(*output.failure()), "write stdout: No space left on device (ENOSPC)");
    output.write("y");
    output.flush();
    EXPECT_EQ(output.failure()->code, ENOSPC);
}

} // namespace
} // namespace sockit::THIS_FILE
