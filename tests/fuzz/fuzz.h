#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>

#include <fuzzer/FuzzedDataProvider.h>
#include <unistd.h>

// What the targets share. Each target is one file that includes this one and defines look_at().

namespace sockit::fuzz {

/// Looks at one input: any bytes at all.
void look_at(std::string_view bytes);

/// What holds whatever the input is. Where it does not, the line that asked is told, the process
/// ends, and libFuzzer keeps the input.
inline void must(bool holds, std::source_location asked = std::source_location::current())
{
    if (holds) [[likely]]
        return;
    const auto line = std::string(asked.file_name()) + ":" + std::to_string(asked.line()) +
                      ": this does not hold\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    std::abort();
}

/// Takes the bytes apart in pieces of 1 to 16, as those in the middle of what is left say.
class Pieces {
public:
    explicit Pieces(std::string_view bytes) : m_bytes(bytes) {}

    /// Empty once there are no more.
    std::string_view next()
    {
        if (m_bytes.empty())
            return {};
        const std::size_t length = static_cast<unsigned char>(m_bytes[m_bytes.size() / 2]) % 16 + 1;
        const auto piece = m_bytes.substr(0, length);
        m_bytes.remove_prefix(piece.size());
        return piece;
    }

private:
    std::string_view m_bytes;
};

} // namespace sockit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    sockit::fuzz::look_at({reinterpret_cast<const char*>(data), size});
    return 0;
}
