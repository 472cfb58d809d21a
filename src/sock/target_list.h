#pragma once

#include "base/result.h"
#include "sock/target.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// One host and the ports asked of it; a range of addresses and the ports asked of each; or one
/// unix path or vsock address, which has no list.
struct TargetGroup {
    Target target;                    ///< the first one
    std::vector<std::uint16_t> ports; ///< in the order typed; empty: only `target`
    std::size_t hosts = 1;            ///< addresses in a row, from that of `target` on

    [[nodiscard]] std::size_t size() const { return hosts * (ports.empty() ? 1 : ports.size()); }
    /// The target at `index` < size(), its text included: every host with the first port, then
    /// every host with the second.
    [[nodiscard]] Target at(std::size_t index) const { return at(index % hosts, index / hosts); }
    /// The target of one host and one port, both by index.
    [[nodiscard]] Target at(std::size_t host, std::size_t port) const;

    bool operator==(const TargetGroup&) const = default;
};

/// The most addresses of one range: `/8`, `[…/104]`.
constexpr std::size_t most_hosts = std::size_t{1} << 24U;

/// Any number of words, each a target of parse_target() whose port may be a list: `HOST:22,80`,
/// `[V6]:8000-8010`, `22,http`; and whose address may be a range, `10.0.0.0/24:22`, `[V6/120]:22`:
/// all addresses with that prefix, the first and the last of a network too, since whether these are
/// hosts is not in the prefix. Exactly two words of which the first has no port and the second is
/// nothing else are `HOST PORTS`. Errors are usage errors that quote the word.
Result<std::vector<TargetGroup>> parse_target_list(std::span<const std::string> words);

/// One line of a list of targets, one word or `HOST PORTS`; nothing where it is blank or a comment
/// (`#` at its begin or behind a blank). A unix path goes to the end of its line.
Result<std::optional<TargetGroup>> parse_target_line(std::string_view line);

} // namespace sockit
