#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>

namespace sockit {

/// What goes one way over a connection, as lines of 16 bytes: `> 00000000  68 69 0a … |hi.|`,
/// at most 79 columns.
class HexDump {
public:
    /// `mark`: '>' for what is sent, '<' for what comes.
    HexDump(FdRef output, char mark) : m_output(output), m_mark(mark) {}

    /// Each call begins a line of its own. Errors: the output takes no more.
    Result<> add(std::span<const std::byte> bytes);

private:
    FdRef m_output;
    char m_mark;
    std::uint64_t m_offset = 0;
};

} // namespace sockit
