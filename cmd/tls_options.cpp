#include "cmd/tls_options.h"

#include "base/parse.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <sys/socket.h>

namespace sockit {

namespace {

struct GivenOption {
    bool given;
    std::string_view name;
};

/// A usage error for the first that was given: it lacks `needed`.
Result<> forbid_given(std::span<const GivenOption> options, std::string_view needed)
{
    const auto given = std::ranges::find(options, true, &GivenOption::given);
    if (given == options.end())
        return {};
    return Failure(Error::usage(std::string(given->name) + " wants " + std::string(needed)));
}

Result<> check_stream(const Target& target)
{
    if (socket_type(target.transport) == SOCK_STREAM)
        return {};
    return Failure(Error::usage("TLS wants a stream, not " +
                                std::string(transport_name(target.transport)) + ":"));
}

Result<std::vector<std::string>> plan_alpn(const std::optional<std::string>& text)
{
    constexpr std::size_t longest = 255; // RFC 7301, 3.1
    std::vector<std::string> names;
    if (!text)
        return names;
    for (std::size_t start = 0; start <= text->size();) {
        const auto comma = std::min(text->find(',', start), text->size());
        names.push_back(text->substr(start, comma - start));
        if (names.back().empty() || names.back().size() > longest)
            return bad_value("--alpn", *text,
                             "expected names of 1 to 255 bytes with commas between");
        start = comma + 1;
    }
    return names;
}

Result<TlsVersion> plan_version(const std::optional<std::string>& text)
{
    constexpr std::array<std::string_view, 4> names{"1.0", "1.1", "1.2", "1.3"};
    if (!text)
        return TlsVersion::Tls12;
    const auto found = std::ranges::find(names, *text);
    if (found == names.end())
        return bad_value("--tls-min", *text, "expected 1.0, 1.1, 1.2 or 1.3");
    return static_cast<TlsVersion>(found - names.begin());
}

Result<> check_server_name(const std::string& name)
{
    constexpr std::size_t longest = 253;
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (name.empty() || name.size() > longest || !std::ranges::all_of(name, printable))
        return bad_value("--sni", name, "expected a host's name or an address");
    return {};
}

Result<> check_named(const std::optional<std::string>& file, std::string_view option)
{
    if (file && file->empty())
        return bad_value(option, *file, "expected a file");
    return {};
}

} // namespace

std::vector<Option> tls_client_options(TlsClientArgs& args)
{
    return {
        {"--tls", "", "Speak TLS, as with a tls: target", &args.tls},
        {"--sni", "NAME", "Expect a certificate for NAME (default: the target's host)", &args.sni},
        {"--ca", "FILE|DIR", "Trust these authorities instead of the system's", &args.ca},
        {"--cert", "FILE", "Show this certificate", &args.cert},
        {"--key", "FILE", "Its private key (default: in the same file)", &args.key},
        {"--alpn", "LIST", "Offer these application protocols, comma-separated", &args.alpn},
        {"--tls-min", "VERSION", "Lowest TLS version: 1.0 to 1.3 (default: 1.2)", &args.least},
        {"--insecure", "", "Take any certificate", &args.insecure},
    };
}

std::vector<Option> tls_server_options(TlsServerArgs& args)
{
    return {
        {"--tls-cert", "FILE", "Speak TLS with this certificate and its chain", &args.cert},
        {"--tls-key", "FILE", "Its private key (default: in the same file)", &args.key},
        {"--tls-client-ca", "FILE|DIR", "Demand client certificates of these authorities",
         &args.client_ca},
        {"--alpn", "LIST",
         "Accept these application protocols, comma-separated, the first preferred", &args.alpn},
        {"--tls-min", "VERSION", "Lowest TLS version: 1.0 to 1.3 (default: 1.2)", &args.least},
    };
}

Result<std::optional<TlsClientPlan>> plan_tls_client(const TlsClientArgs& args,
                                                     const Target& target)
{
    if (!args.tls && target.transport != Transport::Tls) {
        const std::array needing{
            GivenOption{args.sni.has_value(), "--sni"},
            GivenOption{args.ca.has_value(), "--ca"},
            GivenOption{args.cert.has_value(), "--cert"},
            GivenOption{args.key.has_value(), "--key"},
            GivenOption{args.alpn.has_value(), "--alpn"},
            GivenOption{args.least.has_value(), "--tls-min"},
            GivenOption{args.insecure, "--insecure"},
        };
        TRY(forbid_given(needing, "--tls or a tls: target"));
        return std::optional<TlsClientPlan>();
    }
    TRY(check_stream(target));
    for (const auto& [file, option] : {std::pair(&args.ca, "--ca"), std::pair(&args.cert, "--cert"),
                                       std::pair(&args.key, "--key")})
        TRY(check_named(*file, option));
    if (args.key && !args.cert)
        return Failure(Error::usage("--key wants --cert, the certificate that it belongs to"));
    if (args.ca && args.insecure)
        return Failure(Error::usage("--ca and --insecure exclude each other"));
    if (args.sni)
        TRY(check_server_name(*args.sni));
    TlsClientPlan plan{.sni = args.sni,
                       .alpn = TRY(plan_alpn(args.alpn)),
                       .ca = args.ca,
                       .certificate = args.cert,
                       .key = args.key,
                       .insecure = args.insecure,
                       .least = TRY(plan_version(args.least))};
    if (!plan.insecure && tls_name(plan, target).empty())
        return Failure(Error::usage("TLS with " + target.text +
                                    ": --sni NAME says whose certificate to expect; --insecure "
                                    "takes any"));
    return std::optional(std::move(plan));
}

Result<std::optional<TlsServerPlan>> plan_tls_server(const TlsServerArgs& args,
                                                     const Target& target)
{
    if (!args.cert) {
        const std::array needing{
            GivenOption{target.transport == Transport::Tls, "a tls: address"},
            GivenOption{args.key.has_value(), "--tls-key"},
            GivenOption{args.client_ca.has_value(), "--tls-client-ca"},
            GivenOption{args.alpn.has_value(), "--alpn"},
            GivenOption{args.least.has_value(), "--tls-min"},
        };
        TRY(forbid_given(needing, "--tls-cert FILE, the certificate to show"));
        return std::optional<TlsServerPlan>();
    }
    TRY(check_stream(target));
    for (const auto& [file, option] :
         {std::pair(&args.cert, "--tls-cert"), std::pair(&args.key, "--tls-key"),
          std::pair(&args.client_ca, "--tls-client-ca")})
        TRY(check_named(*file, option));
    return std::optional(TlsServerPlan{.certificate = *args.cert,
                                       .key = args.key,
                                       .client_ca = args.client_ca,
                                       .alpn = TRY(plan_alpn(args.alpn)),
                                       .least = TRY(plan_version(args.least))});
}

} // namespace sockit
