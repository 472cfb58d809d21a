#pragma once

#include "support/run.h"

#include <filesystem>

namespace sockit::test {

/// A directory to be laid out like /proc.
class ProcRoot {
public:
    ProcRoot() { make_directory(""); }

    [[nodiscard]] std::string path() const { return m_directory.path("proc"); }
    [[nodiscard]] std::string path(std::string_view name) const
    {
        return path() + "/" + std::string(name);
    }
    void make_directory(std::string_view name) const
    {
        std::filesystem::create_directories(path(name));
    }
    void write(std::string_view name, std::string_view text) const
    {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        write_file(path(name), text);
    }
    /// PID/fd/FD, a link to `to`: "socket:[4711]".
    void link(std::string_view name, std::string_view to) const
    {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::filesystem::create_symlink(to, path(name));
    }

private:
    TemporaryDirectory m_directory;
};

} // namespace sockit::test
