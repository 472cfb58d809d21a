#include "op/listen.h"

#include "op/child_relay.h"
#include "op/datagram_server.h"
#include "op/datagram_session.h"
#include "op/listen_many.h"
#include "op/listen_story.h"
#include "op/reception.h"
#include "op/relay_driver.h"
#include "sock/limits.h"

#include <utility>

#include <unistd.h>

namespace sockit {

namespace {

constexpr std::uint64_t door_token = 0;

class ListenRun {
public:
    ListenRun(const ListenPlan& plan, const Emit& emit)
        : m_plan(plan), m_emit(emit), m_child(plan.child)
    {}

    ListenEnd run();

private:
    Result<Acceptor> open();
    Result<> serve_peers(Acceptor& acceptor);
    Result<> serve_one(Acceptor& acceptor);
    Result<std::optional<PeerAccepted>> wait_for_one(Acceptor& acceptor, Socket& socket);
    Result<> serve(Socket socket, const PeerAccepted& accepted, ListenClosed& story);
    Result<> relay(Channel& channel, ListenClosed& story);
    Result<> run_child(Channel channel, ListenClosed& story);
    Result<> run_child_over_tls(Channel channel, ListenClosed& story);
    Result<> exchange_messages(const Socket& socket, ListenClosed& story);

    const ListenPlan& m_plan;
    const Emit& m_emit;
    ChildPlan m_child;
    std::optional<OpLoop> m_loop;
    std::optional<TlsContext> m_tls;
    bool m_output_open = true;
    ListenSummary m_summary;
    ListenEnd m_end;
};

ListenEnd ListenRun::run()
{
    if (auto acceptor = open()) {
        const auto served = serve_peers(*acceptor);
        if (!served)
            m_end.error = served.error();
    } else {
        m_end.error = acceptor.error();
        m_emit(Failed{acceptor.error()});
    }
    if (m_loop) {
        m_summary.stopped_by = m_loop->stopped_by();
        m_end.signal = m_loop->signal();
    }
    m_summary.error = m_end.error;
    m_emit(m_summary);
    return std::move(m_end);
}

Result<Acceptor> ListenRun::open()
{
    if (m_plan.tls)
        m_tls = TRY(TlsContext::server(*m_plan.tls));
    m_child.descriptors = raise_descriptor_limit();
    m_loop = TRY(OpLoop::open(m_plan.deadline));
    auto acceptor = TRY(Acceptor::open(m_plan.listener));
    TRY(enter_sandbox(m_plan.sandbox));
    m_output_open = TRY(acceptor.announce(m_emit));
    return acceptor;
}

Result<> ListenRun::serve_peers(Acceptor& acceptor)
{
    if (!m_output_open)
        return {}; // nobody would learn of what happens
    if (acceptor.socket().type() == SOCK_DGRAM)
        return serve_datagrams(*m_loop, acceptor,
                               {.keep_open = m_plan.keep_open,
                                .accept_timeout = m_plan.accept_timeout,
                                .max_peers = m_plan.listener.max_connections,
                                .access = m_plan.listener.access,
                                .relay = m_plan.relay,
                                .framing = m_plan.framing},
                               m_plan.payload, m_emit, m_summary);
    return m_plan.keep_open
               ? serve_many(*m_loop, acceptor, m_plan, m_child, m_tls, m_emit, m_summary)
               : serve_one(acceptor);
}

Result<> ListenRun::serve_one(Acceptor& acceptor)
{
    Socket socket;
    const auto accepted = TRY(wait_for_one(acceptor, socket));
    if (!accepted)
        return {};
    m_summary.accepted = 1;
    const auto since = Clock::now();
    ListenClosed story;
    story.id = accepted->id;
    story.peer = accepted->peer;
    story.local = accepted->local;
    if (!m_child.wanted())
        story.traffic = no_traffic();
    auto served = serve(std::move(socket), *accepted, story);
    if (!served)
        story.error = served.error();
    story.duration = Clock::now() - since;
    tell_closed(story, m_emit, m_summary);
    m_end.child_status = story.child_status;
    return served;
}

/// Nothing when the loop was stopped. Whatever happens, the listener is closed then.
Result<std::optional<PeerAccepted>> ListenRun::wait_for_one(Acceptor& acceptor, Socket& socket)
{
    Admission door(m_loop->poller(), acceptor, door_token, std::nullopt, m_plan.listener.access,
                   m_emit);
    const auto limit = Deadline::after(m_plan.accept_timeout);
    while (true) {
        TRY(door.update());
        TRY(m_loop->wait(sooner(limit, door.retry())));
        if (m_loop->stopped())
            return std::optional<PeerAccepted>();
        auto accepted = TRY(door.next(socket));
        m_summary.denied = door.denied();
        if (accepted)
            return accepted;
        if (limit.passed())
            return Failure(nobody_came(acceptor.local()));
    }
}

Result<> ListenRun::serve(Socket socket, const PeerAccepted& accepted, ListenClosed& story)
{
    Reception reception(std::move(socket), accepted, m_plan, m_tls, m_emit);
    auto received = receive_guest(*m_loop, reception);
    reception.tell();
    if (!received)
        story.tls = reception.tls_facts();
    auto channel = TRY(std::move(received));
    if (!channel)
        return {};
    story.peer = reception.guest().peer;
    story.proxy = reception.guest().proxy;
    story.tls = channel->tls_facts();
    if (story.tls)
        m_emit(TlsEstablished{.connection = story.id, .facts = *story.tls});
    if (m_child.wanted())
        return run_child(*std::move(channel), story);
    return channel->socket().type() == SOCK_SEQPACKET ? exchange_messages(channel->socket(), story)
                                                      : relay(*channel, story);
}

Result<> ListenRun::relay(Channel& channel, ListenClosed& story)
{
    const auto destinations = TRY(Destinations::open(m_plan.payload, m_emit));
    auto destination = TRY(destinations.make_for(story.id, story.peer));
    story.file = destination.path();
    const auto outcome = run_relay(*m_loop, channel, Stream({STDIN_FILENO}, "stdin"), destination,
                                   m_plan.relay, m_emit);
    story.traffic = outcome.traffic;
    story.tls = channel.tls_facts();
    story.payload = destination.take_kept();
    if (outcome.error)
        return Failure(*outcome.error);
    return {};
}

Result<> ListenRun::exchange_messages(const Socket& socket, ListenClosed& story)
{
    const auto destinations = TRY(Destinations::open(m_plan.payload, m_emit));
    const DatagramPlan plan{
        .relay = m_plan.relay, .framing = m_plan.framing, .answer_timeout = {}, .id = story.id};
    auto outcome =
        DatagramSession(*m_loop, socket, story.peer, Stream({STDIN_FILENO}, "stdin"),
                        DatagramOutput(m_plan.payload, destinations, m_emit), plan, m_emit)
            .run();
    story.traffic = outcome.traffic;
    story.payload = std::move(outcome.payload);
    if (outcome.error)
        return Failure(*outcome.error);
    return {};
}

Result<> ListenRun::run_child(Channel channel, ListenClosed& story)
{
    if (!channel.plain())
        return run_child_over_tls(std::move(channel), story);
    auto child = TRY(Child::start(m_child, channel.take_socket(), story.local, story.peer));
    story.child_status = TRY(child.wait(*m_loop));
    warn_of_status(m_child, story.child_status.value_or(0), m_emit);
    return {};
}

Result<> ListenRun::run_child_over_tls(Channel channel, ListenClosed& story)
{
    const auto relay = TRY(ChildRelay::start(m_loop->poller(), 0, m_child, std::move(channel),
                                             story.local, story.peer));
    const auto ran = run_child_relay(*m_loop, *relay);
    story.child_status = relay->status();
    story.traffic = relay->traffic();
    story.tls = relay->tls_facts();
    warn_of_status(m_child, story.child_status.value_or(0), m_emit);
    TRY(ran);
    if (relay->error())
        return Failure(*relay->error());
    return {};
}

} // namespace

namespace op {

ListenEnd listen(const ListenPlan& plan, const Emit& emit) { return ListenRun(plan, emit).run(); }

} // namespace op

} // namespace sockit
