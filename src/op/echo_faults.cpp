#include "op/echo_faults.h"

#include "base/random.h"

#include <algorithm>

namespace sockit {

namespace {

/// What a number is drawn for, so that the draws of one piece do not depend on each other.
enum class Draw : std::uint64_t { Corrupt, CorruptAt, Flip, Drop, Duplicate, Reorder, Delay };

/// The random numbers of one piece.
class Dice {
public:
    Dice(std::uint64_t seed, std::uint64_t connection, std::uint64_t piece)
        : m_key(mix(mix(mix(seed) + connection) + piece))
    {}

    [[nodiscard]] std::uint64_t below(std::uint64_t bound, Draw draw) const
    {
        return sockit::below(bound, number(draw));
    }
    /// At 1 always, at 0 never.
    [[nodiscard]] bool happens(double probability, Draw draw) const
    {
        constexpr std::uint64_t precision = 1ULL << 53U; // what a double holds
        return static_cast<double>(below(precision, draw)) <
               probability * static_cast<double>(precision);
    }

private:
    [[nodiscard]] std::uint64_t number(Draw draw) const
    {
        return mix(m_key + static_cast<std::uint64_t>(draw));
    }

    std::uint64_t m_key;
};

Duration delay_of(const EchoFaultPlan& plan, const Dice& dice)
{
    const auto spread = static_cast<std::uint64_t>(plan.jitter.count());
    const auto drawn = dice.below(2 * spread + 1, Draw::Delay);
    return std::max(plan.delay - plan.jitter + Duration(static_cast<Duration::rep>(drawn)),
                    Duration::zero());
}

std::uint64_t& count_of(EchoFaultCounts& counts, EchoFaultKind kind)
{
    switch (kind) {
    case EchoFaultKind::Delay: return counts.delay;
    case EchoFaultKind::Corrupt: return counts.corrupt;
    case EchoFaultKind::Drop: return counts.drop;
    case EchoFaultKind::Duplicate: return counts.duplicate;
    case EchoFaultKind::Reorder: return counts.reorder;
    case EchoFaultKind::CloseAfter: return counts.close_after;
    case EchoFaultKind::ResetAfter: return counts.reset_after;
    case EchoFaultKind::HalfCloseAfter: break;
    }
    return counts.half_close_after;
}

} // namespace

bool EchoFaultPlan::any_after_accept() const
{
    return delay > Duration::zero() || jitter > Duration::zero() || rate || slow_read ||
           close_after || reset_after || half_close_after || corrupt > 0 || drop > 0 ||
           duplicate > 0 || reorder > 0;
}

EchoFate echo_fate(const EchoFaultPlan& plan, std::uint64_t connection, std::uint64_t piece,
                   std::size_t size)
{
    const Dice dice(plan.seed, connection, piece);
    EchoFate fate;
    fate.drop = dice.happens(plan.drop, Draw::Drop);
    if (fate.drop)
        return fate;
    fate.duplicate = dice.happens(plan.duplicate, Draw::Duplicate);
    fate.reorder = dice.happens(plan.reorder, Draw::Reorder);
    if (size > 0 && dice.happens(plan.corrupt, Draw::Corrupt))
        fate.corrupt = EchoFlip{.offset = dice.below(size, Draw::CorruptAt),
                                .flip = std::byte(1 + dice.below(255, Draw::Flip))};
    fate.delay = delay_of(plan, dice);
    return fate;
}

std::vector<EchoEnd> echo_ends(const EchoFaultPlan& plan)
{
    std::vector<EchoEnd> ends;
    const auto note = [&](std::optional<std::uint64_t> after, EchoFaultKind kind) {
        if (after)
            ends.insert(std::ranges::upper_bound(ends, *after, {}, &EchoEnd::after),
                        {.kind = kind, .after = *after});
    };
    note(plan.half_close_after, EchoFaultKind::HalfCloseAfter);
    note(plan.close_after, EchoFaultKind::CloseAfter);
    note(plan.reset_after, EchoFaultKind::ResetAfter);
    const auto last = std::ranges::find_if(
        ends, [](const EchoEnd& end) { return end.kind != EchoFaultKind::HalfCloseAfter; });
    if (last != ends.end())
        ends.erase(last + 1, ends.end());
    return ends;
}

void add(EchoFaultCounts& counts, EchoFaultKind fired) { ++count_of(counts, fired); }

void add(EchoFaultCounts& counts, const EchoFaultCounts& others)
{
    counts.delay += others.delay;
    counts.corrupt += others.corrupt;
    counts.drop += others.drop;
    counts.duplicate += others.duplicate;
    counts.reorder += others.reorder;
    counts.close_after += others.close_after;
    counts.reset_after += others.reset_after;
    counts.half_close_after += others.half_close_after;
}

} // namespace sockit
