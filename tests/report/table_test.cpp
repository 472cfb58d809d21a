#include "report/table.h"
#include "report/width.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sockit::THIS_FILE {
namespace {

using Row = std::vector<Cell>;

Cell cell(std::string_view header, std::string text, bool right = false, Color color = Color::None)
{
    return {.header = header, .text = std::move(text), .right = right, .color = color};
}

std::string laid_out(const Table::Options& options, const std::vector<Row>& rows)
{
    Table table(options);
    std::string out;
    for (const auto& row : rows)
        table.add(row, "", out);
    table.end(out);
    return out;
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell)
{
    EXPECT_EQ(
        laid_out({}, {{cell("State", "LISTEN"), cell("Recv-Q", "0", true), cell("Local", "a")},
                      {cell("", "ESTAB"), cell("", "12345678", true), cell("", "b")}}),
        "State     Recv-Q  Local\n"
        "LISTEN         0  a\n"
        "ESTAB   12345678  b\n");
}

TEST(Table, WithoutAHeaderItTakesNoRoomForIt)
{
    EXPECT_EQ(laid_out({.header = false}, {{cell("A long header", "x"), cell("B", "y")}}),
              "x  y\n");
}

TEST(Table, NoRowsNoHeader) { EXPECT_EQ(laid_out({}, {}), ""); }

TEST(Table, RowsNeverEndInSpaces)
{
    EXPECT_EQ(laid_out({.header = false},
                       {{cell("", "x"), cell("", "")}, {cell("", "y"), cell("", "z")}}),
              "x\ny  z\n");
}

TEST(Table, RowsAreCutAtTheWidth)
{
    EXPECT_EQ(laid_out({.width = 8, .header = false}, {{cell("", "abcdef"), cell("", "ghijk")}}),
              "abcdef …\n");
}

Cell narrowable(std::string_view header, std::string text, std::size_t least, bool keeps_end)
{
    Cell cell{.header = header, .text = std::move(text)};
    cell.least = least;
    cell.keeps_end = keeps_end;
    return cell;
}

TEST(Table, WhereRowsAreTooWideHeadersGiveWayThenTheWidestColumn)
{
    const std::vector<Row> rows{{cell("State", "ESTAB"),
                                 narrowable("Local Address", "127.0.0.1:80", 5, true),
                                 narrowable("Process", "a long process", 5, false)},
                                {cell("", "LISTEN"), narrowable("", "[::]:443", 5, true),
                                 narrowable("", "short", 5, false)}};
    EXPECT_EQ(laid_out({.width = 38}, rows), "State   Local Address  Process\n"
                                             "ESTAB   127.0.0.1:80   a long process\n"
                                             "LISTEN  [::]:443       short\n");
    EXPECT_EQ(laid_out({.width = 34}, rows), "State  Local Addre… Process\n"
                                             "ESTAB  127.0.0.1:80 a long process\n"
                                             "LISTEN [::]:443     short\n");
    EXPECT_EQ(laid_out({.width = 28}, rows), "State  Local Add… Process\n"
                                             "ESTAB  127…0.1:80 a long pr…\n"
                                             "LISTEN [::]:443   short\n");
    EXPECT_EQ(laid_out({.width = 16}, rows), "State  Loca… Pr…\n"
                                             "ESTAB  1…:80 a …\n"
                                             "LISTEN […443 sh…\n");
}

TEST(Table, NarrowedRowsAreNeverWiderThanTheTerminalAndNeverEmpty)
{
    const Row row{narrowable("A", std::string(40, 'a'), 9, true), cell("B", "日本"),
                  narrowable("C", "e\u0301" + std::string(40, 'c'), 9, false)};
    for (std::size_t width = 1; width < 100; ++width) {
        const auto out = laid_out({.width = width}, {row});
        const auto end = out.find('\n');
        EXPECT_LE(display_width(out.substr(0, end)), width);
        EXPECT_LE(display_width(out.substr(end + 1, out.size() - end - 2)), width);
        EXPECT_GE(display_width(out.substr(end + 1, out.size() - end - 2)) + 1, // a wide one
                  std::min(width, 22UL));
    }
}

TEST(Table, WordsBelowARowAreFoldedNotCut)
{
    for (const std::size_t width : {0U, 20U}) {
        Table table({.width = width, .header = false});
        std::string out;
        table.add(Row{cell("", "row")}, "cwnd:10 rtt:1.5ms bytes_acked:7", out);
        table.add(Row{cell("", "next")}, "", out);
        table.end(out);
        EXPECT_EQ(out, width == 0 ? "row\n    cwnd:10 rtt:1.5ms bytes_acked:7\nnext\n"
                                  : "row\n    cwnd:10\n    rtt:1.5ms\n    bytes_acked:7\nnext\n");
    }
}

TEST(Table, WideAndCombiningCharactersKeepTheColumnsStraight)
{
    EXPECT_EQ(laid_out({.header = false}, {{cell("", "日本"), cell("", "1")},
                                           {cell("", "e\u0301"), cell("", "2")},
                                           {cell("", "abcd"), cell("", "3")}}),
              "日本  1\n"
              "e\u0301     2\n"
              "abcd  3\n");
}

TEST(Table, ColoursTakeNoRoom)
{
    EXPECT_EQ(laid_out({.header = false, .color = true},
                       {{cell("", "ab", false, Color::Red), cell("", "x")},
                        {cell("", "abc"), cell("", "y")}}),
              "\033[31mab\033[0m   x\nabc  y\n");
}

TEST(Table, ALongTableIsNotKeptInMemory)
{
    Table table({.header = false});
    std::string out;
    const Row row{cell("", "x")};
    for (int i = 0; i < 1000; ++i)
        table.add(row, "", out);
    EXPECT_EQ(out.size(), 2000U) << "the first thousand rows give the widths";
    table.add(row, "", out);
    EXPECT_EQ(out.size(), 2002U) << "from then on rows come out at once";
    table.end(out);
    EXPECT_EQ(out.size(), 2002U);
}

TEST(Width, CountsColumnsNotBytes)
{
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("äöü"), 3U);
    EXPECT_EQ(display_width("日本"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("\033[1;31mab\033[0m"), 2U);
}

TEST(Width, WhatIsCutSaysSo)
{
    EXPECT_EQ(cut_to_width("abc", 3), "abc");
    EXPECT_EQ(cut_to_width("abcd", 3), "ab…");
    EXPECT_EQ(cut_to_width("abcd", 1), "…");
    EXPECT_EQ(cut_to_width("äöüß", 3), "äö…");
    EXPECT_EQ(cut_to_width("日本語", 4), "日…");
    EXPECT_EQ(cut_to_width("\033[31mabcd\033[0m", 3), "\033[31mab…\033[0m") << "colours end";
}

TEST(Width, WhatIsCutInTheMiddleKeepsItsEnd)
{
    EXPECT_EQ(cut_middle_to_width("127.0.0.1:80", 12), "127.0.0.1:80");
    EXPECT_EQ(cut_middle_to_width("127.0.0.1:8080", 10), "127…1:8080");
    EXPECT_EQ(cut_middle_to_width("日本語日本語", 7), "日…本語");
    EXPECT_EQ(cut_middle_to_width("abcdef", 2), "…f");
    EXPECT_EQ(cut_middle_to_width("abcdef", 1), "…");
}

} // namespace
} // namespace sockit::THIS_FILE
