#pragma once

#include "base/fd.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include <netinet/in.h>

namespace sockit::test {

/// 127.0.0.1 with that port.
sockaddr_in loopback(std::uint16_t port);

/// A blocking TCP connection to 127.0.0.1:port; reading and writing give up after 10 s. Invalid,
/// and the test failed, where there is none.
Fd connect_to(std::uint16_t port);

/// Sends all of it; false when the connection takes no more.
bool send_bytes(const Fd& socket, std::string_view bytes);
/// What comes: `count` bytes, or fewer when the stream ends, breaks or is silent for 10 s before.
std::string receive_bytes(const Fd& socket, std::size_t count);
/// Closes it so that the peer sees a reset.
void reset(Fd& socket);

/// A server of our own on 127.0.0.1 that does what `serve` does with each connection, one after the
/// other, in a thread of its own until the end of its life.
class ScriptedServer {
public:
    explicit ScriptedServer(std::function<void(Fd&)> serve);
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer();

    [[nodiscard]] std::string endpoint() const;

private:
    Fd m_listener;
    Fd m_stop;
    std::uint16_t m_port = 0;
    std::thread m_thread;
};

} // namespace sockit::test
