#include "report/hlog.h"

#include "base/escape.h"
#include "report/echo_text.h"
#include "report/event_sink.h"

#include <fmt/core.h>

#include <bit>

#include <zlib.h>

namespace sockit {

namespace {

constexpr std::uint32_t encoding_cookie = 0x1c849303 | 0x10;
constexpr std::uint32_t compressed_cookie = 0x1c849304 | 0x10;
constexpr std::uint32_t significant_digits = 2;
constexpr std::uint64_t lowest_value = 1;
/// What the reader makes room for, at least: histograms of one size are the simplest to add.
constexpr Duration usual_highest = std::chrono::hours(1);

/// Big-endian.
template <std::unsigned_integral T>
void put(std::string& out, T value)
{
    for (std::size_t byte = sizeof(T); byte-- > 0;)
        out += static_cast<char>(value >> (byte * 8) & 0xff);
}

/// LEB128 of the zigzag of `value`, in nine bytes at most: the ninth holds eight bits.
void put_zigzag(std::string& out, std::int64_t value)
{
    constexpr int group = 7;
    constexpr int last_shift = 8 * group;
    auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (int shift = 0; shift < last_shift && rest > 0x7f; shift += group) {
        out += static_cast<char>(rest | 0x80);
        rest >>= group;
    }
    out += static_cast<char>(rest);
}

/// The counts by bucket; several empty ones in a row are one negative number.
std::string counts_of(const Histogram& histogram)
{
    std::string out;
    std::int64_t empty = 0;
    for (const auto count : histogram.counts()) {
        if (count == 0) {
            ++empty;
            continue;
        }
        if (empty > 0)
            put_zigzag(out, empty > 1 ? -empty : 0);
        empty = 0;
        put_zigzag(out, static_cast<std::int64_t>(count));
    }
    if (out.empty())
        put_zigzag(out, 0);
    return out;
}

std::string deflated(const std::string& plain)
{
    uLongf size = ::compressBound(plain.size());
    std::string out(size, '\0');
    ::compress(reinterpret_cast<Bytef*>(out.data()), &size, // it fails only for lack of room
               reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    out.resize(size);
    return out;
}

/// HdrHistogram's log of intervals, version 1.3: one line an interval, and at the end one with the
/// tag "service" where the latency counts from the intended send times.
class HlogSink final : public EventSink {
public:
    explicit HlogSink(Output& log) : m_log(log) {}

    void take(const Event& event) override
    {
        if (const auto* start = event.get_if<EchoStart>())
            m_comment = fmt::format("sockit echo client {}: messages {}", escape(start->target),
                                    load_words(start->settings));
        else if (const auto* interval = event.get_if<EchoInterval>())
            line("", interval->start, interval->duration, interval->latency);
        else if (const auto* summary = event.get_if<EchoSummary>())
            finish(*summary);
    }

    void finish() override { m_log.flush(); }

private:
    void finish(const EchoSummary& summary)
    {
        if (!m_begun)
            line("", Duration::zero(), summary.duration, summary.latency);
        if (summary.corrected)
            line("Tag=service,", Duration::zero(), summary.duration, summary.service);
    }

    /// `elapsed`: since the measuring began.
    void header(Duration elapsed)
    {
        using Seconds = std::chrono::duration<double>;
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const double began = Seconds(now - elapsed).count();
        m_log.write(fmt::format("#[Histogram log format version 1.3]\n"
                                "#[{}]\n"
                                "#[StartTime: {:.3f} (seconds since epoch)]\n"
                                "#[BaseTime: {:.3f} (seconds since epoch)]\n"
                                "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                                "\"Interval_Compressed_Histogram\"\n",
                                m_comment, began, began));
        m_begun = true;
    }

    void line(std::string_view tag, Duration start, Duration duration, const Histogram& latency)
    {
        if (!m_begun)
            header(start + duration);
        using Seconds = std::chrono::duration<double>;
        using Milliseconds = std::chrono::duration<double, std::milli>; // as the format has it
        m_log.write(fmt::format(
            "{}{:.3f},{:.3f},{:.3f},{}\n", tag, Seconds(start).count(), Seconds(duration).count(),
            Milliseconds(latency.max().value_or(Duration::zero())).count(), hdr_encoding(latency)));
        m_log.flush(); // a pipe's reader may be waiting
    }

    Output& m_log;
    std::string m_comment;
    bool m_begun = false;
};

} // namespace

std::string hdr_encoding(const Histogram& histogram)
{
    const auto counts = counts_of(histogram);
    const auto highest = std::max(usual_highest, histogram.max().value_or(usual_highest));
    std::string plain;
    put(plain, encoding_cookie);
    put(plain, static_cast<std::uint32_t>(counts.size()));
    put(plain, std::uint32_t{0}); // the counts are not shifted
    put(plain, significant_digits);
    put(plain, lowest_value);
    put(plain, static_cast<std::uint64_t>(highest.count()));
    put(plain, std::bit_cast<std::uint64_t>(1.0)); // by which values are multiplied
    plain += counts;
    const auto content = deflated(plain);
    std::string out;
    put(out, compressed_cookie);
    put(out, static_cast<std::uint32_t>(content.size()));
    return base64(out + content);
}

std::unique_ptr<EventSink> make_hlog_sink(Output& log) { return std::make_unique<HlogSink>(log); }

} // namespace sockit
