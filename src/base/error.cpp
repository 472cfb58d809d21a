#include "base/error.h"

#include "base/escape.h"

#include <array>
#include <cstring>

#include <netdb.h>

namespace sockit {

namespace {

struct ResolverCode {
    int code;
    std::string_view name;
};

constexpr std::array resolver_codes{
    ResolverCode{EAI_BADFLAGS, "EAI_BADFLAGS"}, ResolverCode{EAI_NONAME, "EAI_NONAME"},
    ResolverCode{EAI_AGAIN, "EAI_AGAIN"},       ResolverCode{EAI_FAIL, "EAI_FAIL"},
    ResolverCode{EAI_NODATA, "EAI_NODATA"},     ResolverCode{EAI_FAMILY, "EAI_FAMILY"},
    ResolverCode{EAI_SOCKTYPE, "EAI_SOCKTYPE"}, ResolverCode{EAI_SERVICE, "EAI_SERVICE"},
    ResolverCode{EAI_MEMORY, "EAI_MEMORY"},     ResolverCode{EAI_SYSTEM, "EAI_SYSTEM"},
    ResolverCode{EAI_OVERFLOW, "EAI_OVERFLOW"}, ResolverCode{EAI_ADDRFAMILY, "EAI_ADDRFAMILY"},
};

constexpr std::array<std::string_view, 16> v4_unreachable{
    "network unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "fragmentation needed",
    "source route failed",
    "destination network unknown",
    "destination host unknown",
    "source host isolated",
    "network administratively prohibited",
    "host administratively prohibited",
    "network unreachable for type of service",
    "host unreachable for type of service",
    "communication administratively prohibited",
    "host precedence violation",
    "precedence cutoff in effect",
};

constexpr std::array<std::string_view, 8> v6_unreachable{
    "no route to destination",
    "communication administratively prohibited",
    "beyond scope of source address",
    "address unreachable",
    "port unreachable",
    "source address failed ingress/egress policy",
    "reject route to destination",
    "error in source routing header",
};

/// By TlsFault.
constexpr std::array<std::string_view, 17> tls_fault_names{
    "TLS_FAILED",         "TLS_NOT_TLS",
    "TLS_TRUNCATED",      "TLS_ALERT",
    "TLS_VERSION",        "TLS_CIPHER",
    "CERT_EXPIRED",       "CERT_NOT_YET_VALID",
    "CERT_SELF_SIGNED",   "CERT_UNKNOWN_AUTHORITY",
    "CERT_NAME_MISMATCH", "CERT_REVOKED",
    "CERT_REJECTED",      "CERT_REQUIRED",
    "CERT_BAD_FILE",      "CERT_KEY_MISMATCH",
    "CERT_EXPIRES_SOON",
};

template <std::size_t N>
std::string_view name_at(const std::array<std::string_view, N>& names, std::uint8_t code)
{
    return code < N ? names[code] : std::string_view("destination unreachable");
}

} // namespace

Error::Error() = default;
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;
bool Error::operator==(const Error& other) const = default;

Error Error::from_errno(Phase phase, std::string_view call, std::string_view subject,
                        int errno_value)
{
    Error error;
    error.phase = phase;
    error.call = call;
    error.subject = subject;
    error.code = errno_value;
    return error;
}

Error Error::from_resolver(std::string_view subject, int eai, int errno_value)
{
    Error error = from_errno(Phase::Resolve, "resolve", subject, eai);
    error.domain = Domain::Resolver;
    if (eai == EAI_SYSTEM && errno_value != 0)
        error.detail = errno_name(errno_value);
    return error;
}

Error Error::usage(std::string message)
{
    Error error;
    error.domain = Domain::Usage;
    error.detail = std::move(message);
    return error;
}

Error Error::unmet(std::string_view call, std::string_view subject, std::string message)
{
    Error error = from_errno(Phase::Socket, call, subject, 0);
    error.domain = Domain::Unmet;
    error.detail = std::move(message);
    return error;
}

Error Error::unsupported(std::string_view call, std::string_view feature, int errno_value)
{
    Error error = from_errno(Phase::Socket, call, {}, errno_value);
    error.domain = Domain::Unsupported;
    error.detail = "this kernel lacks " + std::string(feature);
    return error;
}

Error Error::tls(std::string_view call, std::string_view subject, TlsFault fault,
                 std::string message, std::string hint)
{
    Error error = from_errno(Phase::Tls, call, subject, static_cast<int>(fault));
    error.domain = Domain::Tls;
    error.detail = std::move(message);
    error.hint = std::move(hint);
    return error;
}

std::string errno_name(int errno_value)
{
    const char* name = strerrorname_np(errno_value);
    return name != nullptr ? name : "E" + std::to_string(errno_value);
}

std::string code_name(const Error& error)
{
    switch (error.domain) {
    case Domain::Usage: return "USAGE";
    case Domain::Unmet: return "UNMET";
    case Domain::Unsupported: return error.code != 0 ? errno_name(error.code) : "UNSUPPORTED";
    case Domain::Errno: return errno_name(error.code);
    case Domain::Tls: return std::string(tls_fault_names.at(static_cast<std::size_t>(error.code)));
    case Domain::Resolver: break;
    }
    for (const auto& known : resolver_codes)
        if (known.code == error.code)
            return std::string(known.name);
    return "EAI_" + std::to_string(error.code);
}

std::string message(const Error& error)
{
    switch (error.domain) {
    case Domain::Usage:
    case Domain::Unmet:
    case Domain::Unsupported:
    case Domain::Tls: return error.detail;
    case Domain::Resolver: return gai_strerror(error.code);
    case Domain::Errno: break;
    }
    const char* words = strerrordesc_np(error.code);
    return words != nullptr ? words : "Unknown error " + std::to_string(error.code);
}

std::string describe_error(const Error& error)
{
    if (error.domain == Domain::Usage || error.domain == Domain::Unmet)
        return error.detail;
    std::string line = error.call;
    if (!error.subject.empty())
        line += (line.empty() ? "" : " ") + escape(error.subject);
    line += ": " + message(error) + " (" + code_name(error) + ")";
    const bool told = error.domain == Domain::Unsupported || error.domain == Domain::Tls;
    if (!error.detail.empty() && !told)
        line += ": " + error.detail;
    if (error.icmp) {
        const auto& icmp = *error.icmp;
        line += std::string(": ") + (icmp.v6 ? "ICMPv6 " : "ICMP ") + std::to_string(icmp.type) +
                "/" + std::to_string(icmp.code) + " " + icmp_name(icmp) + " from " + icmp.from +
                (icmp.local ? " (this host)" : "");
    }
    return line;
}

std::string_view phase_name(Phase phase)
{
    switch (phase) {
    case Phase::None: return "";
    case Phase::Resolve: return "resolve";
    case Phase::Socket: return "socket";
    case Phase::Bind: return "bind";
    case Phase::Listen: return "listen";
    case Phase::Connect: return "connect";
    case Phase::Tls: return "tls";
    case Phase::Send: return "send";
    case Phase::Receive: return "receive";
    case Phase::Output: return "output";
    }
    return "";
}

std::string icmp_name(const IcmpNotice& notice)
{
    auto fallback = "type " + std::to_string(notice.type) + " code " + std::to_string(notice.code);
    if (notice.v6) {
        switch (notice.type) {
        case 1: return std::string(name_at(v6_unreachable, notice.code));
        case 2: return "packet too big";
        case 3:
            return notice.code == 0 ? "hop limit exceeded" : "fragment reassembly time exceeded";
        case 4: return "parameter problem";
        default: return fallback;
        }
    }
    switch (notice.type) {
    case 3: return std::string(name_at(v4_unreachable, notice.code));
    case 4: return "source quench";
    case 5: return "redirect";
    case 11:
        return notice.code == 0 ? "time to live exceeded" : "fragment reassembly time exceeded";
    case 12: return "parameter problem";
    default: return fallback;
    }
}

} // namespace sockit
