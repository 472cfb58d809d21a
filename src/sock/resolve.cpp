#include "sock/resolve.h"

#include "sock/socket.h"

#include <algorithm>
#include <mutex>

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace sockit {

struct ResolveJob::Shared {
    std::string host;
    std::string text;
    std::uint16_t port = 0;
    int family = AF_UNSPEC;
    Fd ready;
    std::mutex mutex;
    std::optional<Result<std::vector<Endpoint>>> answer;
};

namespace {

int native(AddressFamily family)
{
    switch (family) {
    case AddressFamily::Inet: return AF_INET;
    case AddressFamily::Inet6: return AF_INET6;
    case AddressFamily::Any: break;
    }
    return AF_UNSPEC;
}

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_ours(const Endpoint& address)
{
    const auto socket = Socket::open(address.family(), SOCK_DGRAM);
    return socket && socket->bind(address);
}

/// localhost means both loopback addresses (RFC 6761, section 6.3), though many a hosts file names
/// only one. One that this network does not have is left out.
void add_other_loopback(std::vector<Endpoint>& endpoints, std::uint16_t port)
{
    for (auto loopback : {Endpoint::inet6(in6addr_loopback, 0),
                          Endpoint::inet({.s_addr = htonl(INADDR_LOOPBACK)}, 0)}) {
        const auto has = [&](const Endpoint& one) { return one.family() == loopback.family(); };
        if (std::ranges::any_of(endpoints, has) || !is_ours(loopback))
            continue;
        loopback.set_port(port);
        endpoints.push_back(loopback);
    }
}

Result<std::vector<Endpoint>> ask(const std::string& host, const std::string& text,
                                  std::uint16_t port, int family)
{
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM; // one entry an address, whatever the transport
    // Without AI_ADDRCONFIG: a host whose only IPv6 address is ::1 must still reach a v6-only
    // service there.
    hints.ai_flags = is_ascii(host) ? 0 : AI_IDN;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const int reason = errno;
    if (code != 0)
        return Failure(Error::from_resolver(text, code, reason));
    std::vector<Endpoint> endpoints;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        auto endpoint = Endpoint::from_sockaddr(entry->ai_addr, entry->ai_addrlen);
        endpoint.set_port(port);
        if (std::ranges::find(endpoints, endpoint) == endpoints.end())
            endpoints.push_back(endpoint);
    }
    freeaddrinfo(list);
    if (host == "localhost" && family == AF_UNSPEC)
        add_other_loopback(endpoints, port);
    return endpoints;
}

} // namespace

Result<ResolveJob> ResolveJob::start(const Target& target, AddressFamily family)
{
    auto shared = std::make_shared<Shared>();
    shared->host = target.host;
    shared->text = target.text;
    shared->port = target.port;
    shared->family = native(family);
    shared->ready = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!shared->ready.valid())
        return Failure(Error::from_errno(Phase::Resolve, "eventfd", target.text, errno));

    // pthread_create, not std::thread: the latter throws when no thread can be had.
    auto* handle = new std::shared_ptr<Shared>(shared);
    const auto run = [](void* argument) -> void* {
        const std::unique_ptr<std::shared_ptr<Shared>> owned(
            static_cast<std::shared_ptr<Shared>*>(argument));
        Shared& job = **owned;
        auto answer = ask(job.host, job.text, job.port, job.family);
        {
            const std::scoped_lock lock(job.mutex);
            job.answer = std::move(answer);
        }
        eventfd_write(job.ready.get(), 1);
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    constexpr std::size_t stack = 512UL * 1024; // NSS modules are fed by buffers on the heap
    pthread_attr_setstacksize(&attributes, stack);
    pthread_t thread{};
    const int failed = pthread_create(&thread, &attributes, run, handle);
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        delete handle;
        return Failure(Error::from_errno(Phase::Resolve, "pthread_create", target.text, failed));
    }
    return ResolveJob(std::move(shared));
}

FdRef ResolveJob::ready_fd() const { return m_shared->ready.ref(); }

std::optional<Result<std::vector<Endpoint>>> ResolveJob::take() const
{
    const std::scoped_lock lock(m_shared->mutex);
    return m_shared->answer;
}

std::optional<Result<std::vector<Endpoint>>> known_endpoints(const Target& target,
                                                             AddressFamily family)
{
    using Endpoints = std::vector<Endpoint>;
    if (target.endpoint) {
        const int wanted = native(family);
        if (target.endpoint->is_inet() && wanted != AF_UNSPEC &&
            wanted != target.endpoint->family())
            return Failure(Error::from_resolver(target.text, EAI_ADDRFAMILY));
        return Endpoints{*target.endpoint};
    }
    if (!target.any_address)
        return std::nullopt;
    if (family == AddressFamily::Inet)
        return Endpoints{Endpoint::inet({.s_addr = htonl(INADDR_ANY)}, target.port)};
    return Endpoints{Endpoint::inet6(in6addr_any, target.port)};
}

Error resolve_timed_out(const Target& target)
{
    return Error::from_errno(Phase::Resolve, "resolve", target.text, ETIMEDOUT);
}

Result<std::vector<Endpoint>> resolve(const Target& target, AddressFamily family,
                                      const Deadline& deadline)
{
    if (auto known = known_endpoints(target, family))
        return *std::move(known);
    const auto job = TRY(ResolveJob::start(target, family));
    while (true) {
        if (auto answer = job.take())
            return *std::move(answer);
        if (deadline.passed())
            return Failure(resolve_timed_out(target));
        pollfd waiting{.fd = job.ready_fd().value, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, deadline.poll_milliseconds());
        if (ready < 0 && errno != EINTR)
            return Failure(Error::from_errno(Phase::Resolve, "poll", target.text, errno));
    }
}

} // namespace sockit
