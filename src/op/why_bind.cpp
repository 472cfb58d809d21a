#include "op/why_bind.h"

#include "op/bind_evidence.h"
#include "op/bind_refusal.h"
#include "op/bind_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <tuple>

#include <net/if.h>
#include <sys/utsname.h>

namespace sockit {

namespace {

constexpr auto name_limit = std::chrono::seconds(10);

/// What was found out, from the socket that is to be bound to the verdict.
struct Inquiry {
    BindWish wish;
    std::vector<BindHolder> holders;
    WhyBindVerdict verdict;
};

/// Everything that bind() of a datagram socket checks before it looks for others on the port. Tries
/// the address with a port that the kernel chooses, to which nobody sends.
std::optional<Error> refuses_address(const Endpoint& endpoint, const ListenerPlan& plan)
{
    Endpoint any_port = endpoint;
    any_port.set_port(0);
    const auto datagram = open_unbound(any_port, plan);
    if (const auto bound = datagram ? datagram->socket.bind(any_port) : Result<>(); !bound) {
        Error error = bound.error();
        error.subject = endpoint.text();
        return error;
    }
    // Ports are as privileged in TCP, where a bind() for a moment disturbs nobody.
    const auto stream = Socket::open(endpoint.family(), SOCK_STREAM);
    const auto bound = stream && stream->set_option(IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND")
                           ? stream->bind(endpoint)
                           : Result<>();
    if (!bound && (bound.error().code == EACCES || bound.error().code == EPERM))
        return bound.error();
    return std::nullopt;
}

void blame(Inquiry& inquiry, const BindHolder* worst)
{
    auto& verdict = inquiry.verdict;
    if (verdict.error->code == EADDRINUSE && worst != nullptr) {
        verdict.rule = blocking_rule(*worst, inquiry.wish);
        verdict.cure = blocking_cures(*worst, inquiry.wish);
        return;
    }
    auto refusal = explain_refusal(*verdict.error, inquiry.wish);
    verdict.rule = refusal.rule.empty() ? message(*verdict.error) : std::move(refusal.rule);
    verdict.cure = std::move(refusal.cure);
}

/// Brings what the rules say and what the kernel says together; the kernel is right.
void judge(Inquiry& inquiry, const std::optional<Error>& refused)
{
    auto& verdict = inquiry.verdict;
    const auto* worst = worst_holder(inquiry.holders, inquiry.wish);
    const bool certain = worst != nullptr && clash(*worst, inquiry.wish) == BindClash::Blocks;
    const bool in_use = refused && refused->code == EADDRINUSE;
    verdict.predicted = worst == nullptr && (!refused || in_use);
    verdict.error = refused;
    if (!verdict.tried && !refused && worst != nullptr)
        verdict.error = Error::from_errno(Phase::Bind, "bind", verdict.target.text(), EADDRINUSE);
    verdict.would_bind = !verdict.error;
    if (verdict.error) {
        blame(inquiry, worst);
    } else if (certain) {
        verdict.rule = "the kernel allows it";
        verdict.notes.push_back("by the rules known here it would be refused: " +
                                blocking_rule(*worst, inquiry.wish));
    } else {
        verdict.predicted = true; // what was not known has turned out well
        verdict.rule = sharing_rule(inquiry.holders, inquiry.wish);
    }
    if (in_use && worst == nullptr)
        verdict.notes.emplace_back("by the rules known here nothing stands in the way");
}

std::string interface_name(std::uint32_t index)
{
    std::array<char, IF_NAMESIZE> name{};
    if (index == 0)
        return {};
    return ::if_indextoname(index, name.data()) != nullptr ? name.data() : std::to_string(index);
}

void tell(const Inquiry& inquiry, const Emit& emit)
{
    WhyBindSummary summary{.holders = inquiry.holders.size(),
                           .would_bind = inquiry.verdict.would_bind};
    std::size_t number = 0;
    for (const auto& holder : inquiry.holders) {
        const auto met = clash(holder, inquiry.wish);
        // A bind() that came through has met no holder that blocks.
        const bool blocks = is_in_the_way(met) && !inquiry.verdict.would_bind;
        if (blocks)
            ++summary.blocking;
        if (!emit(WhyBindHolder{.holder = holder,
                                .number = ++number,
                                .interface = interface_name(holder.interface),
                                .blocks = blocks,
                                .uncertain = blocks && met == BindClash::MayBlock}))
            break;
    }
    emit(inquiry.verdict);
    emit(summary);
}

/// Those in the way first, listeners before others, those with a process before those without.
void put_in_order(Inquiry& inquiry)
{
    const auto rank = [&](const BindHolder& holder) {
        return std::tuple(clash(holder, inquiry.wish), holder.state == SocketState::Listen,
                          !holder.processes.empty(), holder.expires_ns);
    };
    std::ranges::sort(inquiry.holders, std::greater(), rank);
}

} // namespace

Result<WhyBindEnd> why_bind(const ListenerPlan& plan, const Emit& emit)
{
    const auto endpoints =
        TRY(resolve(plan.target, plan.socket.family, Deadline::after(name_limit)));
    Endpoint endpoint = endpoints.front();
    auto opened = open_unbound(endpoint, plan);
    if (!opened && opened.error().code == EAFNOSUPPORT && plan.target.any_address) {
        endpoint = Endpoint::inet({.s_addr = htonl(INADDR_ANY)}, plan.target.port);
        opened = open_unbound(endpoint, plan);
    }
    const bool no_device = !opened && opened.error().code == ENODEV;
    if (!opened && !no_device)
        return Failure(opened.error());

    Inquiry inquiry;
    auto& verdict = inquiry.verdict;
    verdict.target = endpoint;
    verdict.datagram = plan.target.transport == Transport::Udp;
    inquiry.wish = {.datagram = verdict.datagram, .address = endpoint};
    std::optional<Error> refused;
    if (no_device) {
        refused = opened.error();
    } else {
        const auto& socket = opened->socket;
        inquiry.wish = bind_wish(socket, endpoint);
        if (endpoint.port() != 0) {
            inquiry.holders = TRY(find_bind_holders(inquiry.wish));
            infer_bind_flags(inquiry.holders, inquiry.wish);
            put_in_order(inquiry);
        }
        if (verdict.datagram) {
            refused = refuses_address(endpoint, plan);
        } else {
            const auto bound = socket.bind(endpoint);
            verdict.tried = true;
            if (!bound)
                refused = bound.error();
        }
    }
    verdict.notes = port_notes(endpoint.port());
    judge(inquiry, refused);

    utsname system{};
    ::uname(&system);
    emit(WhyBindStarted{system.release});
    if (opened)
        tell_options(opened->options, emit);
    tell(inquiry, emit);
    return WhyBindEnd{.error = verdict.error};
}

} // namespace sockit
