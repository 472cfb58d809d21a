#include "base/escape.h"
#include "report/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sockit {

namespace {

constexpr std::array why_bind_placements{
    Placement{"start", Placement::Where::Top},
    Placement{"holder", Placement::Where::Array, "holders", false},
    Placement{"answer", Placement::Where::Top},
};

/// A busy server has thousands of connections; people want to see who is in the way.
constexpr std::size_t most_holders_shown = 20;

/// A socket that only has a name is CLOSE or BOUND-INACTIVE; ss calls both UNCONN.
std::string state_text(const BindHolder& holder)
{
    std::string text(state_name(holder.state));
    if (holder.expires_ns) {
        constexpr std::int64_t second = 1'000'000'000;
        text += fmt::format(" {}s", (*holder.expires_ns + second - 1) / second);
    }
    return text;
}

std::string process_text(const BindHolder& holder)
{
    if (holder.processes.empty())
        return holder.inode == 0 ? "-" : "?";
    const auto& first = holder.processes.front();
    auto text = fmt::format("{}/{}", first.pid, escape(first.comm));
    if (holder.processes.size() > 1)
        text += fmt::format(" +{}", holder.processes.size() - 1);
    return text;
}

/// `on`, `off`, `?`; with `~` where it is inferred.
std::string flag_text(const BindHolder& holder, std::optional<bool> flag)
{
    if (!flag)
        return "?";
    return std::string(*flag ? "on" : "off") + (holder.inferred ? "~" : "");
}

/// `label: text` wrapped at words, within 80 columns, below itself.
void append_wrapped(std::string& out, std::string_view label, std::string_view text)
{
    constexpr std::size_t width = 80;
    if (!out.empty())
        out += '\n';
    out += label;
    std::size_t column = label.size();
    bool first = true;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!first && column + 1 + word.size() > width) {
            out += "\n" + std::string(label.size(), ' ');
            column = label.size();
            first = true;
        }
        out += first ? "" : " ";
        column += word.size() + (first ? 0 : 1);
        out += word;
        first = false;
    }
}

void add_texts(Fields& fields, std::string_view key, const std::vector<std::string>& texts)
{
    fields.begin_array(key);
    for (const auto& text : texts)
        fields.add({}, text);
    fields.end_array();
}

void add_holder(Fields& fields, const WhyBindHolder& event)
{
    const auto& holder = event.holder;
    const auto* first = holder.processes.empty() ? nullptr : &holder.processes.front();
    fields.add("state", state_name(holder.state));
    fields.add("local", holder.local);
    fields.add("peer", holder.peer);
    fields.add("pid", first ? std::optional(first->pid) : std::nullopt);
    fields.add("comm", first ? std::optional(first->comm) : std::nullopt);
    fields.add("fd", first ? std::optional(first->fd) : std::nullopt);
    fields.add("uid", holder.uid);
    fields.add("v6only", holder.v6only);
    fields.add("reuseaddr", holder.reuseaddr);
    fields.add("reuseport", holder.reuseport);
    fields.add("inferred", holder.inferred);
    fields.add("expires_ns", holder.expires_ns);
    fields.add("interface",
               event.interface.empty() ? std::nullopt : std::optional(event.interface));
    fields.add("blocks", event.blocks);
    fields.add("uncertain", event.uncertain);
    fields.begin_array("processes");
    for (const auto& process : holder.processes) {
        fields.begin_object();
        fields.add("pid", process.pid);
        fields.add("comm", process.comm);
        fields.add("fd", process.fd);
        fields.end_object();
    }
    fields.end_array();
}

} // namespace

const DocumentShape why_bind_shape{.schema = "sockit.sockopts/1",
                                   .placements = why_bind_placements};

void describe(const WhyBindStarted& event, Record& record)
{
    record.start("start", Level::Hidden);
    record.fields.add("act", "why-bind");
    record.fields.add("kernel", event.kernel);
}

void describe(const WhyBindHolder& event, Record& record)
{
    record.start("holder", event.number <= most_holders_shown ? Level::Result : Level::Verbose);
    if (record.wants_fields()) {
        add_holder(record.fields, event);
        return;
    }
    const auto& holder = event.holder;
    auto& state = record.cell("STATE");
    state.text = state_text(holder);
    state.color = event.blocks ? Color::Red : Color::None;
    auto& local = record.cell("LOCAL").text;
    local = holder.local.text();
    if (!event.interface.empty())
        local += " on " + escape(event.interface);
    record.cell("PEER").text = holder.peer ? holder.peer->text() : "-";
    record.cell("PID/NAME").text = process_text(holder);
    record.cell("UID", true).text = holder.uid ? std::to_string(*holder.uid) : "-";
    record.cell("ADDR").text = flag_text(holder, holder.reuseaddr);
    record.cell("PORT").text = flag_text(holder, holder.reuseport);
    record.cell("BLOCKS").text = event.uncertain ? "maybe" : event.blocks ? "yes" : "no";
}

void describe(const WhyBindVerdict& event, Record& record)
{
    record.start("answer", Level::Result);
    if (record.wants_fields()) {
        record.fields.add("transport", event.datagram ? "udp" : "tcp");
        record.fields.add("target", event.target);
        record.fields.add("would_bind", event.would_bind);
        record.fields.add("predicted", event.predicted);
        record.fields.add("tried", event.tried);
        record.fields.add("error", event.error);
        record.fields.add("rule", event.rule);
        add_texts(record.fields, "cure", event.cure);
        add_texts(record.fields, "notes", event.notes);
        return;
    }
    const auto target = std::string(event.datagram ? "udp " : "tcp ") + escape(event.target.text());
    const auto answer = event.would_bind
                            ? record.paint(Color::Green, "can be bound")
                            : record.paint(Color::Red, "cannot be bound") + ": " +
                                  message(*event.error) + " (" + code_name(*event.error) + ")";
    record.line = target + " " + answer;
    append_wrapped(record.line, "  rule: ", event.rule);
    for (const auto& cure : event.cure)
        append_wrapped(record.line, "  cure: ", cure);
    for (const auto& note : event.notes)
        append_wrapped(record.line, "  note: ", note);
}

void describe(const WhyBindSummary& event, Record& record)
{
    record.start("summary", event.holders > most_holders_shown ? Level::Info : Level::Hidden);
    record.line = fmt::format("{} sockets are there; -v lists all of them", event.holders);
    record.fields.add("holders", event.holders);
    record.fields.add("blocking", event.blocking);
    record.fields.add("would_bind", event.would_bind);
}

} // namespace sockit
