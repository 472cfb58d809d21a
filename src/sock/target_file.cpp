#include "sock/target_file.h"

#include "base/escape.h"
#include "base/fd.h"

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace sockit {

namespace {

/// A line with all ports one by one has 382,104 bytes; what is longer is no list of targets.
constexpr std::size_t longest_line = std::size_t{1} << 20U;

/// Cuts what is read into lines and takes the targets out of them.
class TargetLines {
public:
    explicit TargetLines(std::string name) : m_name(std::move(name)) {}

    Result<> add(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            m_line += bytes.substr(0, end);
            if (m_line.find('\0') != std::string::npos)
                return here("a NUL byte: this is not a list of targets");
            if (m_line.size() > longest_line)
                return here("a line of more than 1 MiB: this is not a list of targets");
            if (end == std::string_view::npos)
                return {};
            bytes.remove_prefix(end + 1);
            if (auto taken = finish_line(); !taken)
                return taken;
        }
        return {};
    }

    Result<std::vector<TargetGroup>> take()
    {
        if (auto taken = finish_line(); !taken)
            return Failure(std::move(taken).error());
        return std::move(m_groups);
    }

private:
    Result<> finish_line()
    {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        std::string_view line = m_line;
        if (m_number == 1 && line.starts_with(byte_order_mark))
            line.remove_prefix(byte_order_mark.size());
        auto group = parse_target_line(line);
        if (!group) {
            Error error = std::move(group).error();
            error.detail = place() + error.detail;
            return Failure(std::move(error));
        }
        if (*group)
            take_up(**std::move(group));
        m_line.clear();
        ++m_number;
        return {};
    }

    /// A host with many lines in a row is one group: a list of all ports takes no more room so than
    /// their range.
    void take_up(TargetGroup group)
    {
        TargetGroup* last = m_groups.empty() ? nullptr : &m_groups.back();
        if (last == nullptr || last->hosts != group.hosts || last->ports.empty() ||
            group.ports.empty()) {
            m_groups.push_back(std::move(group));
            return;
        }
        const auto before = last->ports.size();
        last->ports.insert(last->ports.end(), group.ports.begin(), group.ports.end());
        if (last->at(0, before) == group.target)
            return;
        last->ports.resize(before);
        m_groups.push_back(std::move(group));
    }

    [[nodiscard]] Failure here(std::string_view why) const
    {
        return Failure(Error::usage(place() + std::string(why)));
    }

    [[nodiscard]] std::string place() const
    {
        return escape(m_name) + ":" + std::to_string(m_number) + ": ";
    }

    std::string m_name;
    std::string m_line;
    std::size_t m_number = 1;
    std::vector<TargetGroup> m_groups;
};

} // namespace

Result<std::vector<TargetGroup>> read_target_file(const std::string& path)
{
    const std::string name = path == "-" ? "stdin" : path;
    Fd file;
    if (path != "-") {
        file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.valid())
            return Failure(Error::from_errno(Phase::None, "open", name, errno));
    }
    const int source = file.valid() ? file.get() : STDIN_FILENO;
    TargetLines lines(name);
    std::array<char, 65536> buffer{};
    while (true) {
        const auto count = ::read(source, buffer.data(), buffer.size());
        if (count == 0)
            return lines.take();
        if (count > 0) {
            TRY(lines.add({buffer.data(), static_cast<std::size_t>(count)}));
            continue;
        }
        const int reason = errno;
        pollfd waiting{.fd = source, .events = POLLIN, .revents = 0};
        if (reason == EAGAIN) // stdin is as others left it
            ::poll(&waiting, 1, -1);
        else if (reason != EINTR)
            return Failure(Error::from_errno(Phase::None, "read", name, reason));
    }
}

} // namespace sockit
