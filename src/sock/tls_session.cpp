#include "sock/tls_session.h"

#include "base/escape.h"
#include "sock/tls_alert.h"
#include "sock/tls_shared.h"
#include "sock/tls_transport.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <arpa/inet.h>

namespace sockit {

namespace {

constexpr std::string_view handshake_call = "TLS handshake";

bool is_address(const std::string& name)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// What the peer began with, as far as it can be shown.
std::string shown(std::string_view first)
{
    return quote(first.substr(0, first.find_first_of(std::string_view("\r\n\0", 3))));
}

} // namespace

struct TlsSession::State {
    std::shared_ptr<const TlsContext::Shared> context;
    TlsTransport transport;
    TlsPeerCheck check;
    std::unique_ptr<SSL, OpenSslFree<&OpenSsl::SSL_free>> session; ///< uses all of the above
    bool ready = false;                                            ///< the handshake is done
    bool more = true;             ///< read() may have something without new bytes
    bool peer_done = false;       ///< close_notify came
    std::optional<Error> failure; ///< what reading ended with
    TlsStep read_waits = TlsStep::WantRead;
    TlsStep write_waits = TlsStep::WantWrite;

    /// What a call that returned `result` waits for, if it does.
    [[nodiscard]] std::optional<TlsStep> waits(int result) const;
    /// Why a call failed that waits for nothing.
    [[nodiscard]] Error why(std::string_view call) const;
    [[nodiscard]] Error protocol_error(std::string_view call) const;
    void note_session();
    Result<Transfer> end_of_reading(int result);
    [[nodiscard]] Error write_failure();
};

std::optional<TlsStep> TlsSession::State::waits(int result) const
{
    switch (openssl().SSL_get_error(session.get(), result)) {
    case SSL_ERROR_WANT_READ: return TlsStep::WantRead;
    case SSL_ERROR_WANT_WRITE: return TlsStep::WantWrite;
    default: return std::nullopt;
    }
}

Error TlsSession::State::why(std::string_view call) const
{
    const bool unverified =
        ERR_GET_REASON(openssl().ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    if (check.verdict && unverified)
        return Error::tls(call, transport.peer, check.verdict->fault, check.verdict->words,
                          check.verdict->hint);
    if (!looks_like_tls(transport))
        return Error::tls(call, transport.peer, TlsFault::NotTls,
                          "the peer does not speak TLS: it began with " + shown(transport.first));
    // Before errors: OpenSSL tries to tell the peer, who may be gone.
    if (transport.ended && !peer_done) {
        Error error =
            Error::tls(call, transport.peer, TlsFault::Truncated,
                       ready ? "the stream ended without close_notify: it may have been cut"
                             : "the peer closed the connection in the middle of the handshake");
        if (ready)
            error.phase = Phase::Receive;
        return error;
    }
    if (transport.error) {
        Error error = *transport.error;
        if (!ready) {
            error.phase = Phase::Tls;
            error.call = call;
        }
        return error;
    }
    return protocol_error(call);
}

Error TlsSession::State::protocol_error(std::string_view call) const
{
    const auto code = openssl().ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    const bool of_ssl = ERR_GET_LIB(code) == ERR_LIB_SSL;
    if (of_ssl && reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
        return tls_alert(call, transport.peer, reason - SSL_AD_REASON_OFFSET);
    const auto fault = [&](TlsFault what, std::string words, std::string hint = {}) {
        return Error::tls(call, transport.peer, what, std::move(words), std::move(hint));
    };
    switch (of_ssl ? reason : 0) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
        return fault(TlsFault::Version, "no protocol version that both sides allow",
                     "--tls-min sets our lowest");
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        return fault(TlsFault::Cipher,
                     "nothing of what the peer offers is acceptable: " + openssl_reason());
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return fault(TlsFault::CertificateRequired, "the peer sent no certificate");
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return fault(TlsFault::Failed, "the peer speaks none of the protocols of --alpn");
    default: return fault(TlsFault::Failed, openssl_reason());
    }
}

void TlsSession::State::note_session()
{
    const auto& ssl = openssl();
    auto& facts = check.facts;
    facts.protocol = ssl.SSL_get_version(session.get());
    if (const auto* cipher = ssl.SSL_get_current_cipher(session.get()))
        facts.cipher = ssl.SSL_CIPHER_get_name(cipher);
    const unsigned char* protocol = nullptr;
    unsigned int length = 0;
    ssl.SSL_get0_alpn_selected(session.get(), &protocol, &length);
    if (length > 0)
        facts.alpn = readable_text({reinterpret_cast<const char*>(protocol), length});
    if (context->server)
        if (const char* name = ssl.SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name))
            facts.sni = readable_text(name);
}

/// What ended a round of reading: WouldBlock, the end, or an error, which stays.
Result<Transfer> TlsSession::State::end_of_reading(int result)
{
    more = false;
    if (const auto wanted = waits(result)) {
        read_waits = *wanted;
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    }
    if (openssl().SSL_get_error(session.get(), result) == SSL_ERROR_ZERO_RETURN) {
        peer_done = true;
        check.facts.close_notify = true;
        return Transfer{.kind = Transfer::Kind::End};
    }
    failure = why("TLS read");
    if (transport.ended)
        check.facts.close_notify = false;
    return Failure(*failure);
}

/// An alert that came before the reset says why.
Error TlsSession::State::write_failure()
{
    constexpr std::string_view call = "TLS write";
    if (!transport.error)
        return why(call);
    std::byte byte{};
    std::size_t got = 0;
    openssl().ERR_clear_error();
    const bool data = openssl().SSL_peek_ex(session.get(), &byte, 1, &got) == 1;
    const auto code = openssl().ERR_peek_error();
    const bool alert =
        ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
    return alert && !data ? protocol_error(call) : *transport.error;
}

TlsSession::TlsSession(std::unique_ptr<State> state) : m_state(std::move(state)) {}
TlsSession::TlsSession(TlsSession&& other) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&& other) noexcept = default;
TlsSession::~TlsSession() = default;

Result<TlsSession> TlsSession::make(const TlsContext& context, FdRef socket, std::string_view peer)
{
    auto state = std::make_unique<State>();
    state->context = context.shared();
    state->transport = {.socket = socket, .peer = std::string(peer), .error = {}, .first = {}};
    state->session.reset(openssl().SSL_new(state->context->context.get()));
    BIO* bio = state->session ? make_transport(state->transport) : nullptr;
    if (bio == nullptr)
        return Failure(Error::from_errno(Phase::Tls, "SSL_new", peer, ENOMEM));
    openssl().SSL_set_bio(state->session.get(), bio, bio);
    openssl().SSL_set_ex_data(state->session.get(), 0, &state->check);
    return TlsSession(std::move(state));
}

Result<TlsSession> TlsSession::connect(const TlsContext& context, FdRef socket,
                                       std::string_view name, std::string_view peer)
{
    auto made = TRY(make(context, socket, peer));
    auto& check = made.m_state->check;
    auto* session = made.m_state->session.get();
    check.name = name;
    openssl().SSL_set_connect_state(session);
    auto* rules = openssl().SSL_get0_param(session);
    // A certificate that was named as trusted is trusted, whoever issued it.
    openssl().X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (name.empty())
        return made;
    if (is_address(check.name)) {
        openssl().X509_VERIFY_PARAM_set1_ip_asc(rules, check.name.c_str());
        return made;
    }
    openssl().X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (openssl().X509_VERIFY_PARAM_set1_host(rules, check.name.data(), check.name.size()) != 1 ||
        openssl().SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           check.name.data()) != 1)
        return Failure(Error::tls(handshake_call, peer, TlsFault::Failed,
                                  quote(name) + " cannot be a server's name",
                                  "--sni NAME names whom to expect"));
    check.facts.sni = check.name;
    return made;
}

Result<TlsSession> TlsSession::accept(const TlsContext& context, FdRef socket,
                                      std::string_view peer)
{
    auto made = TRY(make(context, socket, peer));
    made.m_state->check.of_server = false;
    openssl().SSL_set_accept_state(made.m_state->session.get());
    return made;
}

Result<TlsStep> TlsSession::handshake()
{
    openssl().ERR_clear_error();
    const int result = openssl().SSL_do_handshake(m_state->session.get());
    if (result == 1) {
        m_state->ready = true;
        m_state->note_session();
        return TlsStep::Done;
    }
    if (const auto wanted = m_state->waits(result))
        return *wanted;
    return Failure(m_state->why(handshake_call));
}

Result<Transfer> TlsSession::read(std::span<std::byte> buffer)
{
    auto& state = *m_state;
    if (state.failure)
        return Failure(*state.failure);
    if (state.peer_done)
        return Transfer{.kind = Transfer::Kind::End};
    std::size_t filled = 0;
    Result<Transfer> end;
    while (filled < buffer.size()) {
        std::size_t got = 0;
        openssl().ERR_clear_error();
        const int result = openssl().SSL_read_ex(state.session.get(), buffer.data() + filled,
                                                 buffer.size() - filled, &got);
        if (result != 1) {
            end = state.end_of_reading(result);
            break;
        }
        filled += got;
    }
    if (filled == 0)
        return end;
    // Full: there may be more. Ended: that is still to be told.
    state.more = filled == buffer.size() || !end || !end->would_block();
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = filled};
}

Result<Transfer> TlsSession::write(std::span<const std::byte> bytes)
{
    auto& state = *m_state;
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        std::size_t written = 0;
        openssl().ERR_clear_error();
        const int result = openssl().SSL_write_ex(state.session.get(), bytes.data() + taken,
                                                  bytes.size() - taken, &written);
        if (result == 1) {
            taken += written;
            continue;
        }
        if (taken > 0) // what is in the way will be so at the next call
            break;
        const auto wanted = state.waits(result);
        if (!wanted)
            return Failure(state.write_failure());
        state.write_waits = *wanted;
        return Transfer{.kind = Transfer::Kind::WouldBlock};
    }
    return Transfer{.kind = Transfer::Kind::Moved, .bytes = taken};
}

Result<TlsStep> TlsSession::finish()
{
    openssl().ERR_clear_error();
    const int result = openssl().SSL_shutdown(m_state->session.get());
    if (result >= 0)
        return TlsStep::Done;
    if (const auto wanted = m_state->waits(result))
        return *wanted;
    return Failure(m_state->why("TLS close_notify"));
}

void TlsSession::fin_sent() { m_state->transport.finished = true; }

bool TlsSession::pending() const { return m_state->more; }
TlsStep TlsSession::read_waits_for() const { return m_state->read_waits; }
TlsStep TlsSession::write_waits_for() const { return m_state->write_waits; }
const TlsFacts& TlsSession::facts() const { return m_state->check.facts; }

} // namespace sockit
