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

Nginx::Nginx(std::uint16_t port, const std::string& listen_options, const std::string& server)
{
    const auto configuration = m_directory.path("nginx.conf");
    write_file(configuration, R"(
daemon off;
user root root;
master_process off;
error_log stderr;
pid nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:)" + std::to_string(port) +
                                  " " + listen_options + ";\n" + server + "\n    }\n}\n");
    m_service.emplace(
        Words{"nginx", "-p", m_directory.path(""), "-c", configuration, "-e", "stderr"}, port);
}

} // namespace sockit::test
