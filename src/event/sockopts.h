#pragma once

#include "sock/socket_info.h"
#include "sock/socket_kind.h"
#include "sock/sockopt.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// What `sockopts` was asked to do.
enum class SockoptsAct : std::uint8_t { List, Describe, Get, Set, Verify, Diff };

struct SockoptsStarted {
    SockoptsAct act = SockoptsAct::List;
    std::string kernel; ///< release, as uname(2) has it

    bool operator==(const SockoptsStarted&) const = default;
};

/// The socket that the option records after it are about.
struct SockoptsSocket {
    std::optional<KindTarget> kind;           ///< none: not a kind that we know
    SockoptPhase phase = SockoptPhase::Fresh; ///< of a scratch socket
    std::optional<SocketOwner> owner;         ///< of a live socket: whom it was looked at through
    SocketState state = SocketState::Close;
    std::optional<Endpoint> local;
    std::optional<Endpoint> peer;
    std::uint64_t inode = 0;
    std::optional<std::string> cookie; ///< hexadecimal

    bool operator==(const SockoptsSocket&) const = default;
};

/// An option as the table has it.
struct OptionListed {
    SockoptRow row;
    std::optional<SockoptLimit> limit;
    bool in_full = false; ///< describe: everything, not one line

    bool operator==(const OptionListed&) const = default;
};

/// An option of a socket, read.
struct OptionRead {
    SockoptRow row;
    std::optional<SockoptValue> value;
    std::optional<SockoptValue> usual; ///< of a fresh socket of the kind; none where it varies
    std::string raw;
    std::optional<SockoptVerdict> verdict; ///< NotReadable, SkippedSideEffect
    std::optional<SockoptLimit> limit;
    std::optional<Error> error;
    bool named = false; ///< the user asked for it by name, not for all of them

    bool operator==(const OptionRead&) const = default;
};

/// An option of a socket, set and read back, or (a dry run) about to be.
struct OptionChanged {
    SockoptsAct act = SockoptsAct::Set;
    SockoptOutcome outcome;
    std::optional<SockoptValue> usual;
    bool dry_run = false;
    std::string undo;   ///< NAME=OLD that brings the old value back; empty where nothing does
    std::string target; ///< words that mean the socket: "tcp4", "--pid 5 --fd 3"

    bool operator==(const OptionChanged&) const = default;
};

/// An option that two sockets have different values of, or that one of them lacks.
struct OptionDiffers {
    SockoptRow row;
    std::optional<SockoptValue> left;
    std::optional<SockoptValue> right;

    bool operator==(const OptionDiffers&) const = default;
};

/// The way back for one socket.
struct SockoptsUndo {
    std::string target;   ///< words that mean the socket
    std::string settings; ///< NAME=OLD of every change that can be undone, ready for a shell

    bool operator==(const SockoptsUndo&) const = default;
};

struct SockoptsSummary {
    SockoptsAct act = SockoptsAct::List;
    std::string target; ///< as typed; empty where there is none
    std::size_t sockets = 0;
    std::size_t options = 0;
    std::size_t failed = 0;  ///< not as asked for
    std::size_t skipped = 0; ///< not read, since reading would change or give away something
    std::map<std::string_view, std::size_t> verdicts;
    bool dry_run = false;
    std::vector<SockoptsUndo> undo;
    std::size_t differing = 0; ///< of a diff

    bool operator==(const SockoptsSummary&) const = default;
};

} // namespace sockit
