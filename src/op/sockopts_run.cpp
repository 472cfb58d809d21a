#include "op/sockopts_run.h"

#include "diag/foreign_socket.h"
#include "op/sockopts_read.h"
#include "op/sockopts_scene.h"

#include <cerrno>

#include <sys/utsname.h>

namespace sockit {

namespace {

/// Not there any more: between two looks a process closes what it likes.
bool is_gone(const Error& error)
{
    return error.code == ESRCH || error.code == EBADF || error.code == ESTALE ||
           error.code == ENOTSOCK;
}

/// Why sockets that match are not to be had at all; nothing where none matches.
std::optional<Error> why_out_of_reach(const LiveTarget& target, const LiveSockets& live)
{
    if (!live.hidden && !live.held_by_nobody)
        return std::nullopt;
    auto error =
        Error::from_errno(Phase::Socket, "pidfd_getfd", target.text, live.hidden ? EACCES : ESRCH);
    error.detail =
        live.hidden ? "a process that we may not look into holds it; " + what_foreign_sockets_take()
                    : "no process holds it (any more)";
    return error;
}

Result<> visit_scratch(const KindTarget& kind, const SockoptsVisitor& visit)
{
    const auto scene = TRY(set_scene(kind, SockoptPhase::Fresh));
    auto event = look_at(scene.socket.ref());
    event.kind = kind;
    event.state = scene.state;
    visit({scene.socket.ref(), kind, kind.text})(event);
    return {};
}

/// False: the output can take no more.
bool visit_duplicate(Duplicate duplicate, const LiveSocket& socket, const std::string& target,
                     const SockoptsVisitor& visit)
{
    auto event = look_at(duplicate.fd.ref());
    const auto rest = visit({duplicate.fd.ref(), event.kind, target});
    duplicate.fd.close();
    if (socket.state != SocketState::Unknown)
        event.state = socket.state;
    event.owner = std::move(duplicate.owner);
    return rest(event);
}

Result<> visit_live(const LiveTarget& target, SockoptsRun& run, const SockoptsVisitor& visit)
{
    const auto live = TRY(find_live_sockets(target));
    bool visited = false;
    std::vector<Error> failures;
    for (const auto& socket : live.sockets) {
        auto duplicate = duplicate_live_socket(socket);
        if (!duplicate) {
            failures.push_back(std::move(duplicate).error());
            continue;
        }
        visited = true;
        const auto& owner = duplicate->owner;
        const auto words = live.sockets.size() == 1 ? target.text
                                                    : "--pid " + std::to_string(owner.pid) +
                                                          " --fd " + std::to_string(owner.fd);
        if (!visit_duplicate(std::move(*duplicate), socket, words, visit))
            return {};
    }
    if (!visited && !failures.empty())
        return Failure(std::move(failures.front()));
    if (live.sockets.empty())
        if (auto error = why_out_of_reach(target, live))
            return Failure(std::move(*error));
    for (const auto& failure : failures)
        if (!is_gone(failure)) {
            run.warning(failure);
            run.failure({.error = failure, .whole_socket = true});
        }
    return {};
}

} // namespace

SockoptsRun::SockoptsRun(SockoptsAct act, std::string target, const Emit& emit) : m_emit(emit)
{
    m_end.summary.act = act;
    m_end.summary.target = std::move(target);
}

void SockoptsRun::start()
{
    if (std::exchange(m_started, true))
        return;
    utsname system{};
    ::uname(&system);
    m_emit(SockoptsStarted{m_end.summary.act, system.release});
}

bool SockoptsRun::socket(const SockoptsSocket& event)
{
    start();
    ++m_end.summary.sockets;
    return m_emit(event);
}

bool SockoptsRun::option(const Event& event, std::optional<SockoptVerdict> verdict)
{
    start();
    ++m_end.summary.options;
    if (verdict)
        ++m_end.summary.verdicts[verdict_name(*verdict)];
    return m_emit(event);
}

void SockoptsRun::failure(SockoptsFailure failure)
{
    ++m_end.summary.failed;
    m_end.failures.push_back(std::move(failure));
}

void SockoptsRun::warning(const Error& error)
{
    start();
    m_emit(Warning{.message = {}, .error = error});
}

SockoptsEnd SockoptsRun::end()
{
    start();
    m_emit(m_end.summary);
    return std::move(m_end);
}

Result<> for_each_subject(const SockoptsTarget& target, SockoptsRun& run,
                          const SockoptsVisitor& visit)
{
    if (const auto* kind = std::get_if<KindTarget>(&target))
        return visit_scratch(*kind, visit);
    return visit_live(std::get<LiveTarget>(target), run, visit);
}

} // namespace sockit
