#pragma once

#include "diag/socket_query.h"
#include "sock/socket_info.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// Many sockets in little memory (about 40 bytes for a connection of which nothing more was asked),
/// in the order in which they were added. What comes out equals what went in.
class PackedSockets {
public:
    /// Where a socket was put; valid until clear().
    struct Place {
        std::uint32_t block = 0;
        std::uint32_t offset = 0;
    };

    Place add(const SocketInfo& info);
    /// Decodes it into `info`, every member of which is set anew.
    void get(Place place, SocketInfo& info) const;
    /// Visits all of them, each decoded into `info`; the visitor's false ends it.
    void for_each(SocketInfo& info, const SocketVisitor& visit) const;
    [[nodiscard]] std::size_t size() const { return m_size; }
    void clear();

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t used = 0;
        std::size_t size = 0;
    };

    std::vector<Block> m_blocks;
    std::vector<std::string_view> m_words; ///< names that live for ever: stored as their index
    std::vector<std::shared_ptr<const NetnsTag>> m_namespaces;
    std::string m_row; ///< encoded here first
    std::size_t m_size = 0;
};

} // namespace sockit
