// What probe asks of a connection once it stands.

#include "probed.h"
#include "support/pki.h"
#include "support/scripted_server.h"
#include "support/second_host.h"

#include <csignal>

#include <sys/socket.h>
#include <sys/un.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// Reads until the client goes away.
void outlast(Fd& client) { receive_bytes(client, 1U << 30U); }

/// Says that and waits for the client to go.
ScriptedServer saying(std::string words)
{
    return ScriptedServer([words = std::move(words)](Fd& client) {
        send_bytes(client, words);
        outlast(client);
    });
}

std::string echo_server_target(const Server& server) { return "tls:localhost:" + server.port(); }

Server echo_server(const Identity& identity)
{
    return Server({"listen", "-k", "--tls-cert", identity.certificate, "--tls-key", identity.key,
                   "--sh", "cat", "127.0.0.1:0"});
}

Words trusting(const Words& more)
{
    Words words{"--ca", common_pki().pki.authority()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST(ProbeBanner, TheFirstBytesThatCome)
{
    const auto ssh = saying("SSH-2.0-Test\r\nmore");
    const auto probed = probe_json({"--banner", ssh.endpoint()});
    expect_outcome(probed, "open", 0);
    EXPECT_EQ(probed.result()["banner"].get<std::string>().substr(0, 14), "SSH-2.0-Test\r\n");
    EXPECT_GT(probed.result()["phases"]["first_byte_ns"], 0);

    const auto binary = saying(std::string("\xff\xfe\0x", 4));
    EXPECT_EQ(probe_json({"--banner", binary.endpoint()}).result()["banner_base64"], "//4AeA==");

    const auto endless = saying(std::string(100'000, 'x'));
    EXPECT_EQ(probe_json({"--banner", endless.endpoint()}).result()["banner"],
              std::string(1024, 'x'));

    const auto text = run({"probe", "--banner", ssh.endpoint()});
    EXPECT_TRUE(text.out.ends_with("  SSH-2.0-Test\n")) << text;
}

TEST(ProbeBanner, InPiecesItIsStillOne)
{
    const ScriptedServer server([](Fd& client) {
        for (const char* piece : {"22", "0 rea", "dy\r\n"})
            send_bytes(client, piece);
        outlast(client);
    });
    EXPECT_EQ(probe_json({"--banner", server.endpoint()}).result()["banner"], "220 ready\r\n");
}

TEST(ProbeBanner, AServerThatSaysNothingIsOpen)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "127.0.0.1:" + std::to_string(port_of(listener));
    const auto probed = probe_json({"--banner", "--timeout", "200ms", target});
    expect_outcome(probed, "open", 0);
    EXPECT_FALSE(probed.result().contains("banner"));
    EXPECT_LT(probed.result()["phases"]["total_ns"], 1'000'000'000);
}

TEST(ProbeBanner, AnEndBeforeAByteIsAReset)
{
    const ScriptedServer closing([](Fd& client) { client.close(); });
    expect_outcome(probe_json({"--banner", closing.endpoint()}), "reset", 10);
    const ScriptedServer resetting([](Fd& client) { reset(client); });
    expect_outcome(probe_json({"--banner", resetting.endpoint()}), "reset", 10, "ECONNRESET");
}

/// Answers PING, in pieces, and nothing else; then listens on.
void answer_ping(Fd& client)
{
    if (receive_bytes(client, 6) == "PING\r\n") {
        send_bytes(client, "+PO");
        send_bytes(client, "NG\r\n");
    }
    outlast(client);
}

TEST(ProbeExpect, WhoAnswersIsOpen)
{
    const ScriptedServer server(answer_ping);
    for (const Words& wanted : {Words{"--expect", "+PONG\\r\\n"}, Words{"--expect-re", "P.N[G]"}}) {
        Words words{"--send", "PING\\r\\n", server.endpoint()};
        words.insert(words.end(), wanted.begin(), wanted.end());
        const auto probed = probe_json(words);
        expect_outcome(probed, "open", 0);
        EXPECT_GT(probed.result()["phases"]["first_byte_ns"], 0);
        EXPECT_FALSE(probed.result().contains("banner"));
    }
    const auto both =
        probe_json({"--banner", "--send", "PING\\r\\n", "--expect", "PONG", server.endpoint()});
    EXPECT_EQ(both.result()["banner"], "+PONG\r\n");
}

TEST(ProbeExpect, AWholeConversation)
{
    const ScriptedServer smtp([](Fd& client) {
        send_bytes(client, "220 here\r\n");
        if (receive_bytes(client, 8) == "HELO me\n")
            send_bytes(client, "250 you\r\n");
        if (receive_bytes(client, 5) == "QUIT\n")
            send_bytes(client, "221 bye\r\n");
    });
    expect_outcome(probe_json({"--expect", "220", "--send", "HELO me\\n", "--expect", "250",
                               "--send", "QUIT\\n", "--expect", "221", smtp.endpoint()}),
                   "open", 0);
}

TEST(ProbeExpect, OtherBytesAreAMismatch)
{
    const auto staying = saying("HTTP/1.1 500\r\n");
    const auto late = probe_json({"--expect", "200", "--timeout", "200ms", staying.endpoint()});
    expect_outcome(late, "mismatch", 1, "UNMET");
    EXPECT_EQ(late.result()["error"]["message"],
              "expected '200' but it did not come in time; what came: 'HTTP/1.1 500\\r\\n'");
    const ScriptedServer leaving([](Fd& client) { send_bytes(client, "no"); });
    const auto ended = probe_json({"--expect", "yes", leaving.endpoint()});
    expect_outcome(ended, "mismatch", 1, "UNMET");
    expect_outcome(probe_json({"--expect", "yes", "--want", "mismatch", leaving.endpoint()}),
                   "mismatch", 0, "UNMET");
}

TEST(ProbeExpect, NoByteOfTheAnswerIsAResetOrATimeout)
{
    const ScriptedServer closing([](Fd& client) { client.close(); });
    expect_outcome(probe_json({"--expect", "x", closing.endpoint()}), "reset", 10, "UNMET");
    const ScriptedServer resetting([](Fd& client) { reset(client); });
    expect_outcome(probe_json({"--expect", "x", resetting.endpoint()}), "reset", 10, "ECONNRESET");
    const ScriptedServer greeting([](Fd& client) {
        send_bytes(client, "220\n");
        receive_bytes(client, 2);
    });
    expect_outcome(probe_json({"--expect", "220\\n", "--send", "x\\n", "--expect", "250",
                               greeting.endpoint()}),
                   "reset", 10, "UNMET");
    const ScriptedServer mute(outlast);
    const auto probed =
        probe_json({"--send", "x", "--expect", "yes", "--timeout", "200ms", mute.endpoint()});
    expect_outcome(probed, "timeout", 3, "ETIMEDOUT");
    EXPECT_EQ(probed.result()["error"]["phase"], "receive");
    EXPECT_EQ(probed.result()["error"]["detail"],
              "connected, but nothing came where 'yes' was expected");
}

TEST(ProbeExpect, APeerThatTalksWithoutEndIsNoTrap)
{
    const ScriptedServer chargen([](Fd& client) {
        const std::string much(1U << 16U, 'x');
        while (send_bytes(client, much)) {
        }
    });
    expect_outcome(probe_json({"--expect", "never", "--timeout", "300ms", chargen.endpoint()}),
                   "mismatch", 1, "UNMET");
}

TEST(ProbeExpect, TheDeadlineOfTheRunEndsTheTalk)
{
    const ScriptedServer mute(outlast);
    expect_outcome(
        probe_json({"--expect", "x", "--timeout", "30s", "--deadline", "200ms", mute.endpoint()}),
        "timeout", 3, "ETIMEDOUT");
}

TEST(ProbeSettleTalk, GoesWithAllTheOthers)
{
    const ScriptedServer resetting([](Fd& client) { reset(client); });
    for (const char* option : {"--banner", "--insecure"}) {
        Words words{"--settle", "10s", option, resetting.endpoint()};
        if (option == std::string("--insecure"))
            words.insert(words.begin(), "--tls");
        const auto probed = probe_json(words);
        EXPECT_EQ(probed.result()["outcome"], "reset") << probed.process;
        EXPECT_TRUE(exited(probed.process, 10));
    }
    // A byte settles it.
    const auto greeting = saying("hello\n");
    expect_outcome(probe_json({"--settle", "60s", "--expect", "hello", greeting.endpoint()}),
                   "open", 0);
    // What was said and left unanswered is not enough.
    const ScriptedServer leaving([](Fd& client) { receive_bytes(client, 1); });
    expect_outcome(probe_json({"--settle", "10s", "--send", "x", leaving.endpoint()}), "reset", 10);
}

TEST(ProbeTls, TheSessionIsInTheResult)
{
    auto server = echo_server(common_pki().server);
    const auto probed = probe_json(trusting({echo_server_target(server)}));
    expect_outcome(probed, "open", 0);
    const json& result = probed.result();
    EXPECT_EQ(result["transport"], "tls");
    EXPECT_GT(result["phases"]["tls_ns"], 0);
    EXPECT_GT(result["kernel_rtt_ns"], 0);
    EXPECT_EQ(result["tls"]["protocol"], "TLSv1.3");
    EXPECT_EQ(result["tls"]["subject"], "CN=localhost");
    EXPECT_EQ(result["tls"]["verified"], true);
    EXPECT_GE(result["tls"]["days_left"], 0);

    const auto text =
        run({"probe", "--tls", "--ca", common_pki().pki.authority(), "localhost:" + server.port()});
    EXPECT_TRUE(exited(text, 0));
    EXPECT_NE(text.out.find("\n             TLSv1.3 TLS_"), std::string::npos) << text;
    EXPECT_NE(text.out.find("CN=localhost, "), std::string::npos) << text;

    expect_outcome(
        probe_json(trusting({"--send", "hi\\n", "--expect", "hi\\n", echo_server_target(server)})),
        "open", 0);
    const auto banner =
        probe_json(trusting({"--banner", "--send", "hi\\n", echo_server_target(server)}));
    EXPECT_EQ(banner.result()["banner"], "hi\n") << banner.process;
    expect_outcome(
        probe_json(trusting({"--settle", "50ms", "--timeout", "5s", echo_server_target(server)})),
        "open", 0);
}

TEST(ProbeTls, ACertificateThatDoesNotVerifyIsATlsError)
{
    const auto& pki = common_pki();
    struct Case {
        const Identity& identity;
        const char* code;
    };
    for (const auto& [identity, code] :
         {Case{pki.expired, "CERT_EXPIRED"}, Case{pki.alone, "CERT_SELF_SIGNED"},
          Case{pki.elsewhere, "CERT_NAME_MISMATCH"}}) {
        auto server = echo_server(identity);
        const auto probed = probe_json(trusting({echo_server_target(server)}));
        expect_outcome(probed, "tls-error", 11, code);
        EXPECT_EQ(probed.result()["tls"]["verified"], false);
        EXPECT_TRUE(probed.result()["tls"]["verify_error"].is_string());
        EXPECT_TRUE(probed.result()["tls"]["days_left"].is_number());
        EXPECT_GT(probed.result()["phases"]["tls_ns"], 0);
        expect_outcome(probe_json({"--insecure", echo_server_target(server)}), "open", 0);
    }
    auto server = echo_server(pki.elsewhere);
    expect_outcome(probe_json(trusting({"--sni", "www.example.org", echo_server_target(server)})),
                   "open", 0);
}

TEST(ProbeTls, DaysLeft)
{
    auto server = echo_server(common_pki().server);
    expect_outcome(probe_json(trusting({"--tls-min-days", "0", echo_server_target(server)})),
                   "open", 0);
    const auto soon = probe_json(trusting({"--tls-min-days", "36500", echo_server_target(server)}));
    expect_outcome(soon, "tls-error", 11, "CERT_EXPIRES_SOON");
    const std::string message = soon.result()["error"]["message"];
    EXPECT_TRUE(message.starts_with("the certificate ends in ")) << message;
    EXPECT_TRUE(message.ends_with(" days, wanted at least 36500 days")) << message;
    EXPECT_EQ(soon.result()["tls"]["protocol"], "TLSv1.3");
    auto expired = echo_server(common_pki().expired);
    const auto past =
        probe_json({"--insecure", "--tls-min-days", "0", echo_server_target(expired)});
    expect_outcome(past, "tls-error", 11, "CERT_EXPIRES_SOON");
}

TEST(ProbeTls, PeersThatDoNotShakeHands)
{
    const auto plain = saying("220 plain text here\r\n");
    const auto other = probe_json({"--tls", plain.endpoint()});
    expect_outcome(other, "tls-error", 11, "TLS_NOT_TLS");
    EXPECT_EQ(other.result()["tls"]["protocol"], nullptr);
    const ScriptedServer closing([](Fd& client) {
        receive_bytes(client, 1);
        ::shutdown(client.get(), SHUT_WR);
        outlast(client);
    });
    expect_outcome(probe_json({"--tls", closing.endpoint()}), "tls-error", 11, "TLS_TRUNCATED");
    const ScriptedServer resetting([](Fd& client) { reset(client); });
    expect_outcome(probe_json({"--tls", resetting.endpoint()}), "tls-error", 11, "ECONNRESET");
    const ScriptedServer hanging(outlast);
    const auto late = probe_json({"--tls", "--timeout", "200ms", hanging.endpoint()});
    expect_outcome(late, "timeout", 3, "ETIMEDOUT");
    EXPECT_EQ(late.result()["error"]["phase"], "tls");
    EXPECT_GE(late.result()["phases"]["tls_ns"], 150'000'000);
}

TEST(ProbeTls, FilesAreReadBeforeAnythingIsAsked)
{
    const auto outcome = run({"probe", "--json", "--ca", "/nowhere/ca.pem", "tls:127.0.0.1:9"});
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_NE(outcome.err.find("--ca /nowhere/ca.pem"), std::string::npos) << outcome;
}

TEST(ProbeTls, OnlyTheTargetsThatWantIt)
{
    auto server = echo_server(common_pki().server);
    const auto plain = saying("hello\n");
    const auto probed = probe_json(trusting({echo_server_target(server), plain.endpoint()}));
    EXPECT_TRUE(exited(probed.process, 0));
    int secured = 0;
    for (const auto& result : probed.document["results"])
        secured += result.contains("tls") ? 1 : 0;
    EXPECT_EQ(secured, 1) << probed.process;
}

TEST(ProbeEachAddress, IsAResultOfItsOwn)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "localhost:" + std::to_string(port_of(listener));
    const auto one = probe_json({target});
    expect_outcome(one, "open", 0);
    const auto both = probe_json({"--each-address", target});
    ASSERT_EQ(both.document["results"].size(), 2U) << both.process;
    EXPECT_TRUE(exited(both.process, 8));
    EXPECT_EQ(both.document["summary"]["total"], 2);
    EXPECT_EQ(both.document["summary"]["outcomes"], json({{"open", 1}, {"refused", 1}}));
    EXPECT_NE(both.result(0)["endpoint"], both.result(1)["endpoint"]);
    EXPECT_EQ(both.result(0)["target"], target);
    EXPECT_EQ(both.result(1)["target"], target);
    EXPECT_TRUE(exited(probe_json({"--each-address", "--any", target}).process, 0));
    EXPECT_TRUE(exited(probe_json({"--each-address", "-4", target}).process, 0));
    EXPECT_TRUE(exited(probe_json({"--each-address", "--source", "127.0.0.1", target}).process, 0));
    const auto ports = probe_json({"--each-address", "--want", "refused", "localhost:1-3"});
    EXPECT_TRUE(exited(ports.process, 0));
    EXPECT_EQ(ports.document["summary"]["total"], 6);
}

TEST(ProbeEachAddress, HasStatisticsOfItsOwn)
{
    const auto listener = listen_on("127.0.0.1", 0);
    const auto target = "localhost:" + std::to_string(port_of(listener));
    const auto probed = probe_json({"--each-address", "--count", "2", "--interval", "0", target});
    const auto& statistics = probed.document["statistics"];
    ASSERT_EQ(statistics.size(), 2U) << probed.process;
    EXPECT_NE(statistics[0]["endpoint"], statistics[1]["endpoint"]);
    EXPECT_EQ(statistics[0]["sent"], 2);
    EXPECT_EQ(statistics[1]["sent"], 2);
}

TEST(ProbeUnixTalk, ExpectWorksThereToo)
{
    const TemporaryDirectory directory;
    Server server(
        {"listen", "-k", "--sh", "read line; echo \"got $line\"", "unix:" + directory.path("s")});
    const auto target = "unix:" + directory.path("s");
    expect_outcome(probe_json({"--send", "x\\n", "--expect", "got x", target}), "open", 0);
    const auto missed = probe_json({"--send", "x\\n", "--expect", "y", target});
    expect_outcome(missed, "mismatch", 1, "UNMET");
    EXPECT_EQ(missed.result()["sync"], false);
}

} // namespace
} // namespace sockit::test::THIS_FILE
