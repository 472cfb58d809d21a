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

constexpr std::size_t help_width = 79;

/// Appends the name to lines that begin with two spaces.
void append_folded(std::string& out, std::size_t& column, std::string_view name)
{
    if (column + 1 + name.size() > help_width) {
        out += "\n ";
        column = 1;
    }
    out += ' ';
    out += name;
    column += 1 + name.size();
}

std::string describe_columns()
{
    std::string out =
        "Without options: how many sockets are in which state, and who waits for clients.\n"
        "Switches combine as in `sockit stat -tlnp`.\n"
        "FILTER is ss's: [state X | exclude X]... [EXPRESSION], with src, dst, sport, dport, dev,\n"
        "fwmark, cgroup, autobound, and pid, comm, uid, user, inode besides.\n\n"
        "Columns, for --columns, --sort and --count-by:\n ";
    std::size_t column = 1;
    for (const auto& known : stat_columns())
        append_folded(out, column, known.name);
    return out;
}

} // namespace

std::string_view stat_details()
{
    static const std::string details = describe_columns();
    return details;
}

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
