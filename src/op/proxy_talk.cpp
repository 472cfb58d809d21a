#include "op/proxy_talk.h"

#include "base/escape.h"
#include "op/receive_exactly.h"
#include "op/watched.h"

#include <cerrno>

namespace sockit {

namespace {

std::variant<Socks5Client, Socks4Client, HttpConnectClient>
client_for(const ProxyPlan& plan, const ProxyDestination& destination)
{
    switch (plan.kind) {
    case ProxyKind::Socks4:
    case ProxyKind::Socks4a: return Socks4Client(plan, destination);
    case ProxyKind::Http: return HttpConnectClient(plan, destination);
    default: return Socks5Client(plan, destination);
    }
}

Failure proxy_failed(const ProxyNames& names, int errno_value, std::string_view words)
{
    Error error = Error::from_errno(Phase::Connect, "proxy", names.url, errno_value);
    error.detail = std::string(words) + " " + escape(names.target);
    return Failure(std::move(error));
}

std::span<const std::byte> talk_bytes(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

/// The talk as far as the socket allows, again and again.
class TalkStep {
public:
    TalkStep(const Socket& socket, ProxyTalk& talk, const ProxyNames& names)
        : m_socket(socket), m_talk(talk), m_names(names)
    {}

    /// Sends and receives what can be now.
    Result<> go()
    {
        m_output += m_talk.take_output();
        if (!m_output.empty()) {
            const auto sent = TRY(send_some(m_socket.ref(), talk_bytes(m_output), m_names.url));
            m_output.erase(0, sent.bytes);
            return {};
        }
        const auto got = TRY(receive_exactly(
            m_socket, m_names.url, [&](std::string_view bytes) { return m_talk.take(bytes); }));
        if (got.end())
            return proxy_failed(m_names, ECONNABORTED,
                                "it ended the connection before it had answered the request for");
        m_output += m_talk.take_output();
        return {};
    }

    [[nodiscard]] Interest wants() const
    {
        return {.read = m_output.empty(), .write = !m_output.empty()};
    }

private:
    const Socket& m_socket;
    ProxyTalk& m_talk;
    const ProxyNames& m_names;
    std::string m_output;
};

} // namespace

ProxyTalk::ProxyTalk(const ProxyPlan& plan, const ProxyDestination& destination)
    : m_client(client_for(plan, destination))
{}

std::string ProxyTalk::take_output()
{
    return std::visit([](auto& client) { return client.take_output(); }, m_client);
}

Result<std::size_t> ProxyTalk::take(std::string_view bytes)
{
    return std::visit([&](auto& client) { return client.take(bytes); }, m_client);
}

bool ProxyTalk::done() const
{
    return std::visit([](const auto& client) { return client.done(); }, m_client);
}

const std::string& ProxyTalk::reply() const
{
    return std::visit([](const auto& client) -> const std::string& { return client.reply(); },
                      m_client);
}

Result<bool> talk_to_proxy(OpLoop& loop, const Socket& socket, ProxyTalk& talk,
                           const ProxyNames& names, const Deadline& limit)
{
    TalkStep step(socket, talk, names);
    Watched watched(loop.poller(), socket.ref(), 0);
    while (true) {
        TRY(step.go());
        if (talk.done())
            return true;
        watched.want(step.wants());
        if (watched.error())
            return Failure(*watched.error());
        TRY(loop.wait(limit));
        if (loop.stopped())
            return false;
        if (limit.passed())
            return proxy_failed(names, ETIMEDOUT, "it did not answer the request for");
    }
}

} // namespace sockit
