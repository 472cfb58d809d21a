#include "support/pki.h"
#include "support/schema.h"
#include "tool.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

using nlohmann::json;

Words joined(Words words, const Words& more)
{
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Words listen_words(const Identity& identity, const Words& more = {})
{
    return joined(
        {"listen", "--tls-cert", identity.certificate, "--tls-key", identity.key, "127.0.0.1:0"},
        more);
}

Words trusting(const Words& more = {})
{
    return joined({"connect", "--ca", common_pki().pki.authority()}, more);
}

std::string by_name(const Server& server) { return "tls:localhost:" + server.port(); }

/// What a client says of a listener with that certificate.
Outcome visit(const Identity& identity, Words words, const std::string& host = "localhost",
              Surroundings surroundings = {})
{
    Server server(listen_words(identity));
    words.push_back("tls:" + host + ":" + server.port());
    auto outcome = run(words, std::move(surroundings));
    server->send_signal(SIGTERM);
    server->wait();
    return outcome;
}

bool maps_openssl(pid_t pid)
{
    return read_file("/proc/" + std::to_string(pid) + "/maps").find("libssl") != std::string::npos;
}

TEST(TlsVerification, IsOnAndGivesTheReasonInWords)
{
    const auto& pki = common_pki();
    struct Case {
        const Identity& identity;
        std::string words;
        std::string code;
    };
    for (const auto& [identity, words, code] :
         {Case{pki.alone, "self-signed certificate: nobody vouches for it", "CERT_SELF_SIGNED"},
          Case{pki.expired, "the certificate expired on 20", "CERT_EXPIRED"},
          Case{pki.elsewhere, "is for example.org, *.example.org, not for localhost",
               "CERT_NAME_MISMATCH"}}) {
        const auto outcome = visit(identity, trusting());
        EXPECT_TRUE(exited(outcome, 11));
        EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome;
        EXPECT_NE(outcome.err.find("(" + code + ")"), std::string::npos) << outcome;
        EXPECT_EQ(outcome.out, "");
        EXPECT_TRUE(exited(visit(identity, {"connect", "--insecure"}), 0)) << words;
    }
    const auto unknown = visit(pki.server, {"connect"});
    EXPECT_TRUE(exited(unknown, 11));
    EXPECT_NE(unknown.err.find("issued by an unknown authority, CN=Test Authority"),
              std::string::npos);
    EXPECT_NE(unknown.err.find("hint: --ca FILE names the authority"), std::string::npos);
    EXPECT_TRUE(exited(visit(pki.server, trusting()), 0));
    EXPECT_TRUE(exited(visit(pki.server, trusting(), "127.0.0.1"), 0));
}

TEST(TlsVerification, SniNamesWhomToExpect)
{
    const auto& pki = common_pki();
    EXPECT_TRUE(exited(visit(pki.elsewhere, trusting({"--sni", "www.example.org"})), 0));
    EXPECT_TRUE(exited(visit(pki.server, trusting({"--sni", "example.org"})), 11));
    EXPECT_TRUE(exited(visit(pki.server, trusting({"--sni", "127.0.0.1"})), 0));
}

TEST(TlsVerification, SslCertFileNamesTheAuthorities)
{
    const auto& pki = common_pki();
    Surroundings surroundings;
    surroundings.environment["SSL_CERT_FILE"] = pki.pki.authority();
    EXPECT_TRUE(exited(visit(pki.server, {"connect"}, "localhost", surroundings), 0));
    surroundings.environment["SSL_CERT_FILE"] = "/nonexistent/authorities";
    const auto outcome = visit(pki.server, {"connect"}, "localhost", surroundings);
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_EQ(outcome.err, "sockit: SSL_CERT_FILE /nonexistent/authorities: No such file or "
                           "directory (ENOENT)\n");
}

TEST(TlsVerification, TheListenerLearnsThatItWasRejected)
{
    Server server(listen_words(common_pki().alone));
    EXPECT_TRUE(exited(run(trusting({by_name(server)})), 11));
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_NE(outcome.err.find("the peer does not know who issued our certificate"),
              std::string::npos)
        << outcome;
}

TEST(TlsRecords, TheSessionIsInEveryDocument)
{
    const auto& pki = common_pki();
    Server server(listen_words(pki.server, {"--json", "--alpn", "http/1.1,h2"}),
                  {.input = "answer"});
    const auto outcome =
        run(trusting({"--json", "--alpn", "h2", by_name(server)}), {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto document = parse_document(outcome.out);
    const auto& tls = document["tls"];
    EXPECT_EQ(tls["protocol"], "TLSv1.3");
    EXPECT_EQ(tls["alpn"], "h2");
    EXPECT_EQ(tls["sni"], "localhost");
    EXPECT_EQ(tls["subject"], "CN=localhost");
    EXPECT_EQ(tls["san"], (json{"localhost", "127.0.0.1", "::1"}));
    EXPECT_EQ(tls["days_left"], 19);
    EXPECT_EQ(tls["verified"], true);
    EXPECT_EQ(tls["verify_error"], nullptr);
    EXPECT_EQ(tls["close_notify"], true);
    EXPECT_EQ(tls["chain"].size(), 1U);
    EXPECT_EQ(document["data"], "answer");
    EXPECT_EQ(document["path"], (json{{"send", "copy"}, {"receive", "copy"}}));
    EXPECT_GT(document["phases"]["tls_ns"], 0);

    const auto other = server->wait();
    EXPECT_TRUE(exited(other, 0));
    EXPECT_TRUE(valid_document(other.out));
    const auto connection = parse_document(other.out)["connections"][0];
    EXPECT_EQ(connection["tls"]["alpn"], "h2");
    EXPECT_EQ(connection["tls"]["sni"], "localhost");
    EXPECT_EQ(connection["tls"]["verified"], nullptr);
    EXPECT_EQ(connection["data"], "question");
}

TEST(TlsRecords, AFailedHandshakeTellsOfTheCertificateToo)
{
    const auto outcome = visit(common_pki().alone, trusting({"--jsonl"}));
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_TRUE(valid_lines(outcome.out));
    const auto summary = parse_lines(outcome.out).back();
    EXPECT_EQ(summary["error"]["phase"], "tls");
    EXPECT_EQ(summary["error"]["code"], "CERT_SELF_SIGNED");
    EXPECT_EQ(summary["error"]["errno"], nullptr);
    EXPECT_EQ(summary["tls"]["protocol"], nullptr);
    EXPECT_EQ(summary["tls"]["verified"], false);
    EXPECT_EQ(summary["tls"]["issuer"], "CN=localhost");
}

TEST(TlsRecords, PeopleSeeItWithV)
{
    const auto outcome = visit(common_pki().server, trusting({"-v"}));
    EXPECT_NE(outcome.err.find("\nTLSv1.3 TLS_AES_256_GCM_SHA384, CN=localhost, verified\n"),
              std::string::npos)
        << outcome;
    const auto insecure = visit(common_pki().alone, {"connect", "-v", "--insecure"});
    EXPECT_NE(insecure.err.find(", not verified: self-signed certificate"), std::string::npos)
        << insecure;
}

TEST(TlsClientCertificate, IsDemandedAndChecked)
{
    const auto& pki = common_pki();
    const auto words = listen_words(pki.server, {"--json", "--tls-client-ca", pki.pki.authority()});
    const Words shown{"--cert", pki.client.certificate, "--key", pki.client.key};
    {
        Server server(words);
        EXPECT_TRUE(exited(run(joined(trusting(shown), {by_name(server)})), 0));
        const auto outcome = server->wait();
        EXPECT_TRUE(exited(outcome, 0));
        const auto tls = parse_document(outcome.out)["connections"][0]["tls"];
        EXPECT_EQ(tls["subject"], "CN=client");
        EXPECT_EQ(tls["verified"], true);
    }
    Server server(words);
    const auto outcome = run(trusting({by_name(server)}));
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_NE(outcome.err.find("the peer wants a certificate from us"), std::string::npos)
        << outcome;
    EXPECT_NE(outcome.err.find("hint: --cert FILE --key FILE"), std::string::npos) << outcome;
    const auto refusal = server->wait();
    EXPECT_TRUE(exited(refusal, 11));
    EXPECT_NE(refusal.err.find("the peer sent no certificate (CERT_REQUIRED)"), std::string::npos)
        << refusal;
}

TEST(TlsHandshake, APlainServerIsToldApart)
{
    const PeerListener listener(PeerListener::Kind::Inet);
    Running client({sockit_binary(), "connect", "tls:" + listener.endpoint()}, {});
    const auto peer = listener.accept();
    EXPECT_TRUE(peer.send("SSH-2.0-OpenSSH_9.2\r\n"));
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_NE(outcome.err.find("does not speak TLS: it began with 'SSH-2.0-OpenSSH_9.2'"),
              std::string::npos)
        << outcome;
}

TEST(TlsHandshake, APlainClientIsToldApart)
{
    Server server(listen_words(common_pki().server));
    const auto peer = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(peer.send("GET / HTTP/1.0\r\n\r\n"));
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_NE(outcome.err.find("it began with 'GET / HTTP/1.0'"), std::string::npos) << outcome;
}

TEST(TlsHandshake, AMutePeerMeetsTheLimit)
{
    const PeerListener listener(PeerListener::Kind::Inet);
    const auto outcome = run({"connect", "--timeout", "200ms", "tls:" + listener.endpoint()});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("TLS handshake " + listener.endpoint()), std::string::npos)
        << outcome;
}

TEST(TlsHandshake, AResetIsAReset)
{
    const PeerListener listener(PeerListener::Kind::Inet);
    Running client({sockit_binary(), "connect", "tls:" + listener.endpoint()}, {});
    auto peer = listener.accept();
    EXPECT_EQ(peer.receive(1).size(), 1U);
    peer.reset();
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(outcome.err.find("TLS handshake"), std::string::npos) << outcome;
}

TEST(TlsHandshake, VersionsAreLimitedByTlsMin)
{
    const auto& pki = common_pki();
    Server server(listen_words(pki.server, {"--tls-min", "1.3"}));
    const auto outcome =
        run_program({"openssl", "s_client", "-connect", server.endpoint(), "-tls1_2"});
    EXPECT_NE(outcome.status, 0);
    const auto refusal = server->wait();
    EXPECT_TRUE(exited(refusal, 11));
    EXPECT_NE(refusal.err.find("no protocol version that both sides allow"), std::string::npos)
        << refusal;
}

TEST(TlsFiles, AreReadBeforeAnySocketExists)
{
    const auto& pki = common_pki();
    const auto missing = run({"connect", "--ca", "/nonexistent/ca", "tls:127.0.0.1:9"});
    EXPECT_TRUE(exited(missing, 6));
    EXPECT_EQ(missing.err, "sockit: --ca /nonexistent/ca: No such file or directory (ENOENT)\n");
    const auto mixed = run({"listen", "--tls-cert", pki.server.certificate, "--tls-key",
                            pki.client.key, "--jsonl", "127.0.0.1:0"});
    EXPECT_TRUE(exited(mixed, 11));
    EXPECT_TRUE(valid_lines(mixed.out));
    EXPECT_EQ(parse_lines(mixed.out)[0]["error"]["code"], "CERT_KEY_MISMATCH");
    EXPECT_EQ(mixed.err.find("listening"), std::string::npos);
}

TEST(TlsFiles, CombinationsAreUsageErrors)
{
    for (const Words& words :
         {Words{"connect", "--insecure", "127.0.0.1:9"},
          Words{"connect", "--key", "k", "tls:127.0.0.1:9"},
          Words{"connect", "--tls", "unix:/nonexistent/socket"}, Words{"listen", "tls:127.0.0.1:0"},
          Words{"listen", "--tls-key", "k", "127.0.0.1:0"}}) {
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "");
    }
}

TEST(TlsLibraries, AreLoadedWhenAskedForAndNotBefore)
{
    Server plain({"listen", "127.0.0.1:0"});
    EXPECT_FALSE(maps_openssl(plain->pid()));
    Server tls(listen_words(common_pki().server));
    EXPECT_TRUE(maps_openssl(tls->pid()));
}

TEST(TlsLibraries, ThatAreMissingAreNamed)
{
    const std::string hide = "for file in /usr/lib/*/libssl.so.3 /lib/*/libssl.so.3; do "
                             "mount --bind /dev/null \"$file\" 2>/dev/null; done; ";
    if (run_program({"unshare", "-m", "sh", "-c",
                     hide + "for file in /usr/lib/*/libssl.so.3; do test ! -s \"$file\" || exit 9; "
                            "done"})
            .status != 0)
        GTEST_SKIP() << "no mounts here";
    const auto outcome =
        run_program({"unshare", "-m", "sh", "-c",
                     hide + "exec " + sockit_binary() + " connect tls:127.0.0.1:9"});
    EXPECT_TRUE(exited(outcome, 7));
    EXPECT_NE(outcome.err.find("libssl.so.3"), std::string::npos) << outcome;
}

} // namespace

} // namespace sockit::test::THIS_FILE
