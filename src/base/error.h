#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// What the number in Error::code means.
enum class Domain : std::uint8_t {
    Errno,       ///< an errno value
    Resolver,    ///< an EAI_* value of getaddrinfo(3)
    Usage,       ///< the user's words; code is 0, `detail` says what is wrong
    Unmet,       ///< the call succeeded without the effect that was asked for; `detail` says so
    Unsupported, ///< this kernel or build lacks the feature; code may hold the errno that said so
    Tls,         ///< a TlsFault; `detail` says what is wrong
};

/// What kept TLS from protecting a connection; spelled by code_name().
enum class TlsFault : std::uint8_t {
    Failed,              ///< anything that has no name of its own
    NotTls,              ///< the peer speaks something else
    Truncated,           ///< the stream ended without close_notify: it may have been cut
    Alert,               ///< the peer gave up and said why
    Version,             ///< no protocol version in common
    Cipher,              ///< no cipher, group or signature in common
    Expired,             ///< the rest is about certificates: past its end
    NotYetValid,         ///< before its begin
    SelfSigned,          ///< signed by itself, and not trusted
    UnknownAuthority,    ///< its chain leads to nobody who is trusted
    NameMismatch,        ///< valid, for somebody else
    Revoked,             ///< taken back by its issuer
    Rejected,            ///< whatever else is wrong with it
    CertificateRequired, ///< the peer sent none
    BadFile,             ///< a file with certificates or a key that cannot be used
    KeyMismatch,         ///< key and certificate do not belong together
    ExpiresSoon,         ///< valid, but not for as long as was wanted
};

/// Where in the life of a connection the error met us; spelled in JSON by phase_name().
enum class Phase : std::uint8_t {
    None,
    Resolve,
    Socket,
    Bind,
    Listen,
    Connect,
    Tls,
    Send,
    Receive,
    Output,
};

/// An ICMP or ICMPv6 message that the kernel queued on a socket (ip(7), IP_RECVERR).
struct IcmpNotice {
    bool v6 = false;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::string from;   ///< address of whoever sent it, without port
    bool local = false; ///< `from` is one of our own addresses: our own stack said it
    /// Of a datagram: the very host it was sent to says that nobody has that port.
    bool refusal = false;

    bool operator==(const IcmpNotice&) const = default;
};

/// Why something could not be done: which call, on what, and why. The text is made at the edge only
/// (message(), code_name()); nothing below cmd/ prints it.
struct Error {
    Phase phase = Phase::None;
    std::string call;    ///< the system call or step, e.g. "connect"
    std::string subject; ///< what it was tried on, e.g. "127.0.0.1:9"; raw, escape before printing
    Domain domain = Domain::Errno;
    int code = 0;
    std::string detail; ///< Usage, Unmet, Unsupported, Tls: the whole message; else an addition
    std::string hint;   ///< the cure, where we know it
    std::optional<IcmpNotice> icmp = std::nullopt;

    // Out of line: every Result has an Error in it, and each file would compile these anew.
    Error();
    Error(const Error& other);
    Error(Error&& other) noexcept;
    Error& operator=(const Error& other);
    Error& operator=(Error&& other) noexcept;
    ~Error();
    bool operator==(const Error& other) const;

    /// The error that errno_value stands for. Take errno on the line after the call.
    static Error from_errno(Phase phase, std::string_view call, std::string_view subject,
                            int errno_value);
    /// An EAI_* code of getaddrinfo(3); EAI_SYSTEM carries errno_value as its reason.
    static Error from_resolver(std::string_view subject, int eai, int errno_value = 0);
    /// Bad words on the command line: one line, without "sockit:".
    static Error usage(std::string message);
    /// What `call` did is not what was asked for: one line, without "sockit:".
    static Error unmet(std::string_view call, std::string_view subject, std::string message);
    /// The kernel or this build lacks `feature`.
    static Error unsupported(std::string_view call, std::string_view feature, int errno_value = 0);
    /// TLS with `subject` does not work: one clause, foreign parts escaped. Phase::Tls.
    static Error tls(std::string_view call, std::string_view subject, TlsFault fault,
                     std::string message, std::string hint = {});
};

/// "ECONNREFUSED", "EAI_NONAME", "USAGE", "UNMET", "UNSUPPORTED", "CERT_EXPIRED", "TLS_ALERT";
/// "E" and the number if the C library has no name.
std::string code_name(const Error& error);

/// The C library's words in the C locale ("Connection refused"), or `detail` for usage errors and
/// their kin.
std::string message(const Error& error);

/// One line without "sockit: ": `connect 127.0.0.1:9: Connection refused (ECONNREFUSED)`, escaped.
std::string describe_error(const Error& error);

/// "resolve", "socket", … as JSON spells it; empty for Phase::None.
std::string_view phase_name(Phase phase);

/// errno's name ("EPIPE"); "E" and the number where the C library has none.
std::string errno_name(int errno_value);

/// The name of an ICMP type and code in the words of RFC 792, 1812 and 4443, lower case.
std::string icmp_name(const IcmpNotice& notice);

} // namespace sockit
