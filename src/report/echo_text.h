#pragma once

#include "event/echo.h"

#include <string>
#include <string_view>
#include <vector>

namespace sockit {

// What the echo client found, in words: for the text on a terminal and for the page of --html.

/// "corrupt", "lost", …: as in JSON.
std::string_view flaw_name(EchoFlaw flaw);

/// Messages a second; 0 where no time passed.
double message_rate(std::uint64_t messages, Duration duration);

/// "100 connections"; a count and its noun, with an `s` where it is not one.
std::string counted(std::uint64_t count, std::string_view noun);

/// "of 64 B on 100 connections"
std::string load_words(const EchoSettings& settings);

/// "3 messages of 64 B on 100 connections in 1.50 ms: 2000/s, all verified"
std::string outcome_words(const EchoSummary& event);

/// "2 corrupt, 1 lost"; empty when all is well.
std::string flaw_words(const EchoFlaws& flaws);

/// "2 ECONNRESET, 1 ETIMEDOUT"; empty when all is well.
std::string error_words(const EchoSummary& event);

/// "client 12.3 us a message, 93 % of one CPU; server 10.1 us, 80 %": the processes' CPU time;
/// empty where no message came back.
std::string cpu_words(const EchoSummary& event);

/// Something that the figures alone do not tell, by a name of at most eight letters.
struct EchoRemark {
    std::string_view name;
    std::string text;
};

/// What to know before the figures are believed: that our own CPU was the limit, that the rate was
/// not reached, that a closed loop hides a stall.
std::vector<EchoRemark> echo_remarks(const EchoSummary& event);

} // namespace sockit
