#include "base/escape.h"
#include "base/suggest.h"
#include "diag/filter_value.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sockit {

namespace {

constexpr std::string_view filter_space = " \t\n\r\f\v";
/// What ends a word where an operator or the name of a test may stand.
constexpr std::string_view filter_symbols = " \t\n\r\f\v()!=<>&|";

constexpr std::array test_names{
    std::string_view("src"),    std::string_view("dst"),       std::string_view("sport"),
    std::string_view("dport"),  std::string_view("dev"),       std::string_view("fwmark"),
    std::string_view("cgroup"), std::string_view("autobound"), std::string_view("pid"),
    std::string_view("comm"),   std::string_view("uid"),       std::string_view("user"),
    std::string_view("inode"),
};

struct ComparisonName {
    std::string_view name;
    Comparison comparison;
    bool negated = false;
};

constexpr std::array comparison_symbols{
    ComparisonName{"==", Comparison::Equal},       ComparisonName{"=", Comparison::Equal},
    ComparisonName{"!=", Comparison::Equal, true}, ComparisonName{"<=", Comparison::AtMost},
    ComparisonName{"<", Comparison::Less},         ComparisonName{">=", Comparison::AtLeast},
    ComparisonName{">", Comparison::Greater},
};

constexpr std::array comparison_words{
    ComparisonName{"eq", Comparison::Equal},        ComparisonName{"ne", Comparison::Equal, true},
    ComparisonName{"neq", Comparison::Equal, true}, ComparisonName{"lt", Comparison::Less},
    ComparisonName{"le", Comparison::AtMost},       ComparisonName{"leq", Comparison::AtMost},
    ComparisonName{"gt", Comparison::Greater},      ComparisonName{"ge", Comparison::AtLeast},
    ComparisonName{"geq", Comparison::AtLeast},
};

/// An expression that has begun: the outermost, or one behind an opening parenthesis.
struct FilterLevel {
    std::size_t start = 0;
    bool negated = false; ///< by `not` before the parenthesis
    bool has_left = false;
    std::optional<FilterOperator> pending;
};

class FilterParser {
public:
    FilterParser(std::string_view text, int family) : m_text(text), m_family(family) {}

    Result<Filter> parse()
    {
        TRY(parse_states());
        TRY(parse_expression());
        return std::move(m_filter);
    }

private:
    void skip_space()
    {
        m_at = std::min(m_text.find_first_not_of(filter_space, m_at), m_text.size());
    }

    /// The word at the position, without taking it.
    [[nodiscard]] std::string_view word(std::string_view ends = filter_symbols) const
    {
        return m_text.substr(m_at, m_text.find_first_of(ends, m_at) - m_at);
    }

    bool take(std::string_view symbol)
    {
        if (!m_text.substr(m_at).starts_with(symbol))
            return false;
        m_at += symbol.size();
        return true;
    }

    bool take_word(std::string_view name) { return word() == name && take(name); }

    /// In characters, from 1.
    [[nodiscard]] std::size_t column(std::size_t at) const
    {
        const auto starts_character = [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
        };
        return static_cast<std::size_t>(
                   std::ranges::count_if(m_text.substr(0, at), starts_character)) +
               1;
    }

    /// At `at` something else was `expected`.
    [[nodiscard]] Failure fail(std::size_t at, std::string_view expected) const
    {
        const auto text = "bad filter at column " + std::to_string(column(at)) + ": expected " +
                          std::string(expected) + ", not ";
        const auto rest = m_text.substr(at);
        if (rest.empty())
            return Failure(Error::usage(text + "its end"));
        const auto length = m_at > at ? m_at - at : rest.find_first_of(filter_space);
        return Failure(Error::usage(text + quote(rest.substr(0, length))));
    }

    Result<> parse_states()
    {
        while (true) {
            skip_space();
            const bool exclude = take_word("exclude");
            if (!exclude && !take_word("state"))
                break;
            skip_space();
            const auto name = word(filter_space);
            const auto states = states_named(name);
            if (!states)
                return fail(m_at, "a state or group of states (established, listening, connected, "
                                  "…)");
            m_at += name.size();
            // As ss: what is excluded first is excluded from all.
            const StateMask mask = m_filter.states.value_or(0);
            if (!exclude)
                m_filter.states = mask | *states;
            else
                m_filter.states = (mask == 0 ? all_states : mask) & ~*states;
        }
        if (m_filter.states == 0) // nothing is left: as if nothing had been said, as ss has it
            m_filter.states.reset();
        return {};
    }

    Result<> parse_expression()
    {
        skip_space();
        if (m_at == m_text.size())
            return {};
        m_levels.push_back({});
        for (; m_at < m_text.size(); skip_space())
            TRY(parse_next());
        if (m_levels.size() > 1 && !expects_test())
            return fail(m_at, "a closing parenthesis for the one at column " +
                                  std::to_string(column(m_levels.back().start)));
        if (expects_test())
            return fail(m_at, "a test");
        return {};
    }

    [[nodiscard]] bool expects_test() const
    {
        return !m_levels.back().has_left || m_levels.back().pending || m_not_seen;
    }

    Result<> parse_next()
    {
        const std::size_t start = m_at;
        if (take("(")) {
            m_levels.push_back({.start = start, .negated = m_negated, .pending = {}});
            m_negated = m_not_seen = false;
            return {};
        }
        if (m_text[m_at] == ')') {
            if (expects_test())
                return fail(start, "a test");
            if (m_levels.size() == 1)
                return fail(start, "and, or, a test or the end");
            ++m_at;
            m_negated = m_levels.back().negated;
            m_levels.pop_back();
            end_operand();
            return {};
        }
        if (take("!") || take_word("not")) {
            m_negated = !m_negated;
            m_not_seen = true;
            return {};
        }
        if (const auto join = take_join()) {
            if (expects_test())
                return fail(start, "a test");
            m_levels.back().pending = join;
            return {};
        }
        return parse_test();
    }

    std::optional<FilterOperator> take_join()
    {
        if (take("&&") || take("&") || take_word("and"))
            return FilterOperator::And;
        if (take("||") || take("|") || take_word("or"))
            return FilterOperator::Or;
        return std::nullopt;
    }

    /// What was put on the steps last is an operand of the current level.
    void end_operand()
    {
        if (m_negated)
            m_filter.steps.emplace_back(FilterOperator::Not);
        m_negated = m_not_seen = false;
        auto& level = m_levels.back();
        if (std::exchange(level.has_left, true))
            m_filter.steps.emplace_back(level.pending.value_or(FilterOperator::And));
        level.pending.reset();
    }

    Result<> parse_test()
    {
        const std::size_t start = m_at;
        const auto name = word();
        if (name == "state" || name == "exclude")
            return fail(start, "state and exclude before all tests");
        if (std::ranges::find(test_names, name) == test_names.end()) {
            std::string expected = "a test (src, dst, sport, dport, dev, pid, comm, …)";
            if (const auto close = nearest(name, test_names))
                expected = "a test (perhaps " + std::string(*close) + ")";
            return fail(start, expected);
        }
        m_at += name.size();
        if (name == "autobound") {
            m_filter.steps.emplace_back(AutoboundTest{});
        } else {
            skip_space();
            m_comparison_at = m_at;
            const auto comparison = take_comparison();
            skip_space();
            m_value_at = m_at;
            const auto value = TRY(take_value());
            TRY(add_test(name, comparison.comparison, value));
            m_negated = m_negated != comparison.negated;
        }
        end_operand();
        return {};
    }

    ComparisonName take_comparison()
    {
        for (const auto& symbol : comparison_symbols)
            if (take(symbol.name))
                return symbol;
        for (const auto& candidate : comparison_words) {
            if (word(filter_space) == candidate.name) {
                m_at += candidate.name.size();
                return candidate;
            }
        }
        return {"=", Comparison::Equal};
    }

    /// Up to a space, a closing parenthesis that none in it has opened, `&` or `|`; a backslash
    /// or quotes (which are dropped) protect them.
    Result<std::string> take_value()
    {
        std::string value;
        std::size_t open = 0;
        char quoted = '\0';
        for (; m_at < m_text.size(); ++m_at) {
            const char c = m_text[m_at];
            if (quoted == '\0' && (c == '"' || c == '\'') && m_at == m_value_at) {
                quoted = c;
                continue;
            }
            if (quoted != '\0' && c == quoted) {
                ++m_at;
                return value;
            }
            if (c == '\\' && m_at + 1 < m_text.size()) {
                value += c;
                value += m_text[++m_at];
                continue;
            }
            const bool end = filter_space.find(c) != std::string_view::npos || c == '&' ||
                             c == '|' || (c == ')' && open == 0);
            if (quoted == '\0' && end)
                break;
            open += c == '(' ? 1 : 0;
            open -= c == ')' && open > 0 ? 1 : 0;
            value += c;
        }
        if (quoted != '\0')
            return fail(m_value_at, "a closing quotation mark");
        return value;
    }

    Result<> add_test(std::string_view name, Comparison comparison, const std::string& value)
    {
        const auto end = name.starts_with('s') ? SocketEnd::Local : SocketEnd::Peer;
        if (value.empty())
            return fail(m_value_at, "a value");
        if (name == "sport" || name == "dport")
            return add(parse_filter_port(end, comparison, value));
        if (name == "pid" || name == "uid" || name == "inode")
            return add_number(name, comparison, value);
        if (comparison != Comparison::Equal) {
            m_at = m_comparison_at;
            return fail(m_at, "= or !=");
        }
        if (name == "src" || name == "dst")
            return add(parse_filter_host(end, value, m_family));
        if (name == "fwmark")
            return add(parse_filter_mark(value));
        if (name == "dev")
            return add(DeviceTest{.name = value});
        if (name == "comm")
            return add(CommTest{value});
        if (name == "cgroup") {
            // With or without slashes around it.
            const auto first = std::min(value.find_first_not_of('/'), value.size());
            const auto last = value.find_last_not_of('/');
            return add(CgroupTest{.path = "/" + value.substr(first, last + 1 - first)});
        }
        const auto uid = parse_filter_user(value);
        if (!uid)
            return fail(m_value_at, uid.error());
        return add(NumberTest{NumberTest::Field::Uid, Comparison::Equal, *uid});
    }

    Result<> add_number(std::string_view name, Comparison comparison, std::string_view value)
    {
        using Field = NumberTest::Field;
        const auto number = parse_filter_number(value, std::numeric_limits<std::uint64_t>::max());
        if (!number)
            return fail(m_value_at, "a number");
        const auto field = name == "pid" ? Field::Pid : name == "uid" ? Field::Uid : Field::Inode;
        return add(NumberTest{field, comparison, *number});
    }

    Result<> add(FilterValue<FilterStep> step)
    {
        if (!step)
            return fail(m_value_at, step.error());
        m_filter.steps.push_back(std::move(*step));
        return {};
    }

    std::string_view m_text;
    int m_family;
    std::size_t m_at = 0;
    std::size_t m_comparison_at = 0;
    std::size_t m_value_at = 0;
    Filter m_filter;
    std::vector<FilterLevel> m_levels;
    bool m_negated = false; ///< an odd number of `not` since the last test
    bool m_not_seen = false;
};

} // namespace

Result<Filter> parse_filter(std::string_view text, int family)
{
    return FilterParser(text, family).parse();
}

} // namespace sockit
