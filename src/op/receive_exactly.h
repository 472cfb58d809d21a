#pragma once

#include "sock/io.h"
#include "sock/socket.h"

#include <functional>
#include <string_view>

namespace sockit {

/// Shows `take` what has arrived and takes from the socket exactly so many bytes as it says are its
/// own: what follows stays for whoever reads next. Errors: those of recv(2), and of `take`, after
/// which nothing of this call was taken. `subject` is the peer in errors.
Result<Transfer> receive_exactly(const Socket& socket, std::string_view subject,
                                 const std::function<Result<std::size_t>(std::string_view)>& take);

} // namespace sockit
