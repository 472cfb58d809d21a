#include "sock/sockopt_verdict.h"

#include "base/escape.h"
#include "sock/sockopt_codec.h"
#include "sock/sysctl.h"

#include <algorithm>
#include <ctime>
#include <limits>

#include <unistd.h>

namespace sockit {

namespace {

using enum SockoptVerdict;

std::optional<std::int64_t> number_of(const SockoptValue& value)
{
    if (const auto* integer = std::get_if<std::int64_t>(&value.data))
        return *integer;
    if (const auto* natural = std::get_if<std::uint64_t>(&value.data))
        return static_cast<std::int64_t>(
            std::min<std::uint64_t>(*natural, std::numeric_limits<std::int64_t>::max()));
    if (const auto* duration = std::get_if<Duration>(&value.data))
        return duration->count();
    if (const auto* flag = std::get_if<bool>(&value.data))
        return *flag ? 1 : 0;
    return std::nullopt;
}

/// A number in the alternative that `like` has.
SockoptValue as_value(const SockoptValue& like, std::int64_t number)
{
    if (std::holds_alternative<std::uint64_t>(like.data))
        return {static_cast<std::uint64_t>(number)};
    if (std::holds_alternative<Duration>(like.data))
        return {Duration(number)};
    return {number};
}

std::int64_t round_up(std::int64_t number, std::int64_t step)
{
    return step > 0 ? (number + step - 1) / step * step : number;
}

/// The kernel's clock tick in nanoseconds: the resolution of the clock that it moves.
std::int64_t jiffy()
{
    timespec resolution{};
    ::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
    return resolution.tv_nsec;
}

/// Buffer sizes are compared as unsigned (sock_setsockopt takes the minimum so): -1 is the most.
std::int64_t as_size(std::int64_t number) { return static_cast<std::uint32_t>(number); }

std::optional<std::int64_t> predict_clamped(const SockoptRow& row, std::int64_t number)
{
    if (number == 0 && row.low > 1)
        return 0; // "none" or "the default", not a size
    if (number < 0 && row.low >= 0)
        return std::nullopt;
    auto high = row.high != 0 ? std::optional(row.high) : std::nullopt;
    if (!row.limit.empty())
        high = read_sysctl(row.limit);
    if (!high && row.low == 0)
        return std::nullopt;
    return std::clamp(number, row.low, high.value_or(std::numeric_limits<std::int64_t>::max()));
}

std::optional<std::int64_t> predict_number(const SockoptRow& row, std::optional<SocketKind> kind,
                                           const SockoptValue& requested)
{
    constexpr std::int64_t most = std::numeric_limits<int>::max() / 2;
    const auto asked = number_of(requested);
    if (!asked)
        return std::nullopt;
    switch (row.transform) {
    case SockoptTransform::Doubled:
        if (const auto limit = read_sysctl(row.limit))
            return std::max(2 * std::min({as_size(*asked), *limit, most}), row.low);
        return std::nullopt;
    case SockoptTransform::DoubledUnlimited:
        return std::max(2 * std::clamp<std::int64_t>(*asked, 0, most), row.low);
    case SockoptTransform::Clamped: return predict_clamped(row, *asked);
    case SockoptTransform::RoundedToJiffy: {
        const bool microseconds = !std::holds_alternative<Duration>(requested.data);
        return round_up(*asked, microseconds ? jiffy() / 1000 : jiffy());
    }
    case SockoptTransform::RoundedToPage: return round_up(*asked, ::sysconf(_SC_PAGESIZE));
    case SockoptTransform::Masked: {
        const bool stream = kind && (*kind == SocketKind::Tcp4 || *kind == SocketKind::Tcp6 ||
                                     *kind == SocketKind::Mptcp4 || *kind == SocketKind::Mptcp6);
        if (*asked < 0)
            return std::nullopt;
        return stream ? *asked & row.mask : *asked;
    }
    default: return std::nullopt;
    }
}

SockoptVerdict judge_buffer(std::int64_t requested, std::int64_t effective)
{
    if (effective == 2 * requested)
        return Doubled;
    return effective < 2 * requested ? Clamped : Rounded;
}

/// Requested and effective differ.
SockoptVerdict judge_numbers(const SockoptOutcome& outcome, std::int64_t requested,
                             std::int64_t effective)
{
    const bool predicted = outcome.predicted && *outcome.predicted == *outcome.effective;
    switch (outcome.row.transform) {
    case SockoptTransform::Doubled:
    case SockoptTransform::DoubledUnlimited: return judge_buffer(requested, effective);
    case SockoptTransform::Masked:
        if (predicted)
            return Masked;
        break;
    default: break;
    }
    if (!predicted && outcome.before == outcome.effective)
        return NoEffect;
    const bool rounds = outcome.row.transform == SockoptTransform::Rounded;
    return effective < requested && !rounds ? Clamped : Rounded;
}

/// Switching SO_LINGER off keeps the seconds of earlier days, which then mean nothing.
bool same_effect(const SockoptRow& row, const SockoptValue& a, const SockoptValue& b)
{
    if (row.codec != SockoptCodec::Linger)
        return a == b;
    const auto* left = std::get_if<SockoptValue::Fields>(&a.data);
    const auto* right = std::get_if<SockoptValue::Fields>(&b.data);
    if (left == nullptr || right == nullptr || left->empty() || right->empty())
        return a == b;
    const bool off = left->front().value == SockoptValue{false};
    return off ? left->front() == right->front() : a == b;
}

} // namespace

std::string_view verdict_name(SockoptVerdict verdict)
{
    switch (verdict) {
    case Exact: return "exact";
    case Doubled: return "doubled";
    case Clamped: return "clamped";
    case Rounded: return "rounded";
    case Masked: return "masked";
    case NoEffect: return "no-effect";
    case Refused: return "refused";
    case NotReadable: return "not-readable";
    case SkippedSideEffect: return "skipped-side-effect";
    }
    return {};
}

std::optional<SockoptLimit> sockopt_limit(const SockoptRow& row)
{
    if (row.limit.empty())
        return std::nullopt;
    return SockoptLimit{row.limit, read_sysctl(row.limit)};
}

std::string sockopt_outcome_text(const SockoptOutcome& outcome)
{
    std::string text =
        sockopt_label(outcome.row) + "=" + escape(sockopt_text(outcome.row, outcome.requested));
    if (outcome.effective)
        text += ": the kernel made it " + escape(sockopt_text(outcome.row, *outcome.effective));
    text += " (" + std::string(verdict_name(outcome.verdict));
    if (outcome.limit && outcome.limit->value)
        text += ", " + std::string(outcome.limit->sysctl) + " is " +
                std::to_string(*outcome.limit->value);
    return text + ")";
}

bool SockoptOutcome::satisfied() const
{
    if (verdict == Clamped)
        return !below_request;
    return verdict != NoEffect && verdict != Refused;
}

std::optional<SockoptValue> predict_sockopt(const SockoptRow& row, std::optional<SocketKind> kind,
                                            const SockoptValue& requested,
                                            const std::optional<SockoptValue>& before)
{
    switch (row.transform) {
    case SockoptTransform::Kept: return requested;
    case SockoptTransform::Ignored: return before;
    default: break;
    }
    const auto number = predict_number(row, kind, requested);
    return number ? std::optional(as_value(requested, *number)) : std::nullopt;
}

void judge_sockopt(SockoptOutcome& outcome)
{
    if (same_effect(outcome.row, outcome.requested, *outcome.effective)) {
        outcome.verdict = Exact;
        return;
    }
    if (outcome.row.transform == SockoptTransform::Ignored) {
        outcome.verdict = NoEffect;
        return;
    }
    auto requested = number_of(outcome.requested);
    const auto effective = number_of(*outcome.effective);
    if (!requested || !effective) {
        outcome.verdict = outcome.before == outcome.effective ? NoEffect : Rounded;
        return;
    }
    if (outcome.row.transform == SockoptTransform::Doubled)
        requested = as_size(*requested);
    outcome.verdict = judge_numbers(outcome, *requested, *effective);
    outcome.below_request = outcome.verdict == Clamped && *effective < *requested;
}

} // namespace sockit
