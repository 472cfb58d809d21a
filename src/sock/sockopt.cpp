#include "sock/sockopt.h"

#include "base/escape.h"
#include "base/parse.h"
#include "sock/sockopt_struct.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace sockit {

namespace {

/// Enough for anything but long lists, which say how much more they need.
constexpr std::size_t roomy = 4096;

/// The size of buffer to ask with. Options of a fixed type get just that: some kernels answer a
/// larger buffer with another, newer form.
std::size_t reading_size(SockoptCodec codec)
{
    switch (codec) {
    case SockoptCodec::Flag:
    case SockoptCodec::Int:
    case SockoptCodec::U32:
    case SockoptCodec::Descriptor:
    case SockoptCodec::Errno:
    case SockoptCodec::Interface:
    case SockoptCodec::InterfaceNet:
    case SockoptCodec::PortRange: return sizeof(int);
    case SockoptCodec::U16: return sizeof(std::uint16_t);
    case SockoptCodec::U64:
    case SockoptCodec::Cookie: return sizeof(std::uint64_t);
    case SockoptCodec::Timeval: return 2 * sizeof(std::int64_t);
    case SockoptCodec::Linger: return 2 * sizeof(int);
    // TCP_REPAIR_WINDOW takes no other length than that of its struct.
    case SockoptCodec::RepairWindow: {
        const auto& last = struct_members(codec).back();
        return last.offset + std::size_t{last.size};
    }
    default: return roomy;
    }
}

/// A buffer as the kernel wants it on the way in. MPTCP wants struct mptcp_subflow_data filled with
/// its own size and that of the elements we have room for.
std::string question(const SockoptRow& row)
{
    std::string buffer(reading_size(row.codec), '\0');
    constexpr std::uint32_t header_size = 16;
    constexpr std::uint32_t element_size = 512;
    constexpr std::size_t element_size_at = 12;
    if (row.codec == SockoptCodec::MptcpTcpInfo || row.codec == SockoptCodec::MptcpAddresses) {
        std::memcpy(buffer.data(), &header_size, sizeof header_size);
        std::memcpy(buffer.data() + element_size_at, &element_size, sizeof element_size);
    }
    return buffer;
}

Failure failed(const SockoptRow& row, std::string_view call, int code)
{
    Error error = Error::from_errno(Phase::Socket, call, sockopt_label(row), code);
    if ((code == EPERM || code == EACCES) && !row.privilege.empty())
        error.hint = "it needs " + std::string(row.privilege);
    else if (code == EINVAL && !row.note.empty())
        error.hint = std::string(row.name) + ": " + std::string(row.note);
    else if (code == ENOPROTOOPT && !row.since.empty())
        error.hint = "Linux has " + std::string(row.name) + " since " + std::string(row.since) +
                     "; sockit sockopts describe " + std::string(row.name) + " shows for what";
    return Failure(std::move(error));
}

/// SO_GET_FILTER takes its length in instructions but writes eight bytes for each, far beyond a
/// buffer of that many bytes; a length of 0 asks for the number of instructions alone.
Result<std::string> get_filter_length(FdRef socket, const SockoptRow& row)
{
    socklen_t instructions = 0;
    char nothing = 0;
    if (getsockopt(socket.value, row.level.number, row.number, &nothing, &instructions) != 0)
        return failed(row, "getsockopt", errno);
    return std::string(reinterpret_cast<const char*>(&instructions), sizeof instructions);
}

/// Whether setting the option is due in `phase`. accept() hands most options of the listener on;
/// what it does not, the accepted socket needs again, provided that a connected socket can still
/// make use of it.
bool belongs_to(const SockoptRow& row, std::optional<SocketKind> kind, SockoptPhase phase)
{
    switch (row.when) {
    case SockoptWhen::AfterBind: return phase == SockoptPhase::Bound;
    case SockoptWhen::Connected:
        return phase == SockoptPhase::Connected || phase == SockoptPhase::Accepted;
    case SockoptWhen::Any:
        if (phase == SockoptPhase::Accepted)
            return row.in_table() && kind && has(row.set, *kind) && !has(row.inherited, *kind);
        break;
    default: break;
    }
    return phase == SockoptPhase::Fresh;
}

/// The same name on the level that the kind has: MCAST_JOIN_GROUP is there for IPv4 and IPv6.
SockoptSetting for_kind(const SockoptSetting& setting, std::optional<SocketKind> kind)
{
    SockoptSetting out = setting;
    if (kind && setting.row.in_table() && !has(setting.row.set, *kind))
        for (const auto& row : sockopt_table())
            if (row.name == setting.row.name && has(row.set, *kind))
                out.row = row;
    return out;
}

SockoptOutcome apply(FdRef socket, const SockoptSetting& setting, std::optional<SocketKind> kind)
{
    const auto& row = setting.row;
    SockoptOutcome outcome{.row = row,
                           .requested = decode_sockopt(row, setting.bytes),
                           .before = std::nullopt,
                           .effective = std::nullopt,
                           .predicted = std::nullopt,
                           .raw = {},
                           .limit = sockopt_limit(row),
                           .error = std::nullopt};
    const bool readable = row.read == SockoptRead::Harmless;
    if (readable)
        if (const auto bytes = get_sockopt(socket, row)) {
            outcome.before = decode_sockopt(row, *bytes);
            outcome.raw = *bytes;
        }
    outcome.predicted = predict_sockopt(row, kind, outcome.requested, outcome.before);
    if (auto set = set_sockopt(socket, row, setting.bytes); !set) {
        outcome.verdict = SockoptVerdict::Refused;
        outcome.effective = outcome.before;
        outcome.error = std::move(set).error();
        return outcome;
    }
    if (!readable) {
        outcome.verdict = SockoptVerdict::SkippedSideEffect;
        return outcome;
    }
    auto bytes = get_sockopt(socket, row);
    if (!bytes) {
        outcome.verdict = SockoptVerdict::NotReadable;
        outcome.error = std::move(bytes).error();
        return outcome;
    }
    outcome.effective = decode_sockopt(row, *bytes);
    outcome.raw = std::move(*bytes);
    judge_sockopt(outcome);
    return outcome;
}

std::optional<SocketKind> known_kind(FdRef socket)
{
    const auto kind = kind_of(socket);
    return kind ? std::optional(*kind) : std::nullopt;
}

} // namespace

Result<std::string> get_sockopt(FdRef socket, const SockoptRow& row)
{
    if (row.codec == SockoptCodec::Filter)
        return get_filter_length(socket, row);
    std::string buffer = question(row);
    constexpr int attempts = 4; // a list may grow while we make room for it
    for (int attempt = 1;; ++attempt) {
        auto length = static_cast<socklen_t>(buffer.size());
        const int status =
            getsockopt(socket.value, row.level.number, row.number, buffer.data(), &length);
        const int code = status != 0 ? errno : 0;
        // Lists longer than the buffer: SO_PEERGROUPS refuses, NETLINK_LIST_MEMBERSHIPS cuts; both
        // tell the length.
        const bool too_small = length > buffer.size() && (code == 0 || code == ERANGE);
        if (too_small && attempt < attempts) {
            buffer.assign(length, '\0');
            continue;
        }
        if (code != 0)
            return failed(row, "getsockopt", code);
        buffer.resize(std::min<std::size_t>(length, buffer.size()));
        return buffer;
    }
}

Result<> set_sockopt(FdRef socket, const SockoptRow& row, std::string_view bytes)
{
    if (setsockopt(socket.value, row.level.number, row.number, bytes.data(),
                   static_cast<socklen_t>(bytes.size())) != 0)
        return failed(row, "setsockopt", errno);
    return {};
}

Result<SockoptSetting> parse_sockopt_setting(std::string_view word, std::optional<SocketKind> kind)
{
    const auto equals = word.find('=');
    if (equals == std::string_view::npos)
        return bad_value("socket option", word, "expected NAME=VALUE");
    SockoptSetting setting;
    setting.row = TRY(find_sockopt(word.substr(0, equals), kind));
    setting.text = word.substr(equals + 1);
    setting.bytes = TRY(encode_sockopt(setting.row, setting.text));
    return setting;
}

std::string_view sockopt_phase_name(SockoptPhase phase)
{
    switch (phase) {
    case SockoptPhase::Fresh: break;
    case SockoptPhase::Bound: return "bound";
    case SockoptPhase::Listening: return "listening";
    case SockoptPhase::Connected: return "connected";
    case SockoptPhase::Accepted: return "accepted";
    }
    return "fresh";
}

SockoptOutcome apply_sockopt(FdRef socket, const SockoptSetting& setting)
{
    const auto kind = known_kind(socket);
    return apply(socket, for_kind(setting, kind), kind);
}

std::vector<SockoptOutcome> apply_sockopts(FdRef socket, std::span<const SockoptSetting> settings,
                                           SockoptPhase phase)
{
    std::vector<SockoptOutcome> outcomes;
    if (settings.empty())
        return outcomes;
    const auto kind = known_kind(socket);
    for (const auto& setting : settings) {
        const auto fitting = for_kind(setting, kind);
        if (belongs_to(fitting.row, kind, phase))
            outcomes.push_back(apply(socket, fitting, kind));
    }
    return outcomes;
}

} // namespace sockit
