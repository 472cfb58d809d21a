#pragma once

#include "event/traffic.h"
#include "report/record.h"

#include <optional>
#include <string>

namespace sockit {

// What records of connections have in common.

/// bytes_sent … stdin_eof, and the datagrams where there are any.
void add_traffic(Fields& fields, const Traffic& traffic);
void add_datagrams(Fields& fields, const std::optional<Datagrams>& datagrams);
/// data and data_truncated, where payload was kept and is wanted.
void add_payload(Record& record, const std::optional<KeptPayload>& payload);
/// "sent 12 B, received 3 B in 1.23 ms; closed by the peer first".
std::string traffic_line(const Traffic& traffic, Duration duration);

} // namespace sockit
