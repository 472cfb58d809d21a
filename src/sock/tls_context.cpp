#include "sock/tls_context.h"

#include "base/escape.h"
#include "base/fd.h"
#include "sock/tls_shared.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sockit {

namespace {

/// A file that an option, or a variable, names.
struct NamedFile {
    std::string_view option;
    const std::string& path;
};

Failure bad_file(const NamedFile& file, TlsFault fault, const std::string& words,
                 std::string hint = {})
{
    auto error = Error::tls(file.option, file.path, fault, words, std::move(hint));
    return Failure(std::move(error));
}

Result<> check_readable(const NamedFile& file)
{
    const Fd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (fd.valid())
        return {};
    return Failure(Error::from_errno(Phase::Tls, file.option, file.path, errno));
}

bool is_directory(const std::string& path)
{
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Called for an encrypted key: nobody is asked.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked)
{
    *static_cast<bool*>(asked) = true;
    return -1;
}

Result<> load_authorities(SSL_CTX* context, const NamedFile& file)
{
    TRY(check_readable(file));
    openssl().ERR_clear_error();
    const int loaded = is_directory(file.path)
                           ? openssl().SSL_CTX_load_verify_dir(context, file.path.c_str())
                           : openssl().SSL_CTX_load_verify_file(context, file.path.c_str());
    if (loaded != 1)
        return bad_file(file, TlsFault::BadFile,
                        "no certificates in PEM format there: " + openssl_reason());
    return {};
}

Result<> load_key(SSL_CTX* context, const NamedFile& certificate, const NamedFile& key)
{
    TRY(check_readable(certificate));
    TRY(check_readable(key));
    openssl().ERR_clear_error();
    if (openssl().SSL_CTX_use_certificate_chain_file(context, certificate.path.c_str()) != 1)
        return bad_file(certificate, TlsFault::BadFile,
                        "no certificate in PEM format there: " + openssl_reason());
    bool encrypted = false;
    openssl().SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    openssl().SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
    openssl().ERR_clear_error();
    const bool used =
        openssl().SSL_CTX_use_PrivateKey_file(context, key.path.c_str(), SSL_FILETYPE_PEM) == 1;
    openssl().SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (encrypted)
        return bad_file(key, TlsFault::BadFile,
                        "the key is encrypted, and nobody is asked for "
                        "its passphrase",
                        "openssl pkey -in KEY -out PLAIN decrypts it");
    const bool mismatch = !used && ERR_GET_LIB(openssl().ERR_peek_error()) == ERR_LIB_X509;
    if (!used && !mismatch)
        return bad_file(key, TlsFault::BadFile,
                        "no private key in PEM format there: " + openssl_reason());
    if (mismatch || openssl().SSL_CTX_check_private_key(context) != 1)
        return bad_file(key, TlsFault::KeyMismatch,
                        "the key does not belong to the certificate in " +
                            escape(certificate.path));
    return {};
}

/// The system's authorities, or those that the variables of OpenSSL name instead.
Result<> load_default_authorities(SSL_CTX* context)
{
    for (const auto* variable : {"SSL_CERT_FILE", "SSL_CERT_DIR"})
        if (const char* path = ::getenv(variable); path != nullptr)
            TRY(check_readable({variable, path}));
    openssl().SSL_CTX_set_default_verify_paths(context);
    return {};
}

void set_least_version(SSL_CTX* context, TlsVersion least)
{
    constexpr std::array numbers{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    openssl().SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION,
                           numbers.at(static_cast<std::size_t>(least)), nullptr);
    if (least < TlsVersion::Tls12) // their signatures are below OpenSSL's own level
        openssl().SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
}

std::vector<unsigned char> alpn_bytes(std::span<const std::string> names)
{
    std::vector<unsigned char> bytes;
    for (const auto& name : names) {
        bytes.push_back(static_cast<unsigned char>(name.size()));
        bytes.insert(bytes.end(), name.begin(), name.end());
    }
    return bytes;
}

/// Our first protocol that the client offers as well.
int select_protocol(SSL* /*session*/, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned int offered_length, void* ours)
{
    const std::span theirs(offered, offered_length);
    const std::span<const unsigned char> mine(*static_cast<std::vector<unsigned char>*>(ours));
    for (std::size_t i = 0; i < mine.size(); i += mine[i] + 1U)
        for (std::size_t j = 0; j < theirs.size() && j + theirs[j] < theirs.size();
             j += theirs[j] + 1U)
            if (std::ranges::equal(mine.subspan(i, mine[i] + 1U),
                                   theirs.subspan(j, theirs[j] + 1U))) {
                *out = theirs.subspan(j + 1).data();
                *out_length = theirs[j];
                return SSL_TLSEXT_ERR_OK;
            }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// In place of OpenSSL's own verification: the same, with notes taken.
int check_peer(X509_STORE_CTX* store, void* /*unused*/)
{
    const auto* session = static_cast<const SSL*>(openssl().X509_STORE_CTX_get_ex_data(
        store, openssl().SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& check = *static_cast<TlsPeerCheck*>(openssl().SSL_get_ex_data(session, 0));
    const int verified = openssl().X509_verify_cert(store);
    auto& facts = check.facts;
    facts.chain = read_chain(store);
    facts.verified = verified == 1;
    if (!facts.chain.empty())
        facts.days_left = std::chrono::floor<std::chrono::days>(
                              facts.chain[0].not_after - std::chrono::ceil<std::chrono::seconds>(
                                                             std::chrono::system_clock::now()))
                              .count();
    if (verified != 1) {
        check.verdict = judge_verification(store, check.name, check.of_server);
        facts.verify_error = check.verdict->words;
    }
    return verified == 1 ? 1 : 0;
}

Result<std::shared_ptr<TlsContext::Shared>> make_context(bool server, TlsVersion least,
                                                         std::span<const std::string> alpn)
{
    constexpr std::size_t read_ahead = 64UL * 1024;
    TRY(load_openssl());
    const auto& ssl = openssl();
    auto shared = std::make_shared<TlsContext::Shared>();
    shared->context.reset(
        ssl.SSL_CTX_new(server ? ssl.TLS_server_method() : ssl.TLS_client_method()));
    if (!shared->context)
        return Failure(Error::tls("SSL_CTX_new", {}, TlsFault::Failed, openssl_reason()));
    auto* context = shared->context.get();
    shared->server = server;
    shared->alpn = alpn_bytes(alpn);
    // No session is ever resumed, and a ticket that the peer has not read when it closes would make
    // its kernel reset the connection.
    ssl.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    ssl.SSL_CTX_set_num_tickets(context, 0);
    ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);
    ssl.SSL_CTX_ctrl(context, SSL_CTRL_MODE,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS,
                     nullptr);
    ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nullptr);
    ssl.SSL_CTX_set_default_read_buffer_len(context, read_ahead);
    set_least_version(context, least);
    ssl.SSL_CTX_set_cert_verify_callback(context, check_peer, nullptr);
    return shared;
}

} // namespace

std::string tls_name(const TlsClientPlan& plan, const Target& target)
{
    if (plan.sni)
        return *plan.sni;
    auto name = target.endpoint ? target.endpoint->address() : target.host;
    if (name.ends_with('.'))
        name.pop_back(); // the root's dot belongs to DNS
    return name;
}

Result<TlsContext> TlsContext::client(const TlsClientPlan& plan)
{
    auto shared = TRY(make_context(false, plan.least, plan.alpn));
    auto* context = shared->context.get();
    if (!shared->alpn.empty())
        openssl().SSL_CTX_set_alpn_protos(context, shared->alpn.data(),
                                          static_cast<unsigned int>(shared->alpn.size()));
    if (plan.ca)
        TRY(load_authorities(context, {"--ca", *plan.ca}));
    else
        TRY(load_default_authorities(context));
    if (plan.certificate)
        TRY(load_key(context, {"--cert", *plan.certificate},
                     plan.key ? NamedFile{"--key", *plan.key}
                              : NamedFile{"--cert", *plan.certificate}));
    openssl().SSL_CTX_set_verify(context, plan.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                                 nullptr);
    return TlsContext(std::move(shared));
}

Result<TlsContext> TlsContext::server(const TlsServerPlan& plan)
{
    auto shared = TRY(make_context(true, plan.least, plan.alpn));
    auto* context = shared->context.get();
    if (!shared->alpn.empty())
        openssl().SSL_CTX_set_alpn_select_cb(context, select_protocol, &shared->alpn);
    TRY(load_key(context, {"--tls-cert", plan.certificate},
                 plan.key ? NamedFile{"--tls-key", *plan.key}
                          : NamedFile{"--tls-cert", plan.certificate}));
    if (plan.client_ca) {
        TRY(load_authorities(context, {"--tls-client-ca", *plan.client_ca}));
        if (!is_directory(*plan.client_ca))
            openssl().SSL_CTX_set_client_CA_list(
                context, openssl().SSL_load_client_CA_file(plan.client_ca->c_str()));
        openssl().SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                     nullptr);
    }
    return TlsContext(std::move(shared));
}

std::string openssl_reason()
{
    const char* reason = openssl().ERR_reason_error_string(openssl().ERR_peek_error());
    return reason != nullptr ? reason : "no reason given";
}

} // namespace sockit
