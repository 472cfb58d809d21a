#pragma once

#include "op/sockopts.h"

#include <functional>
#include <optional>
#include <string>

namespace sockit {

/// Emits the frame of a run and keeps its books. The first thing to tell is preceded by
/// SockoptsStarted: what fails before it leaves nothing behind.
class SockoptsRun {
public:
    SockoptsRun(SockoptsAct act, std::string target, const Emit& emit);

    bool socket(const SockoptsSocket& event);
    bool option(const Event& event, std::optional<SockoptVerdict> verdict);
    bool difference(const OptionDiffers& event) { return m_emit(event); }
    void failure(SockoptsFailure failure);
    void warning(const Error& error);

    SockoptsSummary& summary() { return m_end.summary; }

    SockoptsEnd end();

private:
    void start();

    const Emit& m_emit;
    bool m_started = false;
    SockoptsEnd m_end;
};

/// One socket that an act is about.
struct SockoptsSubject {
    FdRef socket; ///< open until the visitor returns
    std::optional<KindTarget> kind;
    std::string target; ///< words that mean this socket
};

/// What is left to do after the socket was closed: to tell of it. False: the output can take no
/// more.
using SockoptsRest = std::function<bool(const SockoptsSocket&)>;

/// Does its work on the open socket, quickly.
using SockoptsVisitor = std::function<SockoptsRest(const SockoptsSubject&)>;

/// Visits every socket of the target: a scratch one of a kind, or the live ones, each held for the
/// visit alone. `run` is told where there are several and not all could be had. An error means that
/// none was to be had; none found is no error.
Result<> for_each_subject(const SockoptsTarget& target, SockoptsRun& run,
                          const SockoptsVisitor& visit);

} // namespace sockit
