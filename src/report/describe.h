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
void describe(const SockoptsStarted& event, Record& record);
void describe(const SockoptsSocket& event, Record& record);
void describe(const OptionListed& event, Record& record);
void describe(const OptionRead& event, Record& record);
void describe(const OptionChanged& event, Record& record);
void describe(const SockoptsSummary& event, Record& record);

/// Dispatches on the alternative.
void describe(const Event& event, Record& record);

// What a command's --json document is made of.
extern const DocumentShape sockopts_table_shape;  ///< list, describe
extern const DocumentShape sockopts_socket_shape; ///< get, set, verify

} // namespace sockit
