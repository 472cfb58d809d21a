#pragma once

#include "base/result.h"
#include "sock/endpoint.h"
#include "sock/socket.h"

namespace sockit {

// The protocol between a service manager and its services, as sd_listen_fds(3) and sd_notify(3)
// describe it. Its environment variables are for one process only: what takes them removes them, so
// that no child believes itself meant.

/// Whether a listening socket was passed to this process (LISTEN_PID, LISTEN_FDS).
bool socket_was_passed();

/// The socket that was passed, as ours: close-on-exec and non-blocking. Errors (usage): none was
/// passed, more than one, or one that does not listen for streams.
Result<Socket> take_passed_socket();

/// READY=1 and a status line to NOTIFY_SOCKET; nothing without that. Errors: nobody takes it.
Result<> notify_ready(const Endpoint& local);

} // namespace sockit
