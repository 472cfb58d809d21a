#include "support/hlog_reader.h"

#include "base/escape.h"

#include <gtest/gtest.h>

#include <sstream>

#include <zlib.h>

namespace sockit::test {

namespace {

constexpr std::uint32_t plain_cookie = 0x1c849313;
constexpr std::uint32_t compressed_cookie = 0x1c849314;

/// Takes numbers from the front of some bytes; what is missing is zero and spoils it.
class Bytes {
public:
    explicit Bytes(std::string_view bytes) : m_rest(bytes) {}

    std::uint64_t big_endian(int size)
    {
        std::uint64_t value = 0;
        while (size-- > 0)
            value = value << 8 | byte();
        return value;
    }
    std::int64_t zigzag()
    {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const std::uint64_t next = byte();
            if (shift == 56) {
                value |= next << shift;
                break;
            }
            value |= (next & 0x7f) << shift;
            if (next < 0x80)
                break;
        }
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    [[nodiscard]] std::string_view rest() const { return m_rest; }
    [[nodiscard]] bool good() const { return m_good; }

private:
    std::uint8_t byte()
    {
        if (m_rest.empty()) {
            m_good = false;
            return 0;
        }
        const auto first = static_cast<std::uint8_t>(m_rest.front());
        m_rest.remove_prefix(1);
        return first;
    }

    std::string_view m_rest;
    bool m_good = true;
};

/// Two digits: 256 values of one unit, then 128 buckets an octave.
HdrHistogram::Bucket bucket_at(std::uint64_t index, std::uint64_t count)
{
    const std::uint64_t octave = index / 128;
    if (octave < 2)
        return {index, index, count};
    const std::uint64_t width = 1ULL << (octave - 1);
    const std::uint64_t lowest = (index % 128 + 128) * width;
    return {lowest, lowest + width - 1, count};
}

} // namespace

std::uint64_t HdrHistogram::count() const
{
    std::uint64_t sum = 0;
    for (const auto& bucket : buckets)
        sum += bucket.count;
    return sum;
}

std::optional<HdrHistogram> decode_hdr(std::string_view plain)
{
    Bytes bytes(plain);
    HdrHistogram histogram;
    const auto cookie = bytes.big_endian(4);
    const auto length = bytes.big_endian(4);
    const auto shifted = bytes.big_endian(4);
    histogram.significant_digits = static_cast<std::uint32_t>(bytes.big_endian(4));
    histogram.lowest = bytes.big_endian(8);
    histogram.highest = bytes.big_endian(8);
    const auto ratio = bytes.big_endian(8);
    constexpr std::uint64_t one = 0x3ff0000000000000; // as a double
    if (cookie != plain_cookie || length != bytes.rest().size() || shifted != 0 || ratio != one ||
        histogram.significant_digits != 2 || histogram.lowest != 1)
        return std::nullopt;
    for (std::uint64_t index = 0; !bytes.rest().empty();) {
        const auto number = bytes.zigzag();
        if (number > 0)
            histogram.buckets.push_back(bucket_at(index, static_cast<std::uint64_t>(number)));
        index += number < 0 ? static_cast<std::uint64_t>(-number) : 1;
    }
    return bytes.good() ? std::optional(histogram) : std::nullopt;
}

std::optional<std::string> inflate_hdr(std::string_view base64_text)
{
    const auto compressed = unbase64(base64_text);
    if (!compressed)
        return std::nullopt;
    Bytes bytes(*compressed);
    const auto cookie = bytes.big_endian(4);
    const auto length = bytes.big_endian(4);
    if (cookie != compressed_cookie || length != bytes.rest().size())
        return std::nullopt;
    constexpr std::size_t most = 1024UL * 1024;
    std::string plain(most, '\0');
    uLongf size = most;
    if (::uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                     reinterpret_cast<const Bytef*>(bytes.rest().data()), length) != Z_OK)
        return std::nullopt;
    plain.resize(size);
    return plain;
}

Hlog read_hlog(std::string_view text)
{
    Hlog log;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#') || line.starts_with('"')) {
            log.comments.push_back(line);
            continue;
        }
        HlogInterval interval;
        if (line.starts_with("Tag=")) {
            interval.tag = line.substr(4, line.find(',') - 4);
            line = line.substr(line.find(',') + 1);
        }
        char comma = 0;
        std::string encoded;
        std::istringstream columns(line);
        columns >> interval.start >> comma >> interval.length >> comma >> interval.longest >>
            comma >> encoded;
        const auto plain = inflate_hdr(encoded);
        const auto histogram = plain ? decode_hdr(*plain) : std::nullopt;
        EXPECT_TRUE(histogram) << line;
        interval.histogram = histogram.value_or(HdrHistogram{});
        log.intervals.push_back(std::move(interval));
    }
    return log;
}

} // namespace sockit::test
