#include "report/probe_talk_text.h"

#include "base/escape.h"

#include <fmt/format.h>

#include <string_view>

namespace sockit {

namespace {

std::string days_left_text(std::int64_t days)
{
    const auto count = days < 0 ? -days : days;
    return fmt::format("{} {} {}", count, count == 1 ? "day" : "days",
                       days < 0 ? "past its end" : "left");
}

} // namespace

std::string banner_text(const ProbeResult& result)
{
    if (!result.banner)
        return {};
    const std::string_view banner = *result.banner;
    const auto line = banner.substr(0, banner.find_first_of("\r\n"));
    return line.empty() ? escape(banner) : escape(line);
}

std::string tls_text(const ProbeResult& result)
{
    if (!result.tls)
        return {};
    const TlsFacts& facts = *result.tls;
    std::string text;
    const auto add = [&](std::string_view part) {
        text += text.empty() ? "" : ", ";
        text += part;
    };
    if (!facts.protocol.empty())
        add(facts.protocol + " " + facts.cipher);
    if (facts.alpn)
        add(escape(*facts.alpn));
    if (!facts.chain.empty())
        add(escape(facts.chain.front().subject));
    if (facts.days_left)
        add(days_left_text(*facts.days_left));
    if (result.ok && facts.verify_error) // else it stands before, as the reason
        add("not verified: " + *facts.verify_error);
    return text;
}

} // namespace sockit
