#pragma once

#include "event/event.h"
#include "report/record.h"
#include "report/sink.h"

namespace sockit {

// What an event looks like: the only place where a JSON key, a column or a sentence is spelled. One
// overload an event; each fills record.fields if a machine reads, else record.line or the row. They
// live in describe_*.cpp, one file a command.

void describe(const Warning& event, Record& record);
void describe(const Note& event, Record& record);
void describe(const Failed& event, Record& record);

void describe(const ServerReady& event, Record& record);
void describe(const PeerAccepted& event, Record& record);
void describe(const PeerClosed& event, Record& record);
void describe(const PayloadReceived& event, Record& record);
void describe(const TransferProgress& event, Record& record);
void describe(const ConnectStarted& event, Record& record);
void describe(const ConnectAttempt& event, Record& record);
void describe(const Connected& event, Record& record);
void describe(const ConnectClosed& event, Record& record);
void describe(const ConnectFailed& event, Record& record);
void describe(const ConnectSummary& event, Record& record);
void describe(const ListenClosed& event, Record& record);
void describe(const ListenSummary& event, Record& record);
void describe(const TlsEstablished& event, Record& record);
void describe(const StatStart& event, Record& record);
void describe(const StatOverview& event, Record& record);
void describe(const StatTotals& event, Record& record);
void describe(const StatSocket& event, Record& record);
void describe(const StatRate& event, Record& record);
void describe(const StatFrame& event, Record& record);
void describe(const StatGroup& event, Record& record);
void describe(const StatChange& event, Record& record);
void describe(const StatDestroyed& event, Record& record);
void describe(const StatSummary& event, Record& record);
void describe(const ProbeStarted& event, Record& record);
void describe(const ProbeResult& event, Record& record);
void describe(const ProbeStatistics& event, Record& record);
void describe(const ProbeProgress& event, Record& record);
void describe(const ProbeHop& event, Record& record);
void describe(const ProbeSummary& event, Record& record);
void describe(const EchoStart& event, Record& record);
void describe(const EchoInterval& event, Record& record);
void describe(const EchoSummary& event, Record& record);
void describe(const EchoFault& event, Record& record);
void describe(const EchoServerSummary& event, Record& record);
void describe(const SockoptsStarted& event, Record& record);
void describe(const SockoptsSocket& event, Record& record);
void describe(const OptionListed& event, Record& record);
void describe(const OptionRead& event, Record& record);
void describe(const OptionChanged& event, Record& record);
void describe(const OptionDiffers& event, Record& record);
void describe(const SockoptsSummary& event, Record& record);
void describe(const WhyBindStarted& event, Record& record);
void describe(const WhyBindHolder& event, Record& record);
void describe(const WhyBindVerdict& event, Record& record);
void describe(const WhyBindSummary& event, Record& record);

/// One flaw of an echo in words, for people: of a message, or of a line that somebody typed.
std::string flaw_text(const EchoDetail& detail, bool of_line);

/// Dispatches on the alternative.
void describe(const Event& event, Record& record);

// What a command's --json document is made of.
extern const DocumentShape echo_shape;
extern const DocumentShape probe_shape;           ///< `{"schema","results":[…],"summary":{…}}`
extern const DocumentShape sockopts_table_shape;  ///< list, describe
extern const DocumentShape sockopts_socket_shape; ///< get, set, verify
extern const DocumentShape sockopts_diff_shape;
extern const DocumentShape stat_shape;
extern const DocumentShape stat_counts_shape;  ///< --count-by
extern const DocumentShape stat_changes_shape; ///< --diff, --watch
extern const DocumentShape stat_events_shape;  ///< -E
extern const DocumentShape why_bind_shape;

} // namespace sockit
