#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <vector>

namespace sockit {

/// Inodes of sockets, as an open-addressing table: a look-up for every descriptor of the machine
/// goes through it. 0 is no inode and never in it. The kernel numbers sockets with 32 bits
/// (get_next_ino(), fs/inode.c); longer numbers, from files, are kept apart.
class InodeSet {
public:
    InodeSet() = default;
    InodeSet(std::initializer_list<std::uint64_t> inodes)
    {
        for (const auto inode : inodes)
            insert(inode);
    }

    void insert(std::uint64_t inode)
    {
        if (inode == 0)
            return;
        if (is_long(inode)) {
            m_long.insert(inode);
            return;
        }
        if ((m_size + 1) * 8 > m_table.size() * 7)
            grow();
        const auto number = static_cast<std::uint32_t>(inode);
        auto& place = m_table[find(number)];
        m_size += place == 0 ? 1 : 0;
        place = number;
    }

    [[nodiscard]] bool contains(std::uint64_t inode) const
    {
        if (inode == 0 || is_long(inode))
            return m_long.contains(inode);
        return m_size > 0 && m_table[find(static_cast<std::uint32_t>(inode))] == inode;
    }

    void for_each(const auto& visit) const
    {
        for (const auto inode : m_table)
            if (inode != 0)
                visit(std::uint64_t{inode});
        for (const auto inode : m_long)
            visit(inode);
    }

    [[nodiscard]] std::size_t size() const { return m_size + m_long.size(); }

private:
    static bool is_long(std::uint64_t inode) { return inode >> 32U != 0; }

    /// Where it is, or the free place where it belongs.
    [[nodiscard]] std::size_t find(std::uint32_t inode) const
    {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15; // Fibonacci hashing
        const std::size_t mask = m_table.size() - 1;
        auto at = static_cast<std::size_t>((inode * golden_ratio) >> 32U) & mask;
        while (m_table[at] != 0 && m_table[at] != inode)
            at = (at + 1) & mask;
        return at;
    }

    void grow()
    {
        constexpr std::size_t first_size = 64;
        std::vector<std::uint32_t> old(m_table.empty() ? first_size : m_table.size() * 2);
        old.swap(m_table);
        for (const auto inode : old)
            if (inode != 0)
                m_table[find(inode)] = inode;
    }

    std::vector<std::uint32_t> m_table; ///< its size is a power of two
    std::size_t m_size = 0;             ///< of the table's
    std::set<std::uint64_t> m_long;
};

} // namespace sockit
