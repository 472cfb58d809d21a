#include "report/saved_sockets.h"

#include "base/fd.h"
#include "report/json.h"
#include "report/saved_socket_row.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace sockit {

namespace {

constexpr std::size_t longest_line = 1024UL * 1024;

/// The lines of a file, one at a time.
class SavedLines {
public:
    static Result<SavedLines> open(const std::string& path)
    {
        SavedLines lines;
        lines.m_path = path;
        lines.m_file =
            Fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!lines.m_file.valid())
            return Failure(Error::from_errno(Phase::None, "open", path, errno));
        return lines;
    }

    enum class Next : std::uint8_t {
        Line,
        NoLine, ///< too long, or the last one is cut
        End,
    };

    /// The next one in line(), without its line feed.
    Result<Next> next()
    {
        m_line.clear();
        bool too_long = false;
        while (true) {
            if (m_used == m_filled && !TRY(fill()))
                return m_line.empty() && !too_long ? Next::End : Next::NoLine;
            const std::string_view rest(m_buffer.data() + m_used, m_filled - m_used);
            const auto end = rest.find('\n');
            const auto taken = rest.substr(0, end);
            too_long = too_long || m_line.size() + taken.size() > longest_line;
            if (!too_long)
                m_line += taken;
            m_used += taken.size() + (end == std::string_view::npos ? 0 : 1);
            if (end != std::string_view::npos)
                return too_long ? Next::NoLine : Next::Line;
        }
    }

    [[nodiscard]] const std::string& line() const { return m_line; }

private:
    Result<bool> fill()
    {
        ssize_t count = 0;
        do
            count = ::read(m_file.get(), m_buffer.data(), m_buffer.size());
        while (count < 0 && errno == EINTR);
        if (count < 0)
            return Failure(Error::from_errno(Phase::None, "read", m_path, errno));
        m_used = 0;
        m_filled = static_cast<std::size_t>(count);
        return count > 0;
    }

    std::string m_path;
    Fd m_file;
    std::vector<char> m_buffer = std::vector<char>(64UL * 1024);
    std::size_t m_used = 0;
    std::size_t m_filled = 0;
    std::string m_line;
};

/// The text of a member at the top; empty where there is none.
std::string_view text_at_top(const Fields& fields, std::string_view key)
{
    int depth = 0;
    for (const auto& token : fields.tokens()) {
        using Kind = Fields::Kind;
        if (depth == 0 && token.kind == Kind::Text && fields.key(token) == key)
            return fields.text(token);
        depth += token.kind == Kind::BeginObject || token.kind == Kind::BeginArray ? 1 : 0;
        depth -= token.kind == Kind::EndObject || token.kind == Kind::EndArray ? 1 : 0;
    }
    return {};
}

/// "2025-01-31T12:00:00.000000Z"
std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text)
{
    std::tm utc{};
    const char* rest = ::strptime(text.c_str(), "%FT%T", &utc);
    constexpr int last_whole_year = 2261; // that nanoseconds since 1970 reach
    constexpr int tm_begin = 1900;
    if (rest == nullptr || utc.tm_year < 0 || utc.tm_year > last_whole_year - tm_begin)
        return std::nullopt;
    auto time = std::chrono::system_clock::from_time_t(::timegm(&utc));
    if (*rest++ != '.')
        return time;
    auto unit = std::chrono::nanoseconds(std::chrono::seconds(1));
    for (; *rest >= '0' && *rest <= '9'; ++rest) {
        unit /= 10;
        time +=
            std::chrono::duration_cast<std::chrono::system_clock::duration>(unit * (*rest - '0'));
    }
    return time;
}

} // namespace

Result<> SavedSockets::operator()(const std::string& path, SocketInfo& info,
                                  const std::function<bool(const SocketInfo&)>& visit,
                                  SavedFacts& facts)
{
    facts = {};
    auto lines = TRY(SavedLines::open(path));
    Fields fields;
    bool any_record = false;
    while (true) {
        const auto next = TRY(lines.next());
        if (next == SavedLines::Next::End)
            break;
        if (next == SavedLines::Next::NoLine || !parse_members(lines.line(), fields)) {
            ++facts.unreadable;
            continue;
        }
        const auto type = text_at_top(fields, "type");
        const bool readable = type == "socket" ? read_socket(fields, info) : !type.empty();
        any_record = any_record || readable;
        if (!readable)
            ++facts.unreadable;
        else if (type == "start")
            facts.time = parse_time(std::string(text_at_top(fields, "time")));
        else if (type == "summary")
            facts.complete = true;
        else if (type == "socket" && !visit(info))
            return {};
    }
    if (any_record)
        return {};
    auto error = Error::from_errno(Phase::None, "read", path, EBADMSG);
    error.detail = "no records of sockit stat are in it";
    return Failure(std::move(error));
}

bool SavedSockets::read_socket(const Fields& fields, SocketInfo& info)
{
    return SavedSocketRow(fields, info, [this](std::string_view name) { return keep(name); })
        .read();
}

std::string_view SavedSockets::keep(std::string_view name)
{
    // They are printed as they are, like those that we know.
    constexpr std::size_t longest = 64;
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    if (name.size() > longest || !std::ranges::all_of(name, plain))
        return {};
    const auto found = m_names.find(name);
    if (found != m_names.end())
        return *found;
    constexpr std::size_t most = 1000;
    return m_names.size() < most ? std::string_view(*m_names.emplace(name).first)
                                 : std::string_view();
}

} // namespace sockit
