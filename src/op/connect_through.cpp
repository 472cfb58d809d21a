#include "op/connect_through.h"

#include "base/escape.h"
#include "op/proxy_talk.h"
#include "op/resolve_in_loop.h"

#include <utility>

namespace sockit {

namespace {

class Passage {
public:
    Passage(OpLoop& loop, const ProxyPlan& proxy, const Target& target, const SocketPlan& plan,
            const Deadline& limit, const Emit& emit, ProxyFacts& facts)
        : m_loop(loop), m_proxy(proxy), m_target(target), m_plan(plan), m_limit(limit),
          m_emit(emit), m_facts(facts)
    {}

    Result<std::optional<ThroughProxy>> run();

private:
    Result<std::vector<ProxyDestination>> destinations();
    Result<std::optional<ThroughProxy>> ask_for(const ProxyDestination& destination);
    Result<std::optional<Connection>> reach_proxy();
    [[nodiscard]] Failure of_proxy_itself(Error error) const;

    OpLoop& m_loop;
    const ProxyPlan& m_proxy;
    const Target& m_target;
    const SocketPlan& m_plan;
    const Deadline& m_limit;
    const Emit& m_emit;
    ProxyFacts& m_facts;
    std::vector<Endpoint> m_proxies;
};

Result<std::optional<ThroughProxy>> Passage::run()
{
    m_facts.url = m_proxy.url;
    const auto asked_for = TRY(destinations());
    auto proxies = resolve_in_loop(m_loop, m_proxy.server, m_plan.family, m_limit);
    if (!proxies)
        return of_proxy_itself(proxies.error());
    m_proxies = *std::move(proxies);
    Result<std::optional<ThroughProxy>> passed;
    for (const auto& destination : asked_for) {
        if (m_loop.stopped())
            return std::optional<ThroughProxy>();
        passed = ask_for(destination);
        // Only what it says of a target may be different for the next one.
        if (passed || !m_facts.reply)
            break;
    }
    return passed;
}

/// What the proxy is to be asked for, one after the other; nothing when the loop was stopped.
Result<std::vector<ProxyDestination>> Passage::destinations()
{
    if (!m_target.endpoint && !resolves_here(m_proxy.kind))
        return std::vector{
            ProxyDestination{.host = m_target.host, .endpoint = {}, .port = m_target.port}};
    const bool only_v4 = m_proxy.kind == ProxyKind::Socks4 && m_plan.family == AddressFamily::Any;
    const auto endpoints = TRY(
        resolve_in_loop(m_loop, m_target, only_v4 ? AddressFamily::Inet : m_plan.family, m_limit));
    std::vector<ProxyDestination> all;
    if (endpoints.empty())
        return all;
    for (const auto& endpoint : interleave_families(endpoints))
        all.push_back({.host = {},
                       .endpoint = endpoint,
                       .port = static_cast<std::uint16_t>(endpoint.port())});
    return all;
}

Result<std::optional<ThroughProxy>> Passage::ask_for(const ProxyDestination& destination)
{
    auto connection = TRY(reach_proxy());
    if (!connection)
        return std::optional<ThroughProxy>();
    m_facts.endpoint = connection->peer;
    m_facts.reply.reset();
    const auto begin = Clock::now();
    ProxyTalk talk(m_proxy, destination);
    const auto talked = talk_to_proxy(m_loop, connection->socket, talk,
                                      {.url = m_proxy.url, .target = destination.text()}, m_limit);
    if (!talk.reply().empty())
        m_facts.reply = talk.reply();
    if (destination.endpoint && m_facts.reply)
        m_emit(ConnectAttempt{.endpoint = *destination.endpoint,
                              .duration = Clock::now() - begin,
                              .error = talked ? std::nullopt : std::optional(talked.error())});
    if (!TRY(talked))
        return std::optional<ThroughProxy>();
    return ThroughProxy{.connection = *std::move(connection), .destination = destination};
}

Result<std::optional<Connection>> Passage::reach_proxy()
{
    const auto transport =
        m_target.transport == Transport::Mptcp ? Transport::Mptcp : Transport::Tcp;
    auto connection = race_to_connect(m_loop, transport, m_proxies, m_plan, m_limit, m_emit);
    if (!connection)
        return of_proxy_itself(connection.error());
    return connection;
}

Failure Passage::of_proxy_itself(Error error) const
{
    error.detail += std::string(error.detail.empty() ? "" : ": ") + "this is the proxy, not " +
                    escape(m_target.text);
    return Failure(std::move(error));
}

} // namespace

Result<std::optional<ThroughProxy>> connect_through(OpLoop& loop, const ProxyPlan& proxy,
                                                    const Target& target, const SocketPlan& plan,
                                                    const Deadline& limit, const Emit& emit,
                                                    ProxyFacts& facts)
{
    return Passage(loop, proxy, target, plan, limit, emit, facts).run();
}

} // namespace sockit
