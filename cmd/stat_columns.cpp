#include "cmd/stat_columns.h"

#include "base/escape.h"
#include "base/suggest.h"

namespace sockit {

namespace {

Result<const StatColumn*> plan_column(std::string_view name, std::string_view option)
{
    if (const auto* column = find_stat_column(name))
        return column;
    Error error = Error::usage("unknown column " + quote(name) + " in " + std::string(option));
    std::vector<std::string_view> names;
    for (const auto& column : stat_columns())
        if (column.name.size() > 1) // any slip is near those of one letter
            names.push_back(column.name);
    const auto close = nearest(name, names);
    error.hint = close ? "did you mean " + std::string(*close) + "?"
                       : "sockit stat --help names the columns";
    return Failure(std::move(error));
}

/// The parts between commas; an empty one is no column.
std::vector<std::string_view> split_list(std::string_view list)
{
    std::vector<std::string_view> parts;
    while (true) {
        const auto comma = list.find(',');
        parts.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos)
            return parts;
        list.remove_prefix(comma + 1);
    }
}

} // namespace

Result<std::vector<const StatColumn*>> plan_columns(std::string_view list, std::string_view option)
{
    std::vector<const StatColumn*> columns;
    for (const auto name : split_list(list))
        columns.push_back(TRY(plan_column(name, option)));
    return columns;
}

Result<std::vector<StatOrder>> plan_order(std::string_view list)
{
    std::vector<StatOrder> orders;
    for (auto name : split_list(list)) {
        const bool descending = name.starts_with('-');
        if (descending || name.starts_with('+'))
            name.remove_prefix(1);
        orders.push_back({TRY(plan_column(name, "--sort")), descending});
    }
    return orders;
}

} // namespace sockit
