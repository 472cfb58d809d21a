#pragma once

#include "report/saved_values.h"
#include "sock/socket_info.h"

#include <string_view>

namespace sockit {

/// The record of a socket, read back: what add_socket() wrote. Members that are not there or null
/// are not known; keys of later versions are passed over.
class SavedSocketRow {
public:
    SavedSocketRow(const Fields& fields, SocketInfo& info, const NameKeeper& keep)
        : m_fields(fields), m_values(fields), m_info(info), m_keep(keep)
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
    bool netns(std::size_t token);
    bool inet_options(std::size_t token);
    bool upper_protocol(std::size_t token);
    template <auto Field>
    bool number_of(std::size_t token);
    bool v6only(std::size_t token);

    const Fields& m_fields;
    SavedValues m_values;
    SocketInfo& m_info;
    const NameKeeper& m_keep;
    bool m_has_state = false;
    bool m_has_local = false;
};

} // namespace sockit
