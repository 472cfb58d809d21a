#include "base/escape.h"
#include "sock/sockopt_codec.h"
#include "sock/sockopt_struct.h"

#include <algorithm>

namespace sockit {

namespace {

std::string text_of(const SockoptRow& row, const SockoptValue::Fields& fields)
{
    const auto member = [&](std::size_t i) { return sockopt_text(row, fields[i].value); };
    if (row.codec == SockoptCodec::Linger && fields.size() == 2)
        return fields[0].value == SockoptValue{false} ? "off" : member(1);
    if (row.codec == SockoptCodec::PortRange && fields.size() == 2)
        return member(0) + "-" + member(1);
    const bool settable = row.settable() && !struct_members(row.codec).empty();
    std::string text;
    for (const auto& field : fields) {
        if (!text.empty())
            text += settable ? "," : " ";
        if (!settable)
            text += std::string(field.name) + "=";
        text += sockopt_text(row, field.value);
    }
    return text;
}

std::string duration_text(Duration duration)
{
    const auto microseconds = duration.count() / 1000;
    constexpr std::int64_t million = 1'000'000;
    std::string text = std::to_string(microseconds / million);
    if (const auto rest = microseconds % million; rest != 0) {
        const auto digits = std::to_string(million + rest).substr(1);
        text += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
    }
    return text + "s";
}

} // namespace

std::string sockopt_text(const SockoptRow& row, const SockoptValue& value)
{
    struct Printer {
        const SockoptRow& row;
        std::string operator()(std::monostate) const { return "unknown"; }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(std::uint64_t number) const { return std::to_string(number); }
        std::string operator()(Duration duration) const { return duration_text(duration); }
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(const SockoptBytes& raw) const { return "hex:" + hex(raw.bytes); }
        std::string operator()(const Endpoint& endpoint) const { return endpoint.text(); }
        std::string operator()(const SockoptValue::List& list) const
        {
            std::string text;
            for (const auto& element : list)
                text += (text.empty() ? "" : " ") + sockopt_text(row, element);
            return text;
        }
        std::string operator()(const SockoptValue::Fields& fields) const
        {
            return text_of(row, fields);
        }
    };
    return std::visit(Printer{row}, value.data);
}

std::string_view sockopt_symbol(const SockoptRow& row, const SockoptValue& value)
{
    std::int64_t number = 0;
    if (const auto* natural = std::get_if<std::uint64_t>(&value.data))
        number = static_cast<std::int64_t>(*natural);
    else if (const auto* integer = std::get_if<std::int64_t>(&value.data))
        number = *integer;
    else
        return {};
    const auto found = std::ranges::find(row.symbols, number, &SockoptSymbol::value);
    return found == row.symbols.end() ? std::string_view{} : found->name;
}

} // namespace sockit
