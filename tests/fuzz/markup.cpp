#include "report/markup.h"

#include "base/escape.h"
#include "fuzz.h"
#include "report/html_page.h"

#include <algorithm>

// Foreign text in HTML and XML: it stays text.

namespace sockit::fuzz {

namespace {

std::string without_entities(std::string_view markup)
{
    constexpr std::string_view names[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    constexpr std::string_view meanings = "&<>\"";
    std::string out;
    while (!markup.empty()) {
        must(markup[0] != '<' && markup[0] != '>' && markup[0] != '"');
        if (markup[0] != '&') {
            out += markup[0];
            markup.remove_prefix(1);
            continue;
        }
        std::size_t at = 0;
        while (at < meanings.size() && !markup.starts_with(names[at]))
            ++at;
        must(at < meanings.size());
        out += meanings[at];
        markup.remove_prefix(names[at].size());
    }
    return out;
}

std::string page_about(std::string_view text)
{
    EchoPage page;
    page.target = text;
    page.warnings = {escape(text)};
    page.summary.settings.sizes = "64";
    page.summary.latency.record(Duration(1000));
    return html_page(page);
}

std::size_t tags_in(std::string_view page)
{
    return static_cast<std::size_t>(std::ranges::count(page, '<'));
}

} // namespace

void look_at(std::string_view bytes)
{
    const auto text = escape(bytes);
    const auto plain = without_entities(markup_text(text));
    must(is_utf8(plain) && plain.size() == text.size());
    if (!text.contains("\xef\xbf"))
        must(plain == text);

    static const auto tags = tags_in(page_about("x"));
    const auto page = page_about(bytes);
    must(is_utf8(page) && tags_in(page) == tags);
    must(std::ranges::none_of(
        page, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }));
}

} // namespace sockit::fuzz
