#pragma once

#include "event/sockopts.h"
#include "sock/sockopt.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sockit {

/// An option as the kernel gave it, not yet looked at.
struct RawOption {
    SockoptRow row;
    std::optional<Result<std::string>> bytes; ///< nothing for what reading would change, and keys
};

/// Reads what is harmless to read. Decoding takes longer than that and waits: the socket may be a
/// duplicate, to be closed at once.
std::vector<RawOption> read_raw(FdRef socket, std::span<const SockoptRow> rows);

/// Every row that sockets of that kind have; of an unknown kind, those of SOL_SOCKET.
std::vector<SockoptRow> rows_of(std::optional<SocketKind> kind);

/// The row of the same name on the level that the kind has.
SockoptRow row_for_kind(const SockoptRow& row, std::optional<SocketKind> kind);

/// What the socket itself tells: kind, addresses, inode, cookie, and for a stream its state.
SockoptsSocket look_at(FdRef socket);

/// What fresh sockets say and where limits are, asked once each.
class SockoptsReference {
public:
    /// What a socket of that kind that nobody has touched says; nothing where sockets differ by
    /// nature, or where we cannot have one.
    std::optional<SockoptValue> usual(const KindTarget& kind, const SockoptRow& row);
    std::optional<SockoptLimit> limit(const SockoptRow& row);

    OptionRead complete(RawOption raw, const std::optional<KindTarget>& kind);

private:
    using Option = std::pair<int, int>; ///< level, number

    struct Pristine {
        std::optional<Socket> socket;
        std::map<Option, std::optional<SockoptValue>> values;
    };

    std::map<std::pair<SocketKind, int>, Pristine> m_pristine; ///< by kind and protocol
    std::map<Option, std::optional<SockoptLimit>> m_limits;
};

} // namespace sockit
