#include "base/escape.h"
#include "report/describe_sockopts.h"

#include <fmt/format.h>

namespace sockit {

namespace {

void add_value(Fields& fields, std::string_view key, const SockoptValue& value);

struct Adder {
    Fields& fields;
    std::string_view key;

    void operator()(std::monostate) const { fields.add(key, nullptr); }
    void operator()(bool flag) const { fields.add(key, flag); }
    void operator()(std::int64_t number) const { fields.add(key, number); }
    void operator()(std::uint64_t number) const { fields.add(key, number); }
    /// In seconds, the unit of all rows that hold durations.
    void operator()(Duration duration) const
    {
        constexpr std::int64_t second = 1'000'000'000;
        if (duration.count() % second == 0)
            fields.add(key, duration.count() / second);
        else
            fields.add(key, static_cast<double>(duration.count()) / static_cast<double>(second));
    }
    void operator()(const std::string& text) const { fields.add(key, text); }
    void operator()(const SockoptBytes& raw) const { fields.add(key, hex(raw.bytes)); }
    void operator()(const Endpoint& endpoint) const { fields.add(key, endpoint); }
    void operator()(const SockoptValue::List& list) const
    {
        fields.begin_array(key);
        for (const auto& element : list)
            add_value(fields, {}, element);
        fields.end_array();
    }
    void operator()(const SockoptValue::Fields& members) const
    {
        fields.begin_object(key);
        for (const auto& member : members)
            add_value(fields, member.name, member.value);
        fields.end_object();
    }
};

void add_value(Fields& fields, std::string_view key, const SockoptValue& value)
{
    std::visit(Adder{fields, key}, value.data);
}

void add_value(Fields& fields, std::string_view key, const std::optional<SockoptValue>& value)
{
    if (value)
        add_value(fields, key, *value);
    else
        fields.add(key, nullptr);
}

/// null for what is empty.
void add_text(Fields& fields, std::string_view key, std::string_view text)
{
    if (text.empty())
        fields.add(key, nullptr);
    else
        fields.add(key, text);
}

void add_kinds(Fields& fields, std::string_view key, KindMask mask)
{
    fields.begin_array(key);
    for (const auto kind : all_kinds())
        if (has(mask, kind))
            fields.add("", kind_name(kind));
    fields.end_array();
}

void add_words(Fields& fields, std::string_view key, std::string_view words)
{
    fields.begin_array(key);
    while (!words.empty()) {
        const auto space = words.find(' ');
        fields.add("", words.substr(0, space));
        words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
    }
    fields.end_array();
}

std::string_view read_name(SockoptRead read)
{
    switch (read) {
    case SockoptRead::Harmless: break;
    case SockoptRead::Consumes: return "changes-it";
    case SockoptRead::Secret: return "key";
    case SockoptRead::NeedsInput: return "needs-input";
    }
    return "harmless";
}

/// What OPTION holds beyond the identity of the option.
struct State {
    std::optional<SockoptValue> value;
    std::optional<SockoptValue> usual;
    std::string raw;
    std::optional<SockoptValue> requested;
    std::optional<SockoptValue> predicted;
    std::optional<SockoptValue> effective;
    std::optional<SockoptVerdict> verdict;
    std::optional<SockoptLimit> limit;
    std::string undo;
    std::optional<Error> error;
};

void add_identity(Fields& fields, const SockoptRow& row)
{
    add_text(fields, "level", row.level.name);
    add_text(fields, "name", row.name);
    fields.add("level_number", row.level.number);
    fields.add("number", row.number);
}

void add_option(Record& record, const SockoptRow& row, const State& state)
{
    Fields& fields = record.fields;
    add_identity(fields, row);
    if (record.wants_document())
        fields.add("type", codec_name(row.codec));
    fields.add("c_type", codec_name(row.codec));
    add_text(fields, "unit", row.unit);
    add_value(fields, "value", state.value);
    if (state.value)
        if (const auto symbol = sockopt_symbol(row, *state.value); !symbol.empty())
            fields.add("symbol", symbol);
    add_value(fields, "default", state.usual);
    if (state.value)
        fields.add("raw", hex(state.raw));
    else
        fields.add("raw", nullptr);
    add_value(fields, "requested", state.requested);
    add_value(fields, "predicted", state.predicted);
    add_value(fields, "effective", state.effective);
    if (state.verdict)
        fields.add("verdict", verdict_name(*state.verdict));
    else
        fields.add("verdict", nullptr);
    if (state.limit) {
        fields.begin_object("limit");
        fields.add("sysctl", state.limit->sysctl);
        fields.add("value", state.limit->value);
        fields.end_object();
    } else {
        fields.add("limit", nullptr);
    }
    if (!state.undo.empty())
        fields.add("undo", state.undo);
    fields.add("error", state.error);
}

} // namespace

void add_listed(Record& record, const OptionListed& event)
{
    const auto& row = event.row;
    State state;
    state.limit = event.limit;
    add_option(record, row, state);
    Fields& fields = record.fields;
    add_kinds(fields, "gettable", row.get);
    add_kinds(fields, "gettable_later", row.get_later);
    add_kinds(fields, "settable", row.set);
    add_kinds(fields, "inherited", row.inherited);
    fields.add("when", when_name(row.when));
    fields.add("transformation", transform_name(row.transform));
    fields.add("reading", read_name(row.read));
    add_text(fields, "privilege", row.privilege);
    add_words(fields, "sysctls", row.sysctls);
    fields.begin_array("symbols");
    for (const auto& symbol : row.symbols)
        fields.add("", symbol.name);
    fields.end_array();
    add_text(fields, "since", row.since);
    add_text(fields, "note", row.note);
    fields.add("description", row.help);
}

void add_read(Record& record, const OptionRead& event)
{
    State state;
    state.value = event.value;
    state.usual = event.usual;
    state.raw = event.raw;
    state.verdict = event.verdict;
    state.limit = event.limit;
    state.error = event.error;
    add_option(record, event.row, state);
}

void add_changed(Record& record, const OptionChanged& event)
{
    const auto& outcome = event.outcome;
    State state;
    state.value = event.dry_run ? outcome.before : outcome.effective;
    state.usual = event.usual;
    state.raw = outcome.raw;
    state.requested = outcome.requested;
    state.predicted = outcome.predicted;
    if (!event.dry_run) {
        state.effective = outcome.effective;
        state.verdict = outcome.verdict;
    }
    state.limit = outcome.limit;
    if (!event.undo.empty())
        state.undo = fmt::format("sockit sockopts set {} {} --apply", event.target, event.undo);
    state.error = outcome.error;
    add_option(record, outcome.row, state);
}

void add_difference(Record& record, const OptionDiffers& event)
{
    Fields& fields = record.fields;
    add_identity(fields, event.row);
    fields.add("c_type", codec_name(event.row.codec));
    add_text(fields, "unit", event.row.unit);
    add_value(fields, "left", event.left);
    add_value(fields, "right", event.right);
}

} // namespace sockit
