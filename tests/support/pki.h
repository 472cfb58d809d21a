#pragma once

#include "support/run.h"

#include <string>
#include <string_view>

namespace sockit::test {

/// A certificate and its key, as PEM files.
struct Identity {
    std::string certificate;
    std::string key;
};

/// Throw-away certificates, made by the openssl program.
class Pki {
public:
    /// The authority.
    Pki();

    [[nodiscard]] const std::string& authority() const { return m_authority.certificate; }
    /// A file that does not exist yet.
    [[nodiscard]] std::string path(std::string_view name) const { return m_directory.path(name); }

    /// Issued by the authority to CN=`name`, with `alternatives` as OpenSSL spells them
    /// ("DNS:localhost,IP:127.0.0.1").
    Identity issue(const std::string& name, const std::string& alternatives) const;
    /// The same, for so many days.
    Identity issue_for_days(const std::string& name, const std::string& alternatives,
                            int days) const;
    /// Ended yesterday.
    Identity issue_expired(const std::string& name, const std::string& alternatives) const;
    /// Signed by its own key.
    Identity self_signed(const std::string& name, const std::string& alternatives) const;

private:
    Identity make(const std::string& name, const Words& more) const;

    TemporaryDirectory m_directory;
    Identity m_authority;
};

/// One authority for all tests of the process, and what most of them need.
struct CommonPki {
    Pki pki;
    Identity server = pki.issue("localhost", "DNS:localhost,IP:127.0.0.1,IP:::1");
    Identity elsewhere = pki.issue("example.org", "DNS:example.org,DNS:*.example.org");
    Identity expired = pki.issue_expired("localhost", "DNS:localhost");
    Identity alone = pki.self_signed("localhost", "DNS:localhost,IP:127.0.0.1");
    Identity client = pki.issue("client", "email:client@example.org");
};

const CommonPki& common_pki();

} // namespace sockit::test
