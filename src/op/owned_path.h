#pragma once

#include <string>
#include <utility>

#include <sys/types.h>

namespace sockit {

/// A path of the file system that we made and remove at the end of our life, unless someone
/// replaced it.
class OwnedPath {
public:
    OwnedPath() = default;
    /// Remembers which file stands there now.
    explicit OwnedPath(std::string path);
    OwnedPath(OwnedPath&& other) noexcept
        : m_path(std::exchange(other.m_path, {})), m_device(other.m_device), m_inode(other.m_inode)
    {}
    OwnedPath& operator=(OwnedPath&& other) noexcept;
    OwnedPath(const OwnedPath&) = delete;
    OwnedPath& operator=(const OwnedPath&) = delete;
    ~OwnedPath() { remove(); }

    void remove();

private:
    std::string m_path;
    dev_t m_device = 0;
    ino_t m_inode = 0;
};

} // namespace sockit
