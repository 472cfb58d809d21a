#include "op/sockopts_read.h"

#include <algorithm>
#include <iterator>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace sockit {

namespace {

/// getsockname(2) or getpeername(2). Endpoint knows no families but these.
template <class Ask>
std::optional<Endpoint> address_of(FdRef socket, Ask ask)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (ask(socket.value, generic, &length) != 0)
        return std::nullopt;
    switch (address.ss_family) {
    case AF_INET:
    case AF_INET6:
    case AF_UNIX:
    case AF_VSOCK: return Endpoint::from_sockaddr(generic, length);
    default: return std::nullopt;
    }
}

int option_or_zero(FdRef socket, int name)
{
    int value = 0;
    socklen_t length = sizeof value;
    return ::getsockopt(socket.value, SOL_SOCKET, name, &value, &length) == 0 ? value : 0;
}

/// What sock_diag would say, where it does not.
SocketState guess_state(FdRef socket, bool has_peer)
{
    if (option_or_zero(socket, SO_ACCEPTCONN) != 0)
        return SocketState::Listen;
    tcp_info info{};
    socklen_t length = sizeof info;
    if (option_or_zero(socket, SO_PROTOCOL) == IPPROTO_TCP &&
        ::getsockopt(socket.value, IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
        return static_cast<SocketState>(info.tcpi_state);
    return has_peer ? SocketState::Established : SocketState::Close;
}

} // namespace

std::vector<RawOption> read_raw(FdRef socket, std::span<const SockoptRow> rows)
{
    std::vector<RawOption> options;
    options.reserve(rows.size());
    for (const auto& row : rows) {
        auto& option = options.emplace_back(RawOption{row, std::nullopt});
        if (row.read == SockoptRead::Harmless)
            option.bytes = get_sockopt(socket, row);
    }
    return options;
}

std::vector<SockoptRow> rows_of(std::optional<SocketKind> kind)
{
    std::vector<SockoptRow> rows;
    std::ranges::copy_if(sockopt_table(), std::back_inserter(rows), [&](const SockoptRow& row) {
        return kind ? has(row.get | row.get_later, *kind)
                    : row.level.number == SOL_SOCKET && row.gettable();
    });
    return rows;
}

SockoptRow row_for_kind(const SockoptRow& row, std::optional<SocketKind> kind)
{
    const auto fits = [&](const SockoptRow& other) {
        return has(other.get | other.get_later | other.set, *kind);
    };
    if (kind && row.in_table() && !fits(row))
        for (const auto& other : sockopt_table())
            if (other.name == row.name && fits(other))
                return other;
    return row;
}

SockoptsSocket look_at(FdRef socket)
{
    SockoptsSocket event;
    if (const auto kind = kind_of(socket)) {
        const bool raw = *kind == SocketKind::Raw4 || *kind == SocketKind::Raw6;
        const int protocol = raw ? option_or_zero(socket, SO_PROTOCOL) : 0;
        event.kind = KindTarget{*kind, protocol, std::string(kind_name(*kind))};
        if (raw)
            event.kind->text += ":" + std::to_string(protocol);
    }
    event.local = address_of(socket, ::getsockname);
    event.peer = address_of(socket, ::getpeername);
    event.state = guess_state(socket, event.peer.has_value());
    struct stat status{};
    if (::fstat(socket.value, &status) == 0)
        event.inode = status.st_ino;
    const auto row = sockopt_row(SOL_SOCKET, SO_COOKIE);
    if (const auto bytes = get_sockopt(socket, row)) {
        auto value = decode_sockopt(row, *bytes);
        if (auto* cookie = std::get_if<std::string>(&value.data))
            event.cookie = std::move(*cookie);
    }
    return event;
}

std::optional<SockoptValue> SockoptsReference::usual(const KindTarget& kind, const SockoptRow& row)
{
    if (row.varies || row.read != SockoptRead::Harmless || !row.in_table())
        return std::nullopt;
    const auto [place, first] = m_pristine.try_emplace({kind.kind, kind.protocol});
    auto& pristine = place->second;
    if (first)
        if (auto opened = open_kind(kind))
            pristine.socket = std::move(*opened);
    if (!pristine.socket)
        return std::nullopt;
    const auto [value, unasked] = pristine.values.try_emplace({row.level.number, row.number});
    if (unasked)
        if (const auto bytes = get_sockopt(pristine.socket->ref(), row))
            value->second = decode_sockopt(row, *bytes);
    return value->second;
}

std::optional<SockoptLimit> SockoptsReference::limit(const SockoptRow& row)
{
    if (row.limit.empty())
        return std::nullopt;
    const auto [place, unasked] = m_limits.try_emplace({row.level.number, row.number});
    if (unasked)
        place->second = sockopt_limit(row);
    return place->second;
}

OptionRead SockoptsReference::complete(RawOption raw, const std::optional<KindTarget>& kind)
{
    OptionRead event{.row = raw.row};
    event.limit = limit(raw.row);
    if (!raw.bytes) {
        event.verdict = SockoptVerdict::SkippedSideEffect;
        return event;
    }
    if (kind)
        event.usual = usual(*kind, raw.row);
    if (!*raw.bytes) {
        event.verdict = SockoptVerdict::NotReadable;
        event.error = std::move(*raw.bytes).error();
        return event;
    }
    event.value = decode_sockopt(raw.row, **raw.bytes);
    event.raw = std::move(**raw.bytes);
    return event;
}

} // namespace sockit
