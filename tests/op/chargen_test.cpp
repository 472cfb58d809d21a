#include "op/chargen.h"

#include <gtest/gtest.h>

#include <string>

namespace sockit {

namespace {

std::string characters(std::uint64_t offset, std::size_t size)
{
    std::string text(size, '\0');
    write_chargen(offset, std::as_writable_bytes(std::span(text)));
    return text;
}

TEST(Chargen, LinesOf72EachOneFurther)
{
    EXPECT_EQ(characters(0, 2 * chargen_line),
              R"( !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg)"
              "\r\n"
              R"(!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefgh)"
              "\r\n");
    EXPECT_EQ(characters(94 * chargen_line, 3), "~ !");
}

TEST(Chargen, NeverEnds)
{
    const auto text = characters(0, 20'000);
    for (const std::size_t offset : {1U, 73U, 7029U, 7030U, 12'345U})
        EXPECT_EQ(characters(offset, 500), text.substr(offset, 500)) << offset;
}

} // namespace

} // namespace sockit
