#include "sock/openssl.h"

#include <string>
#include <string_view>

#include <dlfcn.h>

namespace sockit {

namespace {

OpenSsl openssl_table;

Failure openssl_missing(std::string_view what)
{
    Error error = Error::unsupported("dlopen", {});
    error.phase = Phase::Tls;
    const char* reason = ::dlerror();
    error.detail =
        "TLS needs OpenSSL 3: " + (reason != nullptr ? std::string(reason) : std::string(what));
    error.hint = "install OpenSSL 3 (Debian: libssl3)";
    return Failure(std::move(error));
}

/// A library that fails halfway stays loaded, which hurts nobody: the run is over.
Result<OpenSsl> look_up_openssl()
{
    OpenSsl table;
    void* library = ::dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return openssl_missing("libcrypto.so.3");
#define SOCKIT_LOOK_UP(name)                                                                       \
    table.name = reinterpret_cast<decltype(table.name)>(::dlsym(library, #name));                  \
    if (table.name == nullptr)                                                                     \
        return openssl_missing(#name);
    SOCKIT_LIBCRYPTO_FUNCTIONS(SOCKIT_LOOK_UP)
    library = ::dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return openssl_missing("libssl.so.3");
    SOCKIT_LIBSSL_FUNCTIONS(SOCKIT_LOOK_UP)
#undef SOCKIT_LOOK_UP
    return table;
}

} // namespace

Result<> load_openssl()
{
    if (openssl_table.TLS_server_method == nullptr)
        openssl_table = TRY(look_up_openssl());
    return {};
}

const OpenSsl& openssl() { return openssl_table; }

} // namespace sockit
