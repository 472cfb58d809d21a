#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// What a process that reads the bytes of strangers still needs.
struct SandboxPlan {
    bool required = false;             ///< an error where the kernel lacks a part of it
    std::vector<std::string> readable; ///< files and directories, with all that is in them
    /// Files that are written or replaced, and directories that are filled: both may be missing
    /// yet. Where a file is to be made, all of its directory is writable.
    std::vector<std::string> writable;
    bool connects = true;                  ///< over TCP; else to the port of DNS alone
    std::vector<std::uint16_t> bind_ports; ///< of TCP; 0: one of the kernel's choice

    bool operator==(const SandboxPlan&) const = default;
};

/// A part of the sandbox, and whether this kernel has it.
struct SandboxPart {
    std::string_view name;
    bool present;
};

/// Files (landlock(7) since Linux 5.13), TCP (6.7), signals (6.12), and system calls (seccomp(2)).
std::vector<SandboxPart> sandbox_parts();

/// Gives up for good, for this process, as far as the kernel can refuse it: all files but those of
/// the plan and those that names, TLS and our own descriptors 0 to 2 want; programs; signals to
/// others; TCP beyond the plan; system calls that no socket needs (io_uring, namespaces, modules,
/// BPF, keys, ownership of files, …). What is open stays open. A refusal is EACCES or EPERM.
/// What other processes have open cannot be seen any more, either.
/// Call before threads are started. Does nothing without a plan. Errors: a part is required and
/// this kernel lacks it (Domain::Unsupported); prctl(2).
Result<> enter_sandbox(const std::optional<SandboxPlan>& plan);

} // namespace sockit
