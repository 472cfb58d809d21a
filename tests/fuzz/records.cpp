#include "base/escape.h"
#include "base/fd.h"
#include "fuzz.h"
#include "report/describe.h"
#include "report/json.h"
#include "report/reporter.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/mman.h>

// Foreign text in the records of a probe, in every format: it changes no line's meaning.

namespace sockit::fuzz {

namespace {

ProbeResult result_about(std::string_view text, bool ok)
{
    ProbeResult result;
    result.target = text;
    result.outcome = ok ? ProbeOutcome::Open : ProbeOutcome::Reset;
    result.ok = ok;
    result.banner = text;
    result.tls.emplace();
    result.tls->protocol = "TLSv1.3";
    result.tls->alpn = text;
    result.tls->chain = {{.subject = escape(text),
                          .issuer = escape(text),
                          .names = {escape(text)},
                          .not_before = {},
                          .not_after = {}}};
    result.labels = {{"label", std::string(text)}};
    if (!ok)
        result.error = Error::from_errno(Phase::Receive, "recv", text, ECONNRESET);
    return result;
}

/// What is written of a run whose texts are all the same.
std::string written(std::string_view text, Format format)
{
    const Fd file(::memfd_create("records", MFD_CLOEXEC));
    ReportOptions options;
    options.format = format;
    options.records = file.ref();
    Reporter reporter(options, probe_shape);
    reporter.emit(ProbeStarted{.targets = 2});
    for (const bool ok : {true, false})
        reporter.emit(result_about(text, ok));
    reporter.emit(ProbeHop{.target = std::string(text), .from = std::string(text)});
    ProbeSummary summary;
    summary.total = 2;
    reporter.emit(summary);
    reporter.finish();
    must(!reporter.failure());
    std::string out(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    must(::pread(file.get(), out.data(), out.size(), 0) == static_cast<ssize_t>(out.size()));
    return out;
}

std::size_t count(std::string_view text, char c)
{
    return static_cast<std::size_t>(std::ranges::count(text, c));
}

void must_be_objects(std::string_view lines)
{
    Fields fields;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        must(end != std::string_view::npos && parse_members(lines.substr(0, end), fields));
        lines.remove_prefix(end + 1);
    }
}

} // namespace

void look_at(std::string_view text)
{
    constexpr std::array formats{Format::Text, Format::Json,  Format::Jsonl,
                                 Format::Tap,  Format::Junit, Format::Prometheus};
    static const auto plain = [&] {
        std::array<std::string, formats.size()> all;
        std::ranges::transform(formats, all.begin(),
                               [](Format format) { return written("x", format); });
        return all;
    }();
    if (text.empty())
        return;
    for (std::size_t i = 0; i < formats.size(); ++i) {
        const auto out = written(text, formats[i]);
        must(is_utf8(out) && std::ranges::none_of(out, [](char c) {
                 return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
             }));
        must(count(out, '\n') == count(plain[i], '\n'));
        if (formats[i] == Format::Junit)
            must(count(out, '<') == count(plain[i], '<') &&
                 count(out, '"') == count(plain[i], '"'));
        if (formats[i] == Format::Jsonl)
            must_be_objects(out);
    }
}

} // namespace sockit::fuzz
