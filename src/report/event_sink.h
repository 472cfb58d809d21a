#pragma once

#include "event/event.h"
#include "report/output.h"

#include <memory>

namespace sockit {

/// A format that is no list of records: what it writes of an event depends on others, or on the
/// end. Takes the events themselves.
class EventSink {
public:
    virtual ~EventSink() = default;
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;

    virtual void take(const Event& event) = 0;
    /// The end: writes what had to wait for it, and flushes.
    virtual void finish() = 0;
};

// Of probe. Whatever is foreign goes through escape() first, as in the text for people.

/// Test Anything Protocol 14 (testanything.org): one point a result as it comes, the plan at the
/// end, since only then the points are counted. A run that did not come to its end bails out.
std::unique_ptr<EventSink> make_tap_sink(Output& records);
/// JUnit's XML: one suite, one case a result. Written at the end, since it begins with counts.
std::unique_ptr<EventSink> make_junit_sink(Output& records);
/// The text format of Prometheus, version 0.0.4, without timestamps: of each target its last
/// result, and the latency of all its tries where they were counted.
std::unique_ptr<EventSink> make_prometheus_sink(Output& records);

// Of the echo client, beside its records. A load without intervals is one interval.

/// A log of latencies that HdrHistogram's tools read and add: a line an interval, as it comes.
std::unique_ptr<EventSink> make_hlog_sink(Output& log);
/// A page for a browser, written at the end: figures, curves, settings and what was wrong.
std::unique_ptr<EventSink> make_html_sink(Output& page);

} // namespace sockit
