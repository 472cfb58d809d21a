#include "op/proxy_http.h"

#include "base/escape.h"
#include "base/parse.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <netdb.h>

namespace sockit {

namespace {

constexpr std::size_t longest_head = 64UL * 1024;
constexpr std::string_view http_start = "HTTP/1.";

/// What went wrong by the types of RFC 9209, section 2.3, as far as they tell of the target.
struct ProxyStatus {
    std::string_view type;
    int error; ///< errno, or EAI_* where negative, as all of those are
};

constexpr std::array proxy_statuses{
    ProxyStatus{"dns_error", EAI_NONAME},
    ProxyStatus{"dns_timeout", EAI_AGAIN},
    ProxyStatus{"connection_refused", ECONNREFUSED},
    ProxyStatus{"connection_timeout", ETIMEDOUT},
    ProxyStatus{"connection_terminated", ECONNRESET},
    ProxyStatus{"destination_not_found", EHOSTUNREACH},
    ProxyStatus{"destination_unavailable", EHOSTUNREACH},
    ProxyStatus{"destination_ip_unroutable", ENETUNREACH},
    ProxyStatus{"destination_ip_prohibited", EACCES},
    ProxyStatus{"http_request_denied", EACCES},
};

/// errno for a status alone; 0: there is none that says it.
int error_of_status(unsigned status)
{
    switch (status) {
    case 403:
    case 405:
    case 451: return EACCES;
    case 502:
    case 503: return EHOSTUNREACH;
    case 408:
    case 504: return ETIMEDOUT;
    default: return 0;
    }
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// The status of "HTTP/1.1 200 …"; 0 for any other line.
unsigned status_of(std::string_view line)
{
    constexpr std::size_t place = 9; // behind "HTTP/1.1 "
    constexpr std::size_t digits = 3;
    if (!line.starts_with(http_start) || line.size() < place + digits || line[place - 1] != ' ')
        return 0;
    unsigned status = 0;
    const auto* begin = line.data() + place;
    const bool whole = std::from_chars(begin, begin + digits, status).ptr == begin + digits;
    const bool ended = line.size() == place + digits || line[place + digits] == ' ';
    return whole && ended ? status : 0;
}

} // namespace

HttpConnectClient::HttpConnectClient(const ProxyPlan& plan, const ProxyDestination& destination)
    : m_names{.url = plan.url, .target = destination.text()},
      m_authenticated(plan.credentials.has_value())
{
    m_output = "CONNECT " + m_names.target + " HTTP/1.1\r\nHost: " + m_names.target + "\r\n";
    if (plan.credentials)
        m_output += "Proxy-Authorization: Basic " +
                    base64(plan.credentials->user + ":" + plan.credentials->password) + "\r\n";
    m_output += "\r\n";
}

std::string HttpConnectClient::take_output() { return std::exchange(m_output, {}); }

Result<std::size_t> HttpConnectClient::take(std::string_view bytes)
{
    std::size_t taken = 0;
    while (!m_done && taken < bytes.size()) {
        m_line += bytes[taken];
        ++taken;
        const auto size = std::min(m_line.size(), http_start.size());
        if (m_before == 0 && m_line.substr(0, size) != http_start.substr(0, size))
            return Failure(proxy_nonsense(
                m_names, "not HTTP/1: it began with " +
                             quote(m_line + std::string(bytes.substr(taken, http_start.size())))));
        if (m_before + m_line.size() > longest_head)
            return Failure(proxy_nonsense(m_names, "the head of its answer exceeds 64 KiB"));
        if (m_line.ends_with('\n'))
            TRY(line_ended());
    }
    return taken;
}

Result<> HttpConnectClient::line_ended()
{
    m_before += m_line.size();
    std::string_view line = m_line;
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1); // RFC 9112, section 2.2: LF alone will do
    if (m_status_line.empty())
        m_status_line = line;
    else if (line.empty())
        return judge();
    constexpr std::string_view name = "proxy-status:";
    if (auto header = lowered(line); header.starts_with(name))
        m_proxy_status = header.substr(name.size());
    m_line.clear();
    return {};
}

Result<> HttpConnectClient::judge()
{
    constexpr unsigned first_final = 200;
    constexpr unsigned first_bad = 300;
    constexpr std::size_t version_size = 9;
    const auto status = status_of(m_status_line);
    if (status == 0)
        return Failure(proxy_nonsense(m_names, "no status line: " + quote(m_status_line)));
    const auto reply = m_status_line.substr(version_size);
    m_line.clear();
    m_before = 0;
    m_status_line.clear();
    if (status < first_final)
        return {}; // an interim answer; the final one follows
    m_reply = reply;
    if (status >= first_bad)
        return Failure(refusal(status));
    m_done = true;
    return {};
}

Error HttpConnectClient::refusal(unsigned status) const
{
    constexpr unsigned wants_authentication = 407;
    const auto words = escape(m_reply);
    if (status == wants_authentication) {
        Error error = proxy_denied(
            m_names, m_authenticated ? "it does not take this user and password: " + words
                                     : "it wants authentication: " + words);
        if (!m_authenticated)
            error.hint = "give user and password: --proxy http://USER:PASSWORD@HOST:PORT";
        return error;
    }
    int reason = error_of_status(status);
    for (const auto& known : proxy_statuses)
        if (m_proxy_status.find("error=" + std::string(known.type)) != std::string::npos)
            reason = known.error;
    if (reason < 0)
        return target_unresolved(m_names, reason, words);
    return reason == 0 ? target_not_reached(m_names, words)
                       : target_refused(m_names, reason, words);
}

} // namespace sockit
