#pragma once

#include "base/result.h"
#include "sock/target.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

enum class TlsVersion : std::uint8_t { Tls10, Tls11, Tls12, Tls13 };

struct TlsClientPlan {
    std::optional<std::string> sni; ///< whom to expect, where it is not the target's host
    std::vector<std::string> alpn;  ///< in order of preference
    std::optional<std::string> ca;  ///< file or directory; none: the system's authorities
    std::optional<std::string> certificate;
    std::optional<std::string> key; ///< none: it is in the certificate's file
    bool insecure = false;          ///< a certificate that does not verify is taken all the same
    TlsVersion least = TlsVersion::Tls12;

    bool operator==(const TlsClientPlan&) const = default;
};

struct TlsServerPlan {
    std::string certificate;
    std::optional<std::string> key;       ///< none: it is in the certificate's file
    std::optional<std::string> client_ca; ///< clients must show a certificate of that authority
    std::vector<std::string> alpn;        ///< in order of preference
    TlsVersion least = TlsVersion::Tls12;

    bool operator==(const TlsServerPlan&) const = default;
};

/// Whom the certificate of `target` should be for: --sni, else its host or address; empty for unix.
std::string tls_name(const TlsClientPlan& plan, const Target& target);

/// What all sessions of one end share: keys, authorities, rules. Copies are the same context.
class TlsContext {
public:
    /// Loads OpenSSL and all files. Errors: Domain::Unsupported without OpenSSL; the errno of a
    /// file that cannot be read; Domain::Tls for a file that holds something else, an encrypted
    /// key, or one that does not belong to the certificate. All name file and option.
    static Result<TlsContext> client(const TlsClientPlan& plan);
    static Result<TlsContext> server(const TlsServerPlan& plan);

    struct Shared;
    /// For TlsSession.
    [[nodiscard]] const std::shared_ptr<const Shared>& shared() const { return m_shared; }

private:
    explicit TlsContext(std::shared_ptr<const Shared> shared) : m_shared(std::move(shared)) {}

    std::shared_ptr<const Shared> m_shared;
};

} // namespace sockit
