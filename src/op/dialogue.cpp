#include "op/dialogue.h"

#include "base/escape.h"

#include <cerrno>

namespace sockit {

namespace {

constexpr std::size_t remembered = 64UL << 10U;

} // namespace

Dialogue::Dialogue(const DialoguePlan& plan) : m_plan(plan)
{
    if (expecting())
        m_deadline = Deadline::after(plan.patience);
}

std::optional<std::string_view> Dialogue::next_to_send()
{
    if (over() || expecting())
        return std::nullopt;
    const std::string_view text = std::get<std::string>(m_plan.steps[m_next]);
    advance();
    look();
    return text;
}

bool Dialogue::expecting() const
{
    return !over() && std::holds_alternative<Pattern>(m_plan.steps[m_next]);
}

bool Dialogue::answered() const
{
    return over() && !m_plan.steps.empty() && std::holds_alternative<Pattern>(m_plan.steps.back());
}

void Dialogue::received(std::string_view bytes)
{
    m_seen += bytes;
    look();
    if (m_seen.size() > remembered) {
        m_seen.erase(0, m_seen.size() - remembered);
        m_searched = 0;
    }
}

void Dialogue::look()
{
    while (expecting()) {
        const auto& pattern = std::get<Pattern>(m_plan.steps[m_next]);
        const auto match = pattern.find(m_seen, m_searched);
        if (!match) {
            const auto length = pattern.text().size();
            m_searched = m_seen.size() < length ? 0 : m_seen.size() - length + 1;
            return;
        }
        m_seen.erase(0, match->end);
        advance();
    }
}

void Dialogue::advance()
{
    ++m_next;
    m_searched = 0;
    m_deadline = expecting() ? Deadline::after(m_plan.patience) : Deadline();
}

Error Dialogue::missed(std::string_view why) const
{
    const auto& wanted = std::get<Pattern>(m_plan.steps[m_next]).text();
    std::string message = "expected " + quote(wanted) + " but " + std::string(why);
    message += m_seen.empty() ? "; nothing came" : "; what came: " + quote(m_seen);
    Error error = Error::unmet("expect", wanted, std::move(message));
    error.phase = Phase::Receive;
    return error;
}

} // namespace sockit
