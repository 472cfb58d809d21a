#pragma once

#include "op/dialogue.h"
#include "op/probe_talk.h"
#include "sock/io.h"
#include "sock/tls_session.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sockit {

/// The talk over a connection: TLS handshake, then what is to be said and heard, the banner, and
/// whether the peer keeps the connection for the time of --settle. A byte of the peer settles it.
/// Outcomes: TlsError; Reset where it ended before a byte of what was awaited; Mismatch where other
/// bytes came; Timeout where none did.
class ProbeStreamTalk final : public ProbeTalk {
public:
    ProbeStreamTalk(const ProbeTalkScene& scene, Finding open, const Deadline& limit);

    Progress begin() override;
    Progress ready() override;
    Progress expired() override;
    Finding give_up() override;

private:
    Progress shake_hands();
    Progress secured();
    Progress handshake_failed(Error error);
    Progress stand();
    Progress converse();
    std::optional<Progress> say();
    void hear(std::string_view bytes);
    Progress lost(std::optional<Error> error);
    void hear_the_rest();
    [[nodiscard]] Progress wait();

    Result<Transfer> send(std::string_view bytes);
    Result<Transfer> receive(std::span<std::byte> buffer);
    [[nodiscard]] Wait wait_to_receive() const;
    [[nodiscard]] Wait wait_to_send() const;

    [[nodiscard]] bool has_more_to_say() const { return !m_unsent.empty() || !m_dialogue.over(); }
    [[nodiscard]] bool banner_is_over() const;
    [[nodiscard]] bool settled() const;
    [[nodiscard]] bool done() const;

    Finding concluded();
    Finding failed(ProbeOutcome outcome, std::optional<Error> error);
    Finding timed_out(Error error);
    Finding out_of_time();

    ProbeTalkScene m_scene;
    const ProbeTalkPlan& m_plan;
    Finding m_finding;
    Deadline m_limit;
    std::string m_peer;        ///< the subject of errors
    Clock::time_point m_begun; ///< of the handshake
    Clock::time_point m_stood; ///< the connection, or TLS
    bool m_shaking_hands = false;
    std::optional<TlsSession> m_tls;
    Dialogue m_dialogue;
    std::string_view m_unsent;
    bool m_said_any = false;
    bool m_heard_any = false;
    bool m_heard = false; ///< bytes of the answer that is awaited
    std::string m_banner;
    Deadline m_banner_until; ///< for its first byte, then for more
    Deadline m_settled;
};

} // namespace sockit
