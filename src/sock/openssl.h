#pragma once

#include "base/result.h"

#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace sockit {

// OpenSSL 3, loaded when TLS is asked for and not before: a program that is started by the thousand
// does not pay for two libraries that it rarely needs, and runs where they are missing. Only real
// functions can be in these lists; what a macro of its headers calls is called by its true name.

#define SOCKIT_LIBCRYPTO_FUNCTIONS(FUNCTION)                                                       \
    FUNCTION(ASN1_STRING_get0_data)                                                                \
    FUNCTION(ASN1_STRING_length)                                                                   \
    FUNCTION(ASN1_TIME_to_tm)                                                                      \
    FUNCTION(BIO_clear_flags)                                                                      \
    FUNCTION(BIO_ctrl)                                                                             \
    FUNCTION(BIO_free)                                                                             \
    FUNCTION(BIO_get_data)                                                                         \
    FUNCTION(BIO_get_new_index)                                                                    \
    FUNCTION(BIO_meth_new)                                                                         \
    FUNCTION(BIO_meth_set_ctrl)                                                                    \
    FUNCTION(BIO_meth_set_read)                                                                    \
    FUNCTION(BIO_meth_set_write)                                                                   \
    FUNCTION(BIO_new)                                                                              \
    FUNCTION(BIO_s_mem)                                                                            \
    FUNCTION(BIO_set_data)                                                                         \
    FUNCTION(BIO_set_flags)                                                                        \
    FUNCTION(BIO_set_init)                                                                         \
    FUNCTION(ERR_clear_error)                                                                      \
    FUNCTION(ERR_peek_error)                                                                       \
    FUNCTION(ERR_reason_error_string)                                                              \
    FUNCTION(GENERAL_NAMES_free)                                                                   \
    FUNCTION(OPENSSL_sk_num)                                                                       \
    FUNCTION(OPENSSL_sk_value)                                                                     \
    FUNCTION(X509_NAME_print_ex)                                                                   \
    FUNCTION(X509_STORE_CTX_get0_cert)                                                             \
    FUNCTION(X509_STORE_CTX_get0_untrusted)                                                        \
    FUNCTION(X509_STORE_CTX_get_current_cert)                                                      \
    FUNCTION(X509_STORE_CTX_get_error)                                                             \
    FUNCTION(X509_STORE_CTX_get_error_depth)                                                       \
    FUNCTION(X509_STORE_CTX_get_ex_data)                                                           \
    FUNCTION(X509_VERIFY_PARAM_set1_host)                                                          \
    FUNCTION(X509_VERIFY_PARAM_set1_ip_asc)                                                        \
    FUNCTION(X509_VERIFY_PARAM_set_flags)                                                          \
    FUNCTION(X509_VERIFY_PARAM_set_hostflags)                                                      \
    FUNCTION(X509_get0_notAfter)                                                                   \
    FUNCTION(X509_get0_notBefore)                                                                  \
    FUNCTION(X509_get_ext_d2i)                                                                     \
    FUNCTION(X509_get_issuer_name)                                                                 \
    FUNCTION(X509_get_subject_name)                                                                \
    FUNCTION(X509_verify_cert)                                                                     \
    FUNCTION(X509_verify_cert_error_string)

#define SOCKIT_LIBSSL_FUNCTIONS(FUNCTION)                                                          \
    FUNCTION(SSL_CIPHER_get_name)                                                                  \
    FUNCTION(SSL_CTX_check_private_key)                                                            \
    FUNCTION(SSL_CTX_ctrl)                                                                         \
    FUNCTION(SSL_CTX_free)                                                                         \
    FUNCTION(SSL_CTX_load_verify_dir)                                                              \
    FUNCTION(SSL_CTX_load_verify_file)                                                             \
    FUNCTION(SSL_CTX_new)                                                                          \
    FUNCTION(SSL_CTX_set_alpn_protos)                                                              \
    FUNCTION(SSL_CTX_set_alpn_select_cb)                                                           \
    FUNCTION(SSL_CTX_set_cert_verify_callback)                                                     \
    FUNCTION(SSL_CTX_set_cipher_list)                                                              \
    FUNCTION(SSL_CTX_set_client_CA_list)                                                           \
    FUNCTION(SSL_CTX_set_default_passwd_cb)                                                        \
    FUNCTION(SSL_CTX_set_default_passwd_cb_userdata)                                               \
    FUNCTION(SSL_CTX_set_default_read_buffer_len)                                                  \
    FUNCTION(SSL_CTX_set_default_verify_paths)                                                     \
    FUNCTION(SSL_CTX_set_num_tickets)                                                              \
    FUNCTION(SSL_CTX_set_options)                                                                  \
    FUNCTION(SSL_CTX_set_verify)                                                                   \
    FUNCTION(SSL_CTX_use_PrivateKey_file)                                                          \
    FUNCTION(SSL_CTX_use_certificate_chain_file)                                                   \
    FUNCTION(SSL_alert_desc_string_long)                                                           \
    FUNCTION(SSL_ctrl)                                                                             \
    FUNCTION(SSL_do_handshake)                                                                     \
    FUNCTION(SSL_free)                                                                             \
    FUNCTION(SSL_get0_alpn_selected)                                                               \
    FUNCTION(SSL_get0_param)                                                                       \
    FUNCTION(SSL_get_current_cipher)                                                               \
    FUNCTION(SSL_get_error)                                                                        \
    FUNCTION(SSL_get_ex_data)                                                                      \
    FUNCTION(SSL_get_ex_data_X509_STORE_CTX_idx)                                                   \
    FUNCTION(SSL_get_servername)                                                                   \
    FUNCTION(SSL_get_version)                                                                      \
    FUNCTION(SSL_load_client_CA_file)                                                              \
    FUNCTION(SSL_new)                                                                              \
    FUNCTION(SSL_peek_ex)                                                                          \
    FUNCTION(SSL_read_ex)                                                                          \
    FUNCTION(SSL_set_accept_state)                                                                 \
    FUNCTION(SSL_set_bio)                                                                          \
    FUNCTION(SSL_set_connect_state)                                                                \
    FUNCTION(SSL_set_ex_data)                                                                      \
    FUNCTION(SSL_shutdown)                                                                         \
    FUNCTION(SSL_write_ex)                                                                         \
    FUNCTION(TLS_client_method)                                                                    \
    FUNCTION(TLS_server_method)

/// The functions, each under its own name and with its own type.
struct OpenSsl {
    // NOLINTBEGIN(readability-identifier-naming, bugprone-macro-parentheses): names of OpenSSL's
#define SOCKIT_MEMBER(name) decltype(&::name) name = nullptr;
    SOCKIT_LIBCRYPTO_FUNCTIONS(SOCKIT_MEMBER)
    SOCKIT_LIBSSL_FUNCTIONS(SOCKIT_MEMBER)
#undef SOCKIT_MEMBER
    // NOLINTEND(readability-identifier-naming, bugprone-macro-parentheses)
};

/// Loads libcrypto.so.3 and libssl.so.3 at the first call; they stay. Error: Domain::Unsupported,
/// which names the library or the function that is missing.
Result<> load_openssl();

/// The functions, once load_openssl() has succeeded.
const OpenSsl& openssl();

/// Frees what OpenSSL made: `std::unique_ptr<SSL, OpenSslFree<&OpenSsl::SSL_free>>`.
template <auto Function>
struct OpenSslFree {
    template <class T>
    void operator()(T* object) const
    {
        (openssl().*Function)(object);
    }
};

} // namespace sockit
