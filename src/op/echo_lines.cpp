#include "base/escape.h"
#include "op/echo_client.h"
#include "op/echo_lines_link.h"
#include "op/echo_report.h"
#include "op/watched.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

class EchoLines {
public:
    EchoLines(const EchoClientPlan& plan, const EchoTerminal& terminal, OpLoop& loop)
        : m_plan(plan), m_terminal(terminal), m_loop(loop), m_report(plan)
    {}

    Result<EchoClientEnd> run(const EchoRoute& route, const Emit& emit);

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;

    enum class State : std::uint8_t {
        Asking,   ///< for a line
        Waiting,  ///< for its echo
        Draining, ///< FIN is sent; nothing more should come
        Done,
    };

    Result<bool> reach(const EchoRoute& route, const Emit& emit);
    Result<> loop();
    Result<> handle(const Ready& ready);
    Result<> read_input();
    Result<> take_line();
    void send_line();
    Result<> receive();
    Result<> compare();
    Result<> compare_message();
    Result<> accept_echo();
    void flaw(EchoFlaw kind, std::size_t offset);
    void end_of_stream();
    void fail(const Error& error);
    Result<> drain();
    void finish();
    void time_out();
    Result<> show(std::string_view text) const;
    Result<> prompt();

    const EchoClientPlan& m_plan;
    const EchoTerminal& m_terminal;
    OpLoop& m_loop;
    EchoReport m_report;
    std::optional<EchoLinesLink> m_link;
    State m_state = State::Asking;
    std::string m_input; ///< read and not yet sent
    bool m_input_ended = false;
    bool m_prompted = false;
    std::string m_line;      ///< the one on its way, or the last one
    std::string m_last;      ///< the one whose echo came last
    std::size_t m_sent = 0;  ///< of the line
    std::string m_echo;      ///< what came of it
    bool m_finished = false; ///< of draining: FIN is sent
    std::uint64_t m_sequence = 0;
    Clock::time_point m_since;
    Deadline m_limit; ///< of the state
};

Result<EchoClientEnd> EchoLines::run(const EchoRoute& route, const Emit& emit)
{
    if (!route.endpoints.empty() && TRY(reach(route, emit))) {
        TRY(loop());
        m_report.sample(m_link->ref());
        if (m_prompted)
            TRY(show("\n"));
    }
    return m_report.finish(m_loop, emit);
}

/// False: there is no way for lines, and why is told.
Result<bool> EchoLines::reach(const EchoRoute& route, const Emit& emit)
{
    using Progress = EchoLink::Progress;
    EchoLink link(route, m_loop.poller(), socket_token);
    const auto limit = Deadline::after(m_plan.timeout);
    auto progress = link.open(emit);
    while (progress && *progress != Progress::Done && !m_loop.stopped()) {
        const bool pausing = *progress == Progress::Short;
        const auto pause = pausing ? Deadline::after(Socket::full_backlog_pause) : Deadline();
        for (const auto& ready : TRY(m_loop.wait(sooner(limit, pause))))
            if (ready.token == socket_token)
                progress = link.proceed(ready, emit);
        if (limit.passed() && progress && *progress != Progress::Done)
            progress = Failure(link.timed_out());
        else if (pause.passed())
            progress = link.open(emit);
    }
    if (!progress)
        m_report.add_failure(progress.error());
    if (!progress || m_loop.stopped())
        return false;
    m_report.add_connect();
    m_link = TRY(EchoLinesLink::open(std::move(link)));
    return true;
}

Result<> EchoLines::loop()
{
    Watched input(m_loop.poller(), m_terminal.input, input_token);
    Watched socket(m_loop.poller(), m_link->ref(), socket_token);
    TRY(take_line());
    while (m_state != State::Done && !m_loop.stopped()) {
        // Only while a line is wanted: the end of a pipe would wake us all the time.
        const bool asking = m_state == State::Asking;
        input.want(asking ? std::optional(Interest{.read = true}) : std::nullopt);
        const bool sending = m_state == State::Waiting && m_sent < m_line.size();
        socket.want(m_link->interest(sending || (m_state == State::Draining && !m_finished)));
        for (const auto* watched : {&input, &socket})
            if (watched->error())
                return Failure(*watched->error());
        const auto ready = TRY(m_loop.wait(m_limit));
        for (const auto& one : ready)
            TRY(handle(one));
        if (m_limit.passed())
            time_out();
    }
    return {};
}

Result<> EchoLines::handle(const Ready& ready)
{
    if (ready.token == input_token && m_state == State::Asking)
        return read_input();
    if (ready.token != socket_token || m_state == State::Done)
        return {};
    // What is there already comes first: a refusal of the last line is no failure of the next.
    TRY(receive());
    if (m_state == State::Waiting && m_link->may_send(ready))
        send_line();
    else if (m_state == State::Draining && !m_finished)
        finish();
    return {};
}

Result<> EchoLines::read_input()
{
    std::array<std::byte, 16UL * 1024> buffer{};
    const auto came = TRY(read_some(m_terminal.input, buffer, "stdin"));
    if (came.end())
        m_input_ended = true;
    m_input.append(reinterpret_cast<const char*>(buffer.data()), came.bytes);
    if (came.bytes > 0 && m_prompted)
        m_prompted = m_input.find('\n') == std::string::npos;
    return take_line();
}

/// Sends the next line, if there is a whole one, or what is left at the end of the input.
Result<> EchoLines::take_line()
{
    m_state = State::Asking;
    m_limit = {};
    const auto longest = m_link->longest_line();
    const auto feed = m_input.find('\n');
    const bool whole = feed < longest;
    if (!whole && !m_input_ended && m_input.size() < longest)
        return prompt();
    m_line = m_input.substr(0, whole ? feed + 1 : longest);
    m_input.erase(0, m_line.size());
    if (m_line.empty() || m_line == "quit\n" || m_line == "quit\r\n" || m_line == "quit")
        return drain();
    m_state = State::Waiting;
    m_sent = 0;
    m_echo.clear();
    m_since = Clock::now();
    m_limit = Deadline::after(m_plan.timeout);
    send_line();
    return {};
}

void EchoLines::send_line()
{
    const auto went = m_link->send(std::string_view(m_line).substr(m_sent));
    if (!went)
        return fail(went.error());
    m_sent += *went;
}

/// All that is there.
Result<> EchoLines::receive()
{
    while (m_state != State::Done) {
        const auto came = m_link->receive(m_echo);
        if (!came)
            fail(came.error());
        else if (*came == EchoLinesLink::Came::End)
            end_of_stream();
        else if (*came == EchoLinesLink::Came::Nothing)
            return {};
        else
            TRY(m_link->keeps_borders() ? compare_message() : compare());
    }
    return {};
}

/// m_echo has grown.
Result<> EchoLines::compare()
{
    if (m_state != State::Waiting)
        m_line.clear(); // nobody asked for these bytes
    const auto offset =
        static_cast<std::size_t>(std::ranges::mismatch(m_echo, m_line).in1 - m_echo.begin());
    if (offset < m_echo.size())
        flaw(EchoFlaw::Corrupt, offset);
    else if (m_echo.size() == m_line.size())
        return accept_echo();
    return {};
}

/// m_echo is another message.
Result<> EchoLines::compare_message()
{
    if (m_state == State::Waiting && m_echo == m_line)
        return accept_echo();
    const auto offset =
        static_cast<std::size_t>(std::ranges::mismatch(m_echo, m_line).in1 - m_echo.begin());
    if (!m_last.empty() && m_echo == m_last) {
        m_line = m_last;
        --m_sequence;
        flaw(EchoFlaw::Duplicate, 0);
    } else if (m_state == State::Waiting && offset == m_echo.size()) {
        flaw(EchoFlaw::Truncated, offset);
    } else {
        if (m_state != State::Waiting)
            m_line.clear(); // nobody asked for that
        flaw(EchoFlaw::Corrupt, m_state == State::Waiting ? offset : 0);
    }
    return {};
}

Result<> EchoLines::accept_echo()
{
    m_report.add_echo(static_cast<std::uint32_t>(m_line.size()), m_since, Clock::now());
    ++m_sequence;
    TRY(show(m_terminal.escape ? escape_payload(m_echo) : m_echo));
    m_echo.clear();
    m_last = m_line;
    return take_line();
}

/// Ends the run: what follows on a stream cannot be told apart any more.
void EchoLines::flaw(EchoFlaw kind, std::size_t offset)
{
    const auto expected =
        std::string_view(m_line).substr(std::min(offset, m_line.size()), EchoDetail::most_bytes);
    auto actual =
        std::string_view(m_echo).substr(std::min(offset, m_echo.size()), EchoDetail::most_bytes);
    std::size_t differing = 0;
    const std::size_t common = std::min(expected.size(), actual.size());
    while (differing < common && expected[differing] != actual[differing])
        ++differing;
    const std::size_t length = common > 0 ? differing : EchoDetail::most_bytes;
    m_report.flaws().add({.flaw = kind,
                          .connection = 1,
                          .sequence = m_sequence,
                          .offset = offset,
                          .expected = std::string(expected.substr(0, length)),
                          .actual = std::string(actual.substr(0, length))});
    m_state = State::Done;
}

void EchoLines::end_of_stream()
{
    if (m_state == State::Waiting)
        return flaw(m_echo.empty() ? EchoFlaw::Lost : EchoFlaw::Truncated, m_echo.size());
    if (m_state == State::Asking)
        m_report.add_end();
    m_state = State::Done;
}

void EchoLines::fail(const Error& error)
{
    // Where there is no connection, the error is the answer to the line.
    if (m_state == State::Waiting && m_link->connected())
        flaw(m_echo.empty() ? EchoFlaw::Lost : EchoFlaw::Truncated, m_echo.size());
    if (m_state != State::Draining)
        m_report.add_failure(error);
    m_state = State::Done;
}

Result<> EchoLines::drain()
{
    if (!m_link->connected()) {
        TRY(receive()); // what nobody asked for may be there already
        m_state = State::Done;
        return {};
    }
    m_state = State::Draining;
    m_limit = Deadline::after(echo_drain_limit);
    finish();
    return {};
}

void EchoLines::finish()
{
    const auto sent = m_link->finish();
    m_finished = sent && *sent;
    if (!sent)
        m_state = State::Done;
}

/// The state's limit passed.
void EchoLines::time_out()
{
    if (m_state == State::Waiting)
        flaw(EchoFlaw::Lost, m_echo.size());
    m_state = State::Done;
}

Result<> EchoLines::show(std::string_view text) const
{
    return m_terminal.output.valid() ? write_all(m_terminal.output, text, "stdout") : Result<>();
}

Result<> EchoLines::prompt()
{
    if (!m_terminal.prompt || m_prompted)
        return {};
    m_prompted = true;
    return show("> ");
}

} // namespace

Result<EchoClientEnd> echo_lines(const EchoClientPlan& plan, const EchoTerminal& terminal,
                                 const Emit& emit)
{
    auto loop = TRY(OpLoop::open(plan.deadline));
    TRY(enter_sandbox(plan.sandbox));
    if (!emit(EchoStart{plan.target.text, echo_settings(plan)}))
        return EchoClientEnd{}; // nobody would read what we find
    const auto route = TRY(find_route(loop, plan));
    return EchoLines(plan, terminal, loop).run(route, emit);
}

} // namespace sockit
