#include "fuzz.h"
#include "op/proxy_plan.h"

// --proxy SCHEME://[USER[:PASSWORD]@]HOST:PORT

namespace sockit::fuzz {

namespace {

/// The text is part of the password: nothing that is shown tells of it.
void look_at_password(std::string_view text)
{
    const std::string password = "Wq7" + std::string(text);
    const auto plan = parse_proxy("socks5://user:" + password + "@host:1080");
    if (plan)
        must(plan->url == "socks5://user@host:1080" && plan->server.host == "host");
    else
        must(!plan.error().detail.contains("Wq7"));
}

} // namespace

void look_at(std::string_view text)
{
    look_at_password(text);
    const auto plan = parse_proxy(text);
    if (!plan)
        return;
    must(plan->server.transport == Transport::Tcp);
    if (!plan->credentials)
        must(parse_proxy(plan->url) == plan);
    else
        must(!plan->credentials->user.empty() || !plan->credentials->password.empty() ||
             text.contains('@'));
}

} // namespace sockit::fuzz
