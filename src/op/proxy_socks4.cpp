#include "op/proxy_socks4.h"

#include "base/escape.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sockit {

namespace {

constexpr char socks4_version = 4;
constexpr char socks4_connect = 1;
constexpr std::size_t socks4_answer = 8;

constexpr std::uint8_t socks4_granted = 90;
constexpr std::uint8_t socks4_failed = 91;
constexpr std::uint8_t socks4_no_identd = 92;
constexpr std::uint8_t socks4_other_user = 93;

} // namespace

Socks4Client::Socks4Client(const ProxyPlan& plan, const ProxyDestination& destination)
    : m_names{.url = plan.url, .target = destination.text()}
{
    m_output = {socks4_version, socks4_connect, static_cast<char>(destination.port >> 8U),
                static_cast<char>(destination.port & 0xffU)};
    // An address of 0.0.0.x says that a name follows the user (SOCKS4a).
    std::string address{'\0', '\0', '\0', '\1'};
    if (destination.endpoint) {
        sockaddr_in in{};
        std::memcpy(&in, destination.endpoint->unmapped().data(), sizeof in);
        address.assign(reinterpret_cast<const char*>(&in.sin_addr), sizeof in.sin_addr);
    }
    m_output += address + (plan.credentials ? plan.credentials->user : "") + '\0';
    if (!destination.endpoint)
        m_output += destination.host + '\0';
}

std::string Socks4Client::take_output() { return std::exchange(m_output, {}); }

Result<std::size_t> Socks4Client::take(std::string_view bytes)
{
    if (m_done)
        return std::size_t{0};
    const auto taken = std::min(socks4_answer - m_input.size(), bytes.size());
    m_input += bytes.substr(0, taken);
    constexpr std::size_t verdict = 2;
    if (m_input.size() >= verdict)
        TRY(judged());
    m_done = m_input.size() == socks4_answer;
    return taken;
}

Result<> Socks4Client::judged()
{
    const auto code = static_cast<std::uint8_t>(m_input[1]);
    if (m_input[0] != '\0')
        return Failure(proxy_nonsense(m_names, "not SOCKS4: it began with " + quote(m_input)));
    switch (code) {
    case socks4_granted: m_reply = "granted"; return {};
    case socks4_failed: m_reply = "rejected or failed"; break;
    case socks4_no_identd:
        m_reply = "rejected: it cannot ask our identd who we are";
        return Failure(proxy_denied(m_names, m_reply));
    case socks4_other_user:
        m_reply = "rejected: our identd names another user";
        return Failure(proxy_denied(m_names, m_reply));
    default:
        return Failure(
            proxy_nonsense(m_names, "no answer of SOCKS4: code " + std::to_string(code)));
    }
    return Failure(target_not_reached(m_names, m_reply));
}

} // namespace sockit
