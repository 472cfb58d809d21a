#pragma once

#include "base/error.h"
#include "sock/sockopt_table.h"
#include "sock/sockopt_value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// What the kernel made of a request.
enum class SockoptVerdict : std::uint8_t {
    Exact,
    Doubled,           ///< twice the request, to make room for bookkeeping (socket(7))
    Clamped,           ///< cut by a limit: what is effective is less than a full grant
    Rounded,           ///< to a step, or raised to the least the kernel allows
    Masked,            ///< bits were dropped
    NoEffect,          ///< taken, but the old value stands
    Refused,           ///< the call failed
    NotReadable,       ///< taken, and there is no way to read it back
    SkippedSideEffect, ///< taken; not read back, since reading changes it or gives keys away
};

/// "exact", "doubled", … "skipped-side-effect".
std::string_view verdict_name(SockoptVerdict verdict);

/// A sysctl that bounds the option, and its value where it can be read.
struct SockoptLimit {
    std::string_view sysctl;
    std::optional<std::int64_t> value;

    bool operator==(const SockoptLimit&) const = default;
};

/// The limit of the row as it is now; nothing for a row without one.
std::optional<SockoptLimit> sockopt_limit(const SockoptRow& row);

struct SockoptOutcome {
    SockoptRow row;
    SockoptValue requested;
    std::optional<SockoptValue> before;    ///< as read ahead of the change
    std::optional<SockoptValue> effective; ///< as read back
    std::optional<SockoptValue> predicted; ///< what the row says will come of it, where it can tell
    std::string raw;                       ///< the bytes of `effective`
    SockoptVerdict verdict = SockoptVerdict::Exact;
    bool below_request = false; ///< Clamped to less than what was asked for
    std::optional<SockoptLimit> limit;
    std::optional<Error> error; ///< Refused, NotReadable

    /// Whether the user got what they asked for, as far as can be told.
    [[nodiscard]] bool satisfied() const;

    bool operator==(const SockoptOutcome&) const = default;
};

/// `SO_RCVBUF=1000000000: the kernel made it 425984 (clamped, net.core.rmem_max is 212992)`,
/// escaped.
std::string sockopt_outcome_text(const SockoptOutcome& outcome);

/// What setting `requested` on a socket of that kind will lead to; nothing where the row cannot
/// tell.
std::optional<SockoptValue> predict_sockopt(const SockoptRow& row, std::optional<SocketKind> kind,
                                            const SockoptValue& requested,
                                            const std::optional<SockoptValue>& before);

/// Fills verdict and below_request of an outcome whose values have been read.
void judge_sockopt(SockoptOutcome& outcome);

} // namespace sockit
