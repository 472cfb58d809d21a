#pragma once

#include "op/dialogue.h"
#include "op/probe_talk.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockit {

/// The talk without a connection: a question, sent again while there is no answer, since datagrams
/// get lost, and what comes back. Open: an answer, and what was expected is in it. Refused,
/// Rejected: ICMP, except that a packet was too big. Mismatch: answers, but not that one. Silent:
/// nothing.
class ProbeDatagramTalk final : public ProbeTalk {
public:
    ProbeDatagramTalk(const ProbeTalkScene& scene, Finding open, const Deadline& limit);

    Progress begin() override;
    Progress ready() override;
    Progress expired() override;
    Finding give_up() override;

private:
    void take_question();
    std::optional<Finding> ask();
    std::optional<Finding> listen();
    void hear(std::string_view bytes);
    [[nodiscard]] Progress wait() const;
    [[nodiscard]] bool answered() const;
    [[nodiscard]] bool awaits_neighbour() const;
    /// Nothing: it was no verdict.
    std::optional<Finding> judge(Error error, bool synchronous, std::size_t size);
    Finding open();
    Finding failed(ProbeOutcome outcome, Error error);
    Finding out_of_time();

    ProbeTalkScene m_scene;
    Finding m_finding;
    Deadline m_limit;
    std::string m_peer; ///< the subject of errors
    Clock::time_point m_begun;
    Duration m_pause{}; ///< from one question to the next
    Deadline m_again;
    unsigned m_repeats = 0; ///< that are left of this question
    Dialogue m_dialogue;
    std::vector<std::string_view> m_question; ///< since the last answer; a datagram each
    std::size_t m_asked = 0;                  ///< of them
    bool m_replied = false;
    bool m_waited_for_neighbour = false;
};

} // namespace sockit
