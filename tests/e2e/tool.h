#pragma once

#include "peer.h"
#include "support/run.h"

#include <optional>
#include <ostream>
#include <string>

namespace sockit::test {

enum class Role { Client, Server };

inline void PrintTo(Role role, std::ostream* stream)
{
    *stream << (role == Role::Client ? "connect" : "listen");
}

inline std::string role_name(Role role) { return role == Role::Client ? "connect" : "listen"; }

/// `sockit connect` or `sockit listen` with a peer of ours at the other end of its connection.
class Tool {
public:
    explicit Tool(Role role, Words options = {}, Surroundings surroundings = {},
                  PeerListener::Kind kind = PeerListener::Kind::Inet)
    {
        using Kind = PeerListener::Kind;
        const auto path = m_directory.path("socket");
        if (role == Role::Client) {
            const PeerListener listener(kind, path);
            Words words{sockit_binary(), "connect"};
            words.insert(words.end(), options.begin(), options.end());
            words.push_back(listener.endpoint());
            m_client.emplace(words, std::move(surroundings));
            m_peer.emplace(listener.accept());
        } else {
            options.insert(options.begin(), "listen");
            options.push_back(kind == Kind::Inet    ? "127.0.0.1:0"
                              : kind == Kind::Inet6 ? "[::1]:0"
                                                    : "unix:" + path);
            m_server.emplace(options, std::move(surroundings));
            m_peer.emplace(Peer::connect_to(m_server->endpoint()));
        }
    }

    Peer& peer() { return *m_peer; }
    Running& process() { return m_client ? *m_client : *m_server->operator->(); }
    Outcome wait() { return process().wait(); }

private:
    TemporaryDirectory m_directory;
    std::optional<Running> m_client;
    std::optional<Server> m_server;
    std::optional<Peer> m_peer;
};

} // namespace sockit::test
