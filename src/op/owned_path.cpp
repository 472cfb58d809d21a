#include "op/owned_path.h"

#include <sys/stat.h>
#include <unistd.h>

namespace sockit {

OwnedPath::OwnedPath(std::string path) : m_path(std::move(path))
{
    struct stat status{};
    if (::lstat(m_path.c_str(), &status) == 0) {
        m_device = status.st_dev;
        m_inode = status.st_ino;
    }
}

OwnedPath& OwnedPath::operator=(OwnedPath&& other) noexcept
{
    if (this != &other) {
        remove();
        m_path = std::exchange(other.m_path, {});
        m_device = other.m_device;
        m_inode = other.m_inode;
    }
    return *this;
}

void OwnedPath::remove()
{
    struct stat status{};
    if (!m_path.empty() && ::lstat(m_path.c_str(), &status) == 0 && status.st_dev == m_device &&
        status.st_ino == m_inode)
        ::unlink(m_path.c_str());
    m_path.clear();
}

} // namespace sockit
