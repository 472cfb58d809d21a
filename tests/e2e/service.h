#pragma once

#include "support/run.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sockit::test {

/// Whether PATH, or where Debian puts servers, has that program.
bool has_program(const std::string& name);

/// A server that is not ours, in the foreground on a port of this private network; ended with this
/// object. Waited for until somebody listens on the port; fails the test where nobody does in 10 s.
class Service {
public:
    Service(const Words& words, std::uint16_t port, Surroundings surroundings = {});

    Running* operator->() { return &m_running; }

private:
    Running m_running;
};

} // namespace sockit::test
