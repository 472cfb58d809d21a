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

/// nginx with one HTTP server, whose configuration is given, on 127.0.0.1:port.
class Nginx {
public:
    /// `listen_options`: "ssl", "proxy_protocol"; `server`: what stands in `server { }` besides.
    Nginx(std::uint16_t port, const std::string& listen_options, const std::string& server);

private:
    TemporaryDirectory m_directory;
    std::optional<Service> m_service;
};

} // namespace sockit::test
