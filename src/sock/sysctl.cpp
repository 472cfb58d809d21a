#include "sock/sysctl.h"

#include "base/fd.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace sockit {

std::optional<std::int64_t> read_sysctl(std::string_view name)
{
    std::string path = "/proc/sys/" + std::string(name);
    std::ranges::replace(path, '.', '/');
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 64> text{};
    const auto length = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
    if (length <= 0)
        return std::nullopt;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + length, value);
    return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

} // namespace sockit
