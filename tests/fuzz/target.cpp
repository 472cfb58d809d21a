#include "sock/target.h"

#include "fuzz.h"
#include "sock/target_list.h"

#include <algorithm>
#include <vector>

// What a user types in place of an address: HOST:PORT and its kin, lists, ranges, lines of files.

namespace sockit::fuzz {

namespace {

/// The text of a target is a target: the same.
void look_at_text(std::string_view word, Role role)
{
    const auto target = parse_target(word, role);
    if (!target) {
        must(target.error().domain == Domain::Usage);
        return;
    }
    if (!target->any_address) // whose text is for people
        must(parse_target(target->text, role) == target);
    if (target->endpoint && target->endpoint->is_inet()) {
        must(target->host.empty());
        const auto literal = Endpoint::from_literal(
            target->endpoint->address(), static_cast<std::uint16_t>(target->endpoint->port()));
        must(literal && literal->address() == target->endpoint->address());
    }
}

void look_at_group(const TargetGroup& group)
{
    must(group.hosts >= 1 && group.hosts <= most_hosts);
    must(group.at(0) == group.target);
    const auto last = group.at(group.size() - 1);
    must(last.text.find('\0') == std::string::npos || is_unix(last.transport));
    if (group.hosts > 1)
        must(last.endpoint && last.endpoint->family() == group.target.endpoint->family());
    if (!group.ports.empty() && last.endpoint)
        must(last.endpoint->port() == group.ports.back());
}

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= text.size() && words.size() < 4;) {
        const auto end = std::min(text.find('\n', at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

} // namespace

void look_at(std::string_view text)
{
    look_at_text(text, Role::Client);
    look_at_text(text, Role::Server);
    const auto words = words_of(text);
    if (const auto target = parse_target(words, Role::Client))
        must(parse_target(target->text, Role::Client) == target);
    if (const auto groups = parse_target_list(words))
        for (const auto& group : *groups)
            look_at_group(group);
    if (const auto line = parse_target_line(text); line && *line)
        look_at_group(**line);
}

} // namespace sockit::fuzz
