#include "service.h"

#include <array>
#include <cstdio>
#include <fstream>

#include <poll.h>
#include <unistd.h>

namespace sockit::test {

namespace {

/// Whether a TCP socket listens on that port, as /proc/net/tcp and tcp6 tell.
bool somebody_listens(std::uint16_t port)
{
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), ":%04X", port);
    for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            constexpr std::string_view listening = " 0A ";
            const auto place = line.find(hex.data());
            const auto state = line.find(listening);
            if (place != std::string::npos && state != std::string::npos && place < state)
                return true;
        }
    }
    return false;
}

} // namespace

bool has_program(const std::string& name)
{
    for (const char* directory : {"/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/"})
        if (::access((directory + name).c_str(), X_OK) == 0)
            return true;
    return false;
}

Service::Service(const Words& words, std::uint16_t port, Surroundings surroundings)
    : m_running(words, std::move(surroundings))
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!somebody_listens(port)) {
        if (std::chrono::steady_clock::now() > end) {
            ADD_FAILURE() << words[0] << " does not listen on port " << port;
            return;
        }
        // Nothing tells when a foreign server is ready: look again, without a spin.
        constexpr int pause = 5;
        ::poll(nullptr, 0, pause);
    }
}

} // namespace sockit::test
