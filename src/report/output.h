#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// Buffered text on a borrowed descriptor, written whole even where it is non-blocking. The first
/// failure is kept, and everything after it dropped.
class Output {
public:
    /// `subject` names the descriptor in errors: "stdout".
    Output(FdRef fd, std::string subject) : m_fd(fd), m_subject(std::move(subject)) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view text);
    void flush();
    [[nodiscard]] bool failed() const { return m_failure.has_value(); }
    [[nodiscard]] const std::optional<Error>& failure() const { return m_failure; }

private:
    FdRef m_fd;
    std::string m_subject;
    std::string m_buffer;
    std::optional<Error> m_failure;
};

} // namespace sockit
