#include "base/escape.h"
#include "report/describe_sockopts.h"

#include <fmt/format.h>

namespace sockit {

namespace {

constexpr std::size_t indent = 14;
constexpr std::size_t width = 80;

/// `  label       text`, text wrapped at words below itself.
void append_item(std::string& out, std::string_view label, std::string_view text)
{
    if (text.empty())
        return;
    out += fmt::format("\n  {:<{}}", label, indent - 2);
    std::size_t column = indent;
    bool first = true;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto word = text.substr(0, space);
        if (!first && column + 1 + word.size() > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
            first = true;
        }
        if (!first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        first = false;
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
}

std::string kinds_text(KindMask mask)
{
    std::string text;
    bool all = true;
    for (const auto kind : all_kinds()) {
        if (has(mask, kind))
            text += (text.empty() ? "" : " ") + std::string(kind_name(kind));
        else
            all = false;
    }
    return all ? "every kind" : text;
}

std::string type_text(const SockoptRow& row)
{
    std::string text(codec_name(row.codec));
    if (!row.unit.empty())
        text += ", " + std::string(row.unit);
    if (!row.symbols.empty()) {
        text += ":";
        for (const auto& symbol : row.symbols)
            text += fmt::format(" {}={}", symbol.name, symbol.value);
    }
    return text;
}

std::string transform_text(const SockoptRow& row, const std::optional<SockoptLimit>& limit)
{
    if (row.transform == SockoptTransform::Kept)
        return {};
    std::string text(transform_name(row.transform));
    switch (row.transform) {
    case SockoptTransform::RoundedToJiffy: text += " up to the clock tick"; break;
    case SockoptTransform::RoundedToPage: text += " up to whole pages"; break;
    case SockoptTransform::Masked: text += fmt::format(" by {:#x} on streams", row.mask); break;
    default: break;
    }
    if (limit)
        text += fmt::format(", limited by {} (now {})", limit->sysctl,
                            limit->value ? std::to_string(*limit->value) : "unknown");
    if (row.low > 0)
        text += fmt::format(", at least {}", row.low);
    if (row.high > 0)
        text += fmt::format(", at most {}", row.high);
    return text;
}

std::string reading_text(SockoptRead read)
{
    switch (read) {
    case SockoptRead::Harmless: break;
    case SockoptRead::Consumes: return "changes what it returns: never done here";
    case SockoptRead::Secret: return "gives a key away: never done here";
    case SockoptRead::NeedsInput: return "answers only a question in the buffer: not done here";
    }
    return {};
}

} // namespace

std::string full_text(const OptionListed& event, const Record& record)
{
    const auto& row = event.row;
    std::string out = record.paint(Color::Bold, sockopt_label(row));
    out += fmt::format("  ({}, {}:{})", row.level.name.empty() ? "unknown level" : row.level.name,
                       row.level.number, row.number);
    if (!row.in_table()) {
        append_item(out, "", "not among the options that sockit knows");
        return out;
    }
    append_item(out, "", row.help);
    append_item(out, "type", type_text(row));
    append_item(out, "read", kinds_text(row.get));
    append_item(out, "read later", kinds_text(row.get_later));
    append_item(out, "set", kinds_text(row.set));
    append_item(out, "when", when_name(row.when));
    append_item(out, "inherited",
                row.inherited != 0 ? "by accept() on " + kinds_text(row.inherited) : std::string());
    append_item(out, "kernel", transform_text(row, event.limit));
    append_item(out, "reading", reading_text(row.read));
    append_item(out, "privilege", row.privilege);
    append_item(out, "sysctls", row.sysctls);
    append_item(out, "since", row.since.empty() ? "" : "Linux " + std::string(row.since));
    append_item(out, "note", row.note);
    return out;
}

} // namespace sockit
