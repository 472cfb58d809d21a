#pragma once

#include "cmd/options.h"
#include "sock/tls_context.h"

#include <optional>
#include <string>
#include <vector>

namespace sockit {

/// TLS options of clients.
struct TlsClientArgs {
    bool tls = false;
    bool insecure = false;
    std::optional<std::string> sni;
    std::optional<std::string> ca;
    std::optional<std::string> cert;
    std::optional<std::string> key;
    std::optional<std::string> alpn;
    std::optional<std::string> least;

    bool operator==(const TlsClientArgs&) const = default;
};

/// TLS options of servers.
struct TlsServerArgs {
    std::optional<std::string> cert;
    std::optional<std::string> key;
    std::optional<std::string> client_ca;
    std::optional<std::string> alpn;
    std::optional<std::string> least;

    bool operator==(const TlsServerArgs&) const = default;
};

std::vector<Option> tls_client_options(TlsClientArgs& args);
std::vector<Option> tls_server_options(TlsServerArgs& args);

/// Nothing where no TLS is wanted: neither --tls nor a tls: target. Options that need it are usage
/// errors then, and so is a target that names nobody to expect (unix:) without --sni or --insecure.
Result<std::optional<TlsClientPlan>> plan_tls_client(const TlsClientArgs& args,
                                                     const Target& target);
/// Nothing where no TLS is wanted: neither --tls-cert nor a tls: address.
Result<std::optional<TlsServerPlan>> plan_tls_server(const TlsServerArgs& args,
                                                     const Target& target);

} // namespace sockit
