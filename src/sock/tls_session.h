#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sock/io.h"
#include "sock/tls_context.h"
#include "sock/tls_facts.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sockit {

/// How far a step came that could not block.
enum class TlsStep : std::uint8_t { Done, WantRead, WantWrite };

/// One TLS session over a connected stream socket that does not block. The socket stays the
/// caller's. Errors of the handshake have Phase::Tls: Domain::Tls with the reason in words, or the
/// errno of the socket. TLS 1.3 and 1.2 alike keep the two directions apart: each ends by itself.
class TlsSession {
public:
    /// `name`: whom the certificate should be for, a host or an IP address (which goes into no
    /// SNI); empty: any. `peer` is the subject of errors.
    static Result<TlsSession> connect(const TlsContext& context, FdRef socket,
                                      std::string_view name, std::string_view peer);
    static Result<TlsSession> accept(const TlsContext& context, FdRef socket,
                                     std::string_view peer);

    TlsSession(TlsSession&& other) noexcept;
    TlsSession& operator=(TlsSession&& other) noexcept;
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession();

    /// Until Done. After an error the session is over; the facts tell of the certificate all the
    /// same.
    Result<TlsStep> handshake();
    /// As many records as are there and fit. End: the peer's close_notify. A FIN without it is
    /// TlsFault::Truncated, after everything that came before it.
    Result<Transfer> read(std::span<std::byte> buffer);
    /// After WouldBlock the same bytes must come again, more may follow them.
    Result<Transfer> write(std::span<const std::byte> bytes);
    /// close_notify: nothing can be written any more; reading goes on. Call it again while it wants
    /// something. The FIN that follows is the caller's.
    Result<TlsStep> finish();
    /// The caller has sent FIN: from now on the protocol's own answers are dropped.
    void fin_sent();

    /// Whether read() has something without the socket's being readable.
    [[nodiscard]] bool pending() const;
    /// What a read() or write() that would block waits for.
    [[nodiscard]] TlsStep read_waits_for() const;
    [[nodiscard]] TlsStep write_waits_for() const;
    [[nodiscard]] const TlsFacts& facts() const;

private:
    struct State;
    explicit TlsSession(std::unique_ptr<State> state);
    static Result<TlsSession> make(const TlsContext& context, FdRef socket, std::string_view peer);

    std::unique_ptr<State> m_state;
};

} // namespace sockit
