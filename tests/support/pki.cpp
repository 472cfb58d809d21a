#include "support/pki.h"

#include <atomic>

namespace sockit::test {

namespace {

Words request(const Words& more)
{
    Words words{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

void must(const Words& words)
{
    const auto outcome = run_program(words);
    EXPECT_TRUE(exited(outcome, 0)) << outcome;
}

std::string next_name()
{
    static std::atomic<int> count = 0;
    return std::to_string(++count);
}

} // namespace

Pki::Pki() : m_authority{.certificate = path("ca.pem"), .key = path("ca.key")}
{
    must(request({"-keyout", m_authority.key, "-out", m_authority.certificate, "-days", "30",
                  "-subj", "/CN=Test Authority", "-addext",
                  "keyUsage=critical,keyCertSign,cRLSign"}));
}

Identity Pki::make(const std::string& name, const Words& more) const
{
    const auto base = next_name();
    Identity identity{.certificate = path(base + ".pem"), .key = path(base + ".key")};
    auto words = request({"-keyout", identity.key, "-out", identity.certificate, "-days", "20",
                          "-subj", "/CN=" + name});
    words.insert(words.end(), more.begin(), more.end());
    must(words);
    return identity;
}

Identity Pki::issue(const std::string& name, const std::string& alternatives) const
{
    return make(name, {"-CA", m_authority.certificate, "-CAkey", m_authority.key, "-addext",
                       "subjectAltName=" + alternatives, "-addext",
                       "basicConstraints=critical,CA:false"});
}

Identity Pki::issue_for_days(const std::string& name, const std::string& alternatives,
                             int days) const
{
    return make(name, {"-CA", m_authority.certificate, "-CAkey", m_authority.key, "-addext",
                       "subjectAltName=" + alternatives, "-days", std::to_string(days)});
}

Identity Pki::self_signed(const std::string& name, const std::string& alternatives) const
{
    return make(name, {"-addext", "subjectAltName=" + alternatives});
}

Identity Pki::issue_expired(const std::string& name, const std::string& alternatives) const
{
    const auto base = next_name();
    Identity identity{.certificate = path(base + ".pem"), .key = path(base + ".key")};
    const auto wish = path(base + ".csr");
    must({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-keyout", identity.key, "-out", wish, "-subj", "/CN=" + name, "-addext",
          "subjectAltName=" + alternatives});
    must({"openssl", "x509", "-req", "-in", wish, "-CA", m_authority.certificate, "-CAkey",
          m_authority.key, "-days", "-1", "-copy_extensions", "copyall", "-out",
          identity.certificate});
    return identity;
}

const CommonPki& common_pki()
{
    static const CommonPki pki;
    return pki;
}

} // namespace sockit::test
