#include "report/describe_sockopts.h"

#include "base/escape.h"
#include "report/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sockit {

namespace {

using Where = Placement::Where;

constexpr std::string_view schema = "sockit.sockopts/1";

constexpr std::array table_placements{
    Placement{"start", Where::Top},
    Placement{"option", Where::Array, "options", false},
    Placement{"summary", Where::Object, "summary"},
};

constexpr std::array socket_placements{
    Placement{"start", Where::Top},
    Placement{"socket", Where::Array, "sockets"},
    Placement{"option", Where::Within, "options", false},
    Placement{"summary", Where::Object, "summary"},
};

constexpr std::array diff_placements{
    Placement{"start", Where::Top},
    Placement{"socket", Where::Array, "sockets"},
    Placement{"difference", Where::Array, "differences", false},
    Placement{"summary", Where::Object, "summary"},
};

std::string_view act_name(SockoptsAct act)
{
    switch (act) {
    case SockoptsAct::List: break;
    case SockoptsAct::Describe: return "describe";
    case SockoptsAct::Get: return "get";
    case SockoptsAct::Set: return "set";
    case SockoptsAct::Verify: return "verify";
    case SockoptsAct::Diff: return "diff";
    }
    return "list";
}

/// Units that follow a number in speech; the others tell how to read it.
constexpr std::array<std::string_view, 9> spoken_units{
    "bytes", "bytes/s", "seconds", "ms", "us", "packets", "hops", "entries", "instructions"};

/// One line, escaped, with what the number is called and its unit.
std::string value_text(const SockoptRow& row, const SockoptValue& value)
{
    std::string text = escape(sockopt_text(row, value));
    if (const auto symbol = sockopt_symbol(row, value); !symbol.empty())
        return text + " " + std::string(symbol);
    const bool number = std::holds_alternative<std::int64_t>(value.data) ||
                        std::holds_alternative<std::uint64_t>(value.data);
    if (number && std::ranges::find(spoken_units, row.unit) != spoken_units.end())
        text += " " + std::string(row.unit);
    return text.empty() ? "(empty)" : text;
}

/// The name of the value or the number alone, for columns that stand side by side.
std::string plain_text(const SockoptRow& row, const std::optional<SockoptValue>& value)
{
    if (!value)
        return "-";
    if (const auto symbol = sockopt_symbol(row, *value); !symbol.empty())
        return std::string(symbol);
    const auto text = escape(sockopt_text(row, *value));
    return text.empty() ? "(empty)" : text;
}

std::string why_not_read(const SockoptRow& row)
{
    switch (row.read) {
    case SockoptRead::Harmless: break;
    case SockoptRead::Consumes: return "not read: that would change it";
    case SockoptRead::Secret: return "not read: a key";
    case SockoptRead::NeedsInput: return "not read: answers only a question in the buffer";
    }
    return "not read";
}

std::string error_text(const Error& error)
{
    return message(error) + " (" + code_name(error) + ")";
}

std::string limit_text(const SockoptLimit& limit)
{
    return fmt::format("{} = {}", limit.sysctl,
                       limit.value ? std::to_string(*limit.value) : "unknown");
}

/// The note of a row up to its first semicolon.
std::string short_note(const SockoptRow& row)
{
    return std::string(row.note.substr(0, row.note.find(';')));
}

/// What stands behind a verdict.
std::string reason_text(const SockoptOutcome& outcome)
{
    const auto& row = outcome.row;
    if (outcome.error)
        return error_text(*outcome.error);
    switch (outcome.verdict) {
    case SockoptVerdict::Clamped:
        return outcome.limit ? limit_text(*outcome.limit) : short_note(row);
    case SockoptVerdict::SkippedSideEffect: return why_not_read(row);
    case SockoptVerdict::Rounded:
        if (row.transform == SockoptTransform::RoundedToJiffy)
            return "up to the clock tick";
        return row.low > 0 ? fmt::format("at least {}", row.low) : short_note(row);
    case SockoptVerdict::Masked:
    case SockoptVerdict::NoEffect: return short_note(row);
    default: return {};
    }
}

Color color_of(const SockoptOutcome& outcome)
{
    if (!outcome.satisfied())
        return Color::Red;
    return outcome.verdict == SockoptVerdict::Exact ? Color::Green : Color::Yellow;
}

/// `tcp4 ESTAB 127.0.0.1:80 -> 127.0.0.1:4000, pid 5 fd 3 (nginx), inode 77, cookie 1f`
std::string socket_text(const SockoptsSocket& event)
{
    std::string text = event.kind ? event.kind->text : "socket";
    text += " " + std::string(state_name(event.state));
    if (event.local)
        text += " " + escape(event.local->text());
    if (event.peer)
        text += " -> " + escape(event.peer->text());
    if (event.owner)
        text += fmt::format(", pid {} fd {} ({})", event.owner->pid, event.owner->fd,
                            escape(event.owner->comm));
    text += fmt::format(", inode {}", event.inode);
    if (event.cookie)
        text += ", cookie " + *event.cookie;
    return text;
}

/// `rw`: whether it can be read and set.
std::string access_text(const SockoptRow& row)
{
    return std::string(row.gettable() ? "r" : "-") + (row.settable() ? "w" : "-");
}

} // namespace

const DocumentShape sockopts_table_shape{.schema = schema, .placements = table_placements};
const DocumentShape sockopts_socket_shape{.schema = schema, .placements = socket_placements};
const DocumentShape sockopts_diff_shape{.schema = schema, .placements = diff_placements};

void describe(const SockoptsStarted& event, Record& record)
{
    record.start("start", Level::Hidden);
    record.fields.add("act", act_name(event.act));
    record.fields.add("kernel", event.kernel);
}

void describe(const SockoptsSocket& event, Record& record)
{
    // People named the kind of a scratch socket, and know all about it.
    record.start("socket", event.owner ? Level::Result : Level::Hidden);
    if (!record.wants_fields()) {
        record.line = record.paint(Color::Bold, socket_text(event));
        return;
    }
    Fields& fields = record.fields;
    if (event.owner) {
        fields.add("pid", event.owner->pid);
        fields.add("fd", event.owner->fd);
        fields.add("comm", event.owner->comm);
    }
    if (event.kind)
        fields.add("kind", event.kind->text);
    else
        fields.add("kind", nullptr);
    if (!event.owner)
        fields.add("phase", sockopt_phase_name(event.phase));
    fields.add("state", state_name(event.state));
    fields.add("local", event.local);
    fields.add("peer", event.peer);
    fields.add("inode", event.inode);
    fields.add("cookie", event.cookie);
}

void describe(const OptionListed& event, Record& record)
{
    record.start("option", Level::Result);
    const auto& row = event.row;
    if (record.wants_fields()) {
        add_listed(record, event);
    } else if (event.in_full) {
        record.line = full_text(event, record);
    } else {
        record.cell("OPTION").text = row.name;
        record.cell("NUMBER").text = fmt::format("{}:{}", row.level.number, row.number);
        record.cell("RW").text = access_text(row);
        record.cell("DESCRIPTION").text = row.help;
    }
}

void describe(const OptionRead& event, Record& record)
{
    // A dump does not bore people with what this socket cannot tell now.
    const bool silent = !event.named && !event.value;
    record.start("option", silent && !record.wants_fields() ? Level::Hidden : Level::Result);
    const auto& row = event.row;
    if (record.wants_fields()) {
        add_read(record, event);
        return;
    }
    record.cell("OPTION").text = sockopt_label(row);
    auto& value = record.cell("VALUE");
    const auto* members =
        event.value ? std::get_if<SockoptValue::Fields>(&event.value->data) : nullptr;
    constexpr std::size_t few = 6;
    if (members != nullptr && members->size() > few) {
        value.text = fmt::format("{} members", members->size());
        record.below = value_text(row, *event.value);
    } else if (event.value) {
        value.text = value_text(row, *event.value);
        if (event.usual && *event.usual != *event.value)
            value.text += fmt::format("  (default {})", value_text(row, *event.usual));
    } else {
        value.color = Color::Dim;
        value.text = event.error ? "not readable: " + error_text(*event.error) : why_not_read(row);
    }
}

void describe(const OptionChanged& event, Record& record)
{
    record.start("option", Level::Result);
    const auto& outcome = event.outcome;
    const auto& row = outcome.row;
    if (record.wants_fields()) {
        add_changed(record, event);
        return;
    }
    record.cell("OPTION").text = sockopt_label(row);
    if (event.act == SockoptsAct::Set)
        record.cell("OLD", true).text = plain_text(row, outcome.before);
    record.cell("REQUESTED", true).text = plain_text(row, outcome.requested);
    if (event.dry_run) {
        record.cell("PREDICTED", true).text = plain_text(row, outcome.predicted);
        if (outcome.limit)
            record.below = "limit: " + limit_text(*outcome.limit);
        return;
    }
    record.cell("EFFECTIVE", true).text = plain_text(row, outcome.effective);
    auto& verdict = record.cell("VERDICT");
    verdict.text = verdict_name(outcome.verdict);
    verdict.color = color_of(outcome);
    record.below = reason_text(outcome);
}

void describe(const OptionDiffers& event, Record& record)
{
    record.start("difference", Level::Result);
    if (record.wants_fields()) {
        add_difference(record, event);
        return;
    }
    record.cell("OPTION").text = sockopt_label(event.row);
    record.cell("LEFT").text = plain_text(event.row, event.left);
    record.cell("RIGHT").text = plain_text(event.row, event.right);
}

void describe(const SockoptsSummary& event, Record& record)
{
    record.start("summary", Level::Info);
    if (record.wants_fields()) {
        record.fields.add("sockets", event.sockets);
        record.fields.add("options", event.options);
        record.fields.add("failed", event.failed);
        record.fields.add("skipped", event.skipped);
        record.fields.begin_object("verdicts");
        for (const auto& [verdict, count] : event.verdicts)
            record.fields.add(verdict, count);
        record.fields.end_object();
        if (event.act == SockoptsAct::Diff)
            record.fields.add("differing", event.differing);
        return;
    }
    for (const auto& [target, settings] : event.undo)
        record.line +=
            fmt::format("{}undo: sockit sockopts set {} {} --apply",
                        record.line.empty() ? "" : "\n", escape(target), escape(settings));
    if (event.dry_run)
        record.line += fmt::format("{}dry run: nothing was changed; --apply does it",
                                   record.line.empty() ? "" : "\n");
}

} // namespace sockit
