#include "op/icmp_limits.h"

namespace sockit {

namespace {

/// So few rejected ports are what they are, limit or not: the kernel's own bucket holds six.
constexpr std::size_t telling = 2;

std::string count_of(std::size_t count, std::string_view what)
{
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

} // namespace

void IcmpLimits::note(const ProbeResult& result)
{
    if (!result.endpoint || !result.endpoint->is_inet())
        return;
    if (result.outcome == ProbeOutcome::Rejected && result.error && result.error->icmp) {
        Host& host = m_hosts[result.endpoint->address()];
        host.from = result.error->icmp->from;
        ++host.rejected;
    } else if (!m_hosts.empty() && (result.outcome == ProbeOutcome::Timeout ||
                                    result.outcome == ProbeOutcome::Silent)) {
        if (const auto found = m_hosts.find(result.endpoint->address()); found != m_hosts.end())
            ++found->second.mute;
    }
}

bool IcmpLimits::tell(const Emit& emit) const
{
    bool open = true;
    for (const auto& [address, host] : m_hosts)
        if (host.rejected >= telling && host.mute > 0)
            open = emit(Warning{.message = address + ": " + host.from + " rejected " +
                                           count_of(host.rejected, "port") +
                                           " and said nothing of " + count_of(host.mute, "other") +
                                           ": it may limit its ICMP errors, so those may be "
                                           "rejected as well (--rate asks more slowly)",
                                .error = std::nullopt});
    return open;
}

} // namespace sockit
