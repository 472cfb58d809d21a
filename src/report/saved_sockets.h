#pragma once

#include "event/saved.h"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace sockit {

class Fields;

/// Reads what `stat --save` wrote, which is what `--jsonl` prints: one record a line, the sockets
/// in those of type "socket". Lines that are no record of it are skipped and counted; keys and
/// types of later versions are passed over. Call it as a SavedReader.
class SavedSockets {
public:
    Result<> operator()(const std::string& path, SocketInfo& info,
                        const std::function<bool(const SocketInfo&)>& visit, SavedFacts& facts);

    /// The record of a socket, as add_socket() writes it. False where a member that every socket
    /// has is missing, or is not what it should be.
    bool read_socket(const Fields& fields, SocketInfo& info);

private:
    /// Names outlive the records they came in. Files have few, of letters and digits: others are
    /// dropped, and so are those beyond a thousand.
    std::string_view keep(std::string_view name);

    std::set<std::string, std::less<>> m_names;
};

} // namespace sockit
