#pragma once

#include "diag/packed_sockets.h"
#include "event/stat.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace sockit {

/// The sockets of one moment, to be compared with those of another.
class Snapshot {
public:
    void add(const SocketInfo& info);
    void clear();
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    /// The socket at `index`, in the order in which they were added.
    void get(std::size_t index, SocketInfo& info) const;

    struct Difference {
        SocketChange change = SocketChange::Opened;
        std::optional<std::size_t> before; ///< index in the earlier one: Closed, Replaced
        std::optional<std::size_t> after;  ///< in the later one: Opened, Replaced
    };

    /// A socket that is in both: `visit(before, after)`.
    using Pair = std::function<void(std::size_t, std::size_t)>;

    /// What became of `before` by `after`: what closed, then what was opened or replaced, each in
    /// its own order. Sockets are told by their cookie; where one of the two has none of them, as
    /// from /proc, by their inode; without either, by their addresses.
    static std::vector<Difference> compare(const Snapshot& before, const Snapshot& after,
                                           const Pair& stays = {});

private:
    struct Entry {
        PackedSockets::Place place;
        std::uint64_t cookie = 0; ///< 0: not known
        std::uint64_t inode = 0;
        std::uint64_t addresses = 0; ///< a hash of where it is
        bool placed = false;         ///< only one socket can be there at a time
    };
    struct Identity {
        std::uint64_t id = 0;
        std::size_t index = 0;
    };

    [[nodiscard]] std::vector<Identity> identities(bool by_cookie) const;

    PackedSockets m_sockets;
    std::vector<Entry> m_entries;
    bool m_has_cookies = false;
};

} // namespace sockit
