#include "base/escape.h"
#include "op/dial.h"
#include "op/echo_client.h"
#include "op/echo_report.h"
#include "sock/errqueue.h"
#include "sock/io.h"

#include <algorithm>
#include <array>

namespace sockit {

namespace {

constexpr std::size_t longest_line = 64UL * 1024; ///< what is longer is sent in pieces

class EchoLines {
public:
    EchoLines(const EchoClientPlan& plan, const EchoTerminal& terminal, OpLoop& loop)
        : m_plan(plan), m_terminal(terminal), m_loop(loop), m_report(plan)
    {}

    Result<EchoClientEnd> run(Dialled dialled, const Emit& emit);

private:
    static constexpr std::uint64_t input_token = 0;
    static constexpr std::uint64_t socket_token = 1;

    enum class State : std::uint8_t {
        Asking,   ///< for a line
        Waiting,  ///< for its echo
        Draining, ///< FIN is sent; nothing more should come
        Done,
    };

    Result<> loop();
    Result<> handle(const Ready& ready);
    Result<> read_input();
    Result<> take_line();
    Result<> watch_input(bool wanted);
    void send_line();
    Result<> receive();
    Result<> compare();
    void flaw(EchoFlaw kind, std::size_t offset);
    void end_of_stream();
    void fail(const Error& error);
    void drain();
    Result<> time_out();
    Result<> show(std::string_view text) const;
    Result<> prompt();

    const EchoClientPlan& m_plan;
    const EchoTerminal& m_terminal;
    OpLoop& m_loop;
    EchoReport m_report;
    Socket m_socket;
    State m_state = State::Asking;
    std::string m_input; ///< read and not yet sent
    bool m_input_ended = false;
    bool m_input_watched = false;
    bool m_prompted = false;
    std::string m_line;     ///< the one on its way
    std::size_t m_sent = 0; ///< of it
    std::string m_echo;     ///< what came of it
    std::uint64_t m_sequence = 0;
    Clock::time_point m_since;
    Deadline m_limit; ///< of the state
};

Result<EchoClientEnd> EchoLines::run(Dialled dialled, const Emit& emit)
{
    for (const auto& failure : dialled.failures)
        m_report.add_failure(failure);
    if (!m_loop.stopped() && !dialled.connections.empty()) {
        m_socket = std::move(dialled.connections.front().socket);
        TRY(loop());
        m_report.sample(m_socket.ref());
        if (m_prompted)
            TRY(show("\n"));
    }
    return m_report.finish(m_loop, emit);
}

Result<> EchoLines::loop()
{
    TRY(m_loop.poller().add(m_socket.ref(), socket_token, {.read = true}));
    TRY(take_line());
    while (m_state != State::Done && !m_loop.stopped()) {
        TRY(watch_input(m_state == State::Asking));
        const auto ready = TRY(m_loop.wait(m_limit));
        for (const auto& one : ready)
            TRY(handle(one));
        if (m_limit.passed())
            TRY(time_out());
    }
    return {};
}

Result<> EchoLines::handle(const Ready& ready)
{
    if (ready.token == input_token && m_state == State::Asking)
        return read_input();
    else if (ready.token == socket_token && m_state != State::Done) {
        if (ready.writable && m_state == State::Waiting)
            send_line();
        if (m_state != State::Done && (ready.readable || ready.hangup || ready.error))
            return receive();
    }
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
    const auto feed = m_input.find('\n');
    const bool whole = feed != std::string::npos;
    if (!whole && !m_input_ended && m_input.size() < longest_line)
        return prompt();
    m_line = m_input.substr(0, whole ? feed + 1 : longest_line);
    m_input.erase(0, m_line.size());
    if (m_line.empty() || m_line == "quit\n" || m_line == "quit\r\n" || m_line == "quit") {
        drain();
        return {};
    }
    m_state = State::Waiting;
    m_sent = 0;
    m_echo.clear();
    m_since = Clock::now();
    m_limit = Deadline::after(m_plan.timeout);
    send_line();
    return {};
}

/// Only while a line is wanted: the end of a pipe would wake us all the time.
Result<> EchoLines::watch_input(bool wanted)
{
    if (wanted == m_input_watched)
        return {};
    m_input_watched = wanted;
    if (wanted)
        return m_loop.poller().add(m_terminal.input, input_token, {.read = true});
    m_loop.poller().remove(m_terminal.input);
    return {};
}

void EchoLines::send_line()
{
    const auto rest = std::as_bytes(std::span(m_line)).subspan(m_sent);
    const auto went = send_some(m_socket.ref(), rest, "");
    if (!went)
        return fail(went.error());
    m_sent += went->bytes;
    const bool unsent = m_sent < m_line.size();
    if (const auto changed =
            m_loop.poller().modify(m_socket.ref(), socket_token, {.read = true, .write = unsent});
        !changed)
        fail(changed.error());
}

Result<> EchoLines::receive()
{
    std::array<std::byte, 16UL * 1024> buffer{};
    const auto came = receive_some(m_socket.ref(), buffer, "");
    if (!came)
        fail(came.error());
    else if (came->would_block())
        take_icmp_error(m_socket.ref()); // a hint, not the end; unread it stays ready
    else if (came->end())
        end_of_stream();
    else if (came->bytes > 0) {
        m_echo.append(reinterpret_cast<const char*>(buffer.data()), came->bytes);
        return compare();
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
    if (offset < m_echo.size()) {
        flaw(EchoFlaw::Corrupt, offset);
        return {};
    }
    if (m_echo.size() < m_line.size())
        return {};
    m_report.add_echo(static_cast<std::uint32_t>(m_line.size()), m_since, Clock::now());
    ++m_sequence;
    TRY(show(m_terminal.escape ? escape_payload(m_echo) : m_echo));
    m_echo.clear();
    return take_line();
}

/// Ends the run: what follows on the stream cannot be told apart any more.
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
    if (m_state == State::Waiting)
        flaw(m_echo.empty() ? EchoFlaw::Lost : EchoFlaw::Truncated, m_echo.size());
    if (m_state != State::Draining)
        m_report.add_failure(error);
    m_state = State::Done;
}

void EchoLines::drain()
{
    m_state = State::Draining;
    m_limit = Deadline::after(echo_drain_limit);
    if (const auto sent = m_socket.shutdown_send(); !sent)
        m_state = State::Done;
}

/// The state's limit passed.
Result<> EchoLines::time_out()
{
    if (m_state == State::Waiting)
        flaw(EchoFlaw::Lost, m_echo.size());
    m_state = State::Done;
    return {};
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
    if (!emit(EchoStart{plan.target.text, echo_settings(plan)}))
        return EchoClientEnd{}; // nobody would read what we find
    auto dialled =
        TRY(dial(loop, plan.target, plan.socket, 1, Deadline::after(plan.timeout), emit));
    return EchoLines(plan, terminal, loop).run(std::move(dialled), emit);
}

} // namespace sockit
