#include "report/width.h"

#include "base/escape.h"
#include "fuzz.h"

// Names of any script in the columns of a table.

namespace sockit::fuzz {

void look_at(std::string_view bytes)
{
    const auto text = escape(bytes);
    const auto width = display_width(text);
    must(width <= 2 * text.size());
    for (const std::size_t room : {1UL, 2UL, 5UL, 17UL, width + 1}) {
        const auto cut = cut_to_width(text, room);
        const auto middle = cut_middle_to_width(text, room);
        must(is_utf8(cut) && is_utf8(middle));
        must(display_width(cut) <= room && display_width(middle) <= room);
        if (width <= room)
            must(cut == text && middle == text);
    }
}

} // namespace sockit::fuzz
