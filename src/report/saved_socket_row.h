#pragma once

#include "report/fields.h"
#include "sock/socket_info.h"

#include <functional>
#include <string>
#include <string_view>

namespace sockit {

/// Gives a name that stays valid; empty where it cannot be kept.
using NameKeeper = std::function<std::string_view(std::string_view)>;

/// The record of a socket, read back: what add_socket() wrote. Members that are not there or null
/// are not known; keys of later versions are passed over.
class SavedSocketRow {
public:
    SavedSocketRow(const Fields& fields, SocketInfo& info, const NameKeeper& keep)
        : m_fields(fields), m_info(info), m_keep(keep)
    {}

    /// False where a member that every socket has is missing, or one is not what it should be.
    bool read();

private:
    using Reader = bool (SavedSocketRow::*)(std::size_t);
    struct Member {
        std::string_view key;
        Reader read;
    };

    static Reader reader_of(std::string_view key);
    /// Calls `visit(key, token)` for each member of the object at `begin`, up to `end`; its false
    /// is passed on.
    bool each(std::size_t begin, std::size_t end,
              const std::function<bool(std::string_view, std::size_t)>& visit) const;
    bool each_of(std::size_t object,
                 const std::function<bool(std::string_view, std::size_t)>& visit) const;
    [[nodiscard]] std::size_t after(std::size_t token) const;

    bool text(std::size_t token, std::string& out) const;
    template <class Number>
    bool number(std::size_t token, Number& out) const;
    template <class Number>
    bool number(std::size_t token, std::optional<Number>& out) const;
    bool boolean(std::size_t token, std::optional<bool>& out) const;
    bool endpoint(std::size_t token, Endpoint& out) const;
    bool owners(std::size_t token, std::optional<std::vector<SocketOwner>>& out) const;
    bool measures(std::size_t token, std::vector<TcpInfoField>& out) const;

    bool netid(std::size_t token);
    bool family(std::size_t token);
    bool state(std::size_t token);
    bool local(std::size_t token);
    bool peer(std::size_t token);
    bool cookie(std::size_t token);
    bool timer(std::size_t token);
    bool accept_queue(std::size_t token);
    bool processes(std::size_t token);
    bool processes_incomplete(std::size_t token);
    bool peer_processes(std::size_t token);
    bool shutdown(std::size_t token);
    bool cgroup(std::size_t token);
    bool interface(std::size_t token);
    bool tcp_info(std::size_t token);
    bool memory(std::size_t token);
    template <auto Field>
    bool number_of(std::size_t token);
    bool v6only(std::size_t token);

    const Fields& m_fields;
    SocketInfo& m_info;
    const NameKeeper& m_keep;
    bool m_has_state = false;
    bool m_has_local = false;
};

} // namespace sockit
