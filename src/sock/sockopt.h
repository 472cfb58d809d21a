#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/sockopt_codec.h"
#include "sock/sockopt_verdict.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// The row that `name` means: in any case, with or without its prefix (SO_RCVBUF, rcvbuf), with `-`
/// for `_` (so-rcvbuf), `LEVEL/NAME`, or `LEVEL/NUMBER` and `LEVEL:NUMBER` by name or number
/// (SOL_SOCKET/8, 6:45). A name that several levels have means the one that `kind` knows, else the
/// first of the table. A number without a row gives one with an empty name; an unknown name is a
/// usage error whose hint is the nearest one.
Result<SockoptRow> find_sockopt(std::string_view name,
                                std::optional<SocketKind> kind = std::nullopt);

/// The number of a level: `SOL_SOCKET`, `socket`, `IPPROTO_TCP`, `SOL_TCP`, `tcp` or 6. A usage
/// error for an unknown name.
Result<int> parse_sockopt_level(std::string_view word);

/// The row of a level and number, with an empty name when the table has none.
SockoptRow sockopt_row(int level, int number);

/// NAME=VALUE as the user gave it, ready to be set.
struct SockoptSetting {
    SockoptRow row;
    std::string text;  ///< VALUE
    std::string bytes; ///< what setsockopt(2) takes

    bool operator==(const SockoptSetting& other) const
    {
        return row.level == other.row.level && row.number == other.row.number &&
               bytes == other.bytes;
    }
};

/// A usage error for an unknown name, a missing `=`, or a value that is not of the option's type.
Result<SockoptSetting> parse_sockopt_setting(std::string_view word,
                                             std::optional<SocketKind> kind = std::nullopt);

/// The bytes that the kernel returns. Errors have call "getsockopt" and the option as subject.
Result<std::string> get_sockopt(FdRef socket, const SockoptRow& row);
Result<> set_sockopt(FdRef socket, const SockoptRow& row, std::string_view bytes);

/// Where in its life a socket is.
enum class SockoptPhase : std::uint8_t { Fresh, Bound, Listening, Connected, Accepted };

/// "fresh", "bound", "listening", "connected", "accepted".
std::string_view sockopt_phase_name(SockoptPhase phase);

/// Sets one option now, whatever its phase, and reads it back (unless reading it has side effects).
SockoptOutcome apply_sockopt(FdRef socket, const SockoptSetting& setting);

/// Sets those of `settings` that belong to `phase`, in order, and reads them back. Each belongs to
/// the first phase in which it can have effect, nearly always Fresh; to Accepted belong also those
/// that accept() does not hand on from the listener. Call it once a phase: after socket(), bind(),
/// listen(), connect(), and for every accepted socket.
std::vector<SockoptOutcome> apply_sockopts(FdRef socket, std::span<const SockoptSetting> settings,
                                           SockoptPhase phase);

} // namespace sockit
