#include "support/terminal.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace sockit::test {

Terminal::Terminal() : far(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC))
{
    EXPECT_EQ(::grantpt(far.get()), 0);
    EXPECT_EQ(::unlockpt(far.get()), 0);
    near = Fd(::open(::ptsname(far.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
}

std::string Terminal::wait_for(std::string_view text) const
{
    constexpr int patience_ms = 10'000;
    std::string seen;
    while (seen.find(text) == std::string::npos) {
        pollfd waiting{.fd = far.get(), .events = POLLIN, .revents = 0};
        std::array<char, 4096> buffer{};
        const auto came = ::poll(&waiting, 1, patience_ms) == 1
                              ? ::read(far.get(), buffer.data(), buffer.size())
                              : -1;
        if (came <= 0) {
            ADD_FAILURE() << "waited for " << text << ", got " << seen;
            break;
        }
        seen.append(buffer.data(), static_cast<std::size_t>(came));
    }
    return seen;
}

} // namespace sockit::test
