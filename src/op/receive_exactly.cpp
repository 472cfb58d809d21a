#include "op/receive_exactly.h"

#include <array>
#include <cerrno>

namespace sockit {

Result<Transfer> receive_exactly(const Socket& socket, std::string_view subject,
                                 const std::function<Result<std::size_t>(std::string_view)>& take)
{
    std::array<char, 4096> bytes{};
    const auto receive = [&](std::size_t count, int flags) {
        ssize_t got = 0;
        do
            got = ::recv(socket.ref().value, bytes.data(), count, flags | MSG_DONTWAIT);
        while (got < 0 && errno == EINTR);
        return got;
    };
    const auto waiting = receive(bytes.size(), MSG_PEEK);
    if (waiting == 0)
        return Transfer{.kind = Transfer::Kind::End};
    if (waiting < 0 && errno == EAGAIN)
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    if (waiting < 0)
        return Failure(Error::from_errno(Phase::Receive, "recv", subject, errno));
    const auto own = TRY(take(std::string_view(bytes.data(), static_cast<std::size_t>(waiting))));
    // It is there already: nothing but a reset can come between.
    if (own > 0 && receive(own, 0) < 0)
        return Failure(Error::from_errno(Phase::Receive, "recv", subject, errno));
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = own};
}

} // namespace sockit
