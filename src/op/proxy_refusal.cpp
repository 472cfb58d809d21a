#include "op/proxy_refusal.h"

#include "base/escape.h"

#include <cerrno>

namespace sockit {

namespace {

std::string says(const ProxyNames& names, std::string_view words)
{
    return "the proxy " + escape(names.url) + " says: " + std::string(words);
}

Error of_proxy(const ProxyNames& names, int errno_value, std::string_view words)
{
    Error error = Error::from_errno(Phase::Connect, "proxy", names.url, errno_value);
    error.detail = words;
    return error;
}

} // namespace

Error target_refused(const ProxyNames& names, int errno_value, std::string_view words)
{
    Error error = Error::from_errno(Phase::Connect, "connect", names.target, errno_value);
    error.detail = says(names, words);
    return error;
}

Error target_unresolved(const ProxyNames& names, int eai, std::string_view words)
{
    Error error = Error::from_resolver(names.target, eai);
    error.detail = says(names, words);
    return error;
}

Error target_not_reached(const ProxyNames& names, std::string_view words)
{
    Error error = Error::unmet("connect", names.target,
                               "connect " + escape(names.target) + ": " + says(names, words));
    error.phase = Phase::Connect;
    return error;
}

Error proxy_denied(const ProxyNames& names, std::string_view words)
{
    return of_proxy(names, EACCES, words);
}

Error proxy_nonsense(const ProxyNames& names, std::string_view words)
{
    return of_proxy(names, EPROTO, words);
}

} // namespace sockit
