#include "op/proxy_socks5.h"

#include "base/escape.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sockit {

namespace {

constexpr char socks5_version = 5;
constexpr char password_version = 1;
constexpr char connect_command = 1;
constexpr std::size_t port_bytes = 2;

constexpr std::uint8_t method_none = 0;
constexpr std::uint8_t method_password = 2;
constexpr std::uint8_t method_refused = 0xff;
constexpr std::uint8_t address_inet = 1;
constexpr std::uint8_t address_name = 3;
constexpr std::uint8_t address_inet6 = 4;

struct Socks5Reply {
    std::uint8_t code;
    int error; ///< errno; 0: there is none that says it
    std::string_view words;
};

constexpr std::array socks5_replies{
    Socks5Reply{1, 0, "general failure"},
    Socks5Reply{2, EACCES, "not allowed by its rules"},
    Socks5Reply{3, ENETUNREACH, "network unreachable"},
    Socks5Reply{4, EHOSTUNREACH, "host unreachable"},
    Socks5Reply{5, ECONNREFUSED, "connection refused"},
    Socks5Reply{6, ETIMEDOUT, "timed out (TTL expired)"},
    Socks5Reply{7, 0, "command not supported"},
    Socks5Reply{8, 0, "address type not supported"},
};

std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

std::string with_length(std::string_view text)
{
    return static_cast<char>(text.size()) + std::string(text);
}

} // namespace

Socks5Client::Socks5Client(const ProxyPlan& plan, ProxyDestination destination)
    : m_destination(std::move(destination)), m_credentials(plan.credentials),
      m_names{.url = plan.url, .target = m_destination.text()}
{
    m_output = {socks5_version, static_cast<char>(m_credentials ? 2 : 1), char{method_none}};
    if (m_credentials)
        m_output += char{method_password};
}

std::string Socks5Client::take_output() { return std::exchange(m_output, {}); }

Result<std::size_t> Socks5Client::take(std::string_view bytes)
{
    std::size_t taken = 0;
    while (!done() && m_output.empty() && taken < bytes.size()) {
        const auto some = std::min(m_due - m_input.size(), bytes.size() - taken);
        m_input += bytes.substr(taken, some);
        taken += some;
        if (m_input.size() == m_due)
            TRY(answered());
    }
    return taken;
}

Result<> Socks5Client::answered()
{
    switch (m_step) {
    case Step::Method: TRY(method_chosen()); break;
    case Step::Password:
        if (m_input[0] != password_version)
            return Failure(proxy_nonsense(m_names, "no answer of RFC 1929: 0x" + hex(m_input)));
        if (m_input[1] != 0)
            return Failure(proxy_denied(m_names, "it does not take this user and password"));
        request();
        break;
    case Step::Verdict: TRY(judged()); break;
    case Step::Address: m_step = Step::Done; break;
    case Step::Done: break;
    }
    return {};
}

Result<> Socks5Client::method_chosen()
{
    const auto method = octet(m_input[1]);
    if (m_input[0] != socks5_version)
        return Failure(proxy_nonsense(m_names, "not SOCKS5: it began with " + quote(m_input)));
    m_input.clear();
    if (method == method_none) {
        request();
        return {};
    }
    if (method == method_password && m_credentials) {
        m_output = password_version + with_length(m_credentials->user) +
                   with_length(m_credentials->password);
        m_step = Step::Password;
        return {};
    }
    if (method != method_refused)
        return Failure(proxy_nonsense(m_names, "it chose a way to authenticate that was not "
                                               "offered: " +
                                                   std::to_string(method)));
    Error error =
        proxy_denied(m_names, m_credentials ? "it takes neither no authentication nor a password"
                                            : "it wants authentication");
    if (!m_credentials)
        error.hint = "give user and password: --proxy SCHEME://USER:PASSWORD@HOST:PORT";
    return Failure(std::move(error));
}

void Socks5Client::request()
{
    constexpr std::size_t first_five = 5; // up to the length of a name
    m_output = {socks5_version, connect_command, '\0'};
    if (!m_destination.endpoint) {
        m_output += char{address_name} + with_length(m_destination.host);
    } else if (m_destination.endpoint->family() == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, m_destination.endpoint->data(), sizeof in);
        m_output += char{address_inet};
        m_output.append(reinterpret_cast<const char*>(&in.sin_addr), sizeof in.sin_addr);
    } else {
        sockaddr_in6 in6{};
        std::memcpy(&in6, m_destination.endpoint->data(), sizeof in6);
        m_output += char{address_inet6};
        m_output.append(reinterpret_cast<const char*>(&in6.sin6_addr), sizeof in6.sin6_addr);
    }
    m_output += static_cast<char>(m_destination.port >> 8U);
    m_output += static_cast<char>(m_destination.port & 0xffU);
    m_input.clear();
    m_step = Step::Verdict;
    m_due = first_five;
}

/// The verdict and how long the address behind it is.
Result<> Socks5Client::judged()
{
    const auto code = octet(m_input[1]);
    if (m_input[0] != socks5_version)
        return Failure(proxy_nonsense(m_names, "no answer of SOCKS5: 0x" + hex(m_input)));
    const auto* known = std::ranges::find(socks5_replies, code, &Socks5Reply::code);
    if (known != socks5_replies.end())
        m_reply = known->words;
    else
        m_reply = code == 0 ? "succeeded" : "failure " + std::to_string(code);
    if (code != 0)
        return Failure(known != socks5_replies.end() && known->error != 0
                           ? target_refused(m_names, known->error, m_reply)
                           : target_not_reached(m_names, m_reply));
    std::size_t more = 0; // of the address: its first byte has come
    switch (octet(m_input[3])) {
    case address_inet: more = sizeof(in_addr) - 1; break;
    case address_inet6: more = sizeof(in6_addr) - 1; break;
    case address_name: more = octet(m_input[4]); break;
    default: return Failure(proxy_nonsense(m_names, "no answer of SOCKS5: 0x" + hex(m_input)));
    }
    m_due += more + port_bytes;
    m_step = Step::Address;
    return {};
}

} // namespace sockit
