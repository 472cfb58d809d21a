#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace sockit {

/// The last sockets of a dump, to know one that comes again. The kernel goes on within a bucket of
/// its hash table by counting; whatever was put in front meanwhile makes it tell of some sockets
/// twice, one soon after the other (net/ipv4/inet_diag.c, inet_diag_dump_icsk).
class RecentCookies {
public:
    /// Whether it is among the last; it is from now on.
    bool contains_or_add(std::uint64_t cookie)
    {
        if (std::ranges::find(m_cookies, cookie) != m_cookies.end())
            return true;
        m_cookies[m_next] = cookie;
        m_next = (m_next + 1) % m_cookies.size();
        return false;
    }

private:
    static constexpr std::size_t count = 64;
    std::array<std::uint64_t, count> m_cookies{}; ///< 0 is nobody's
    std::size_t m_next = 0;
};

} // namespace sockit
