#include "base/fd.h"
#include "sock/tls_session.h"
#include "support/pki.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace sockit::THIS_FILE {

namespace {

using test::common_pki;
using test::Identity;

constexpr std::string_view peer_name = "peer";

struct SocketPair {
    SocketPair()
    {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()),
                  0);
        client = Fd(fds[0]);
        server = Fd(fds[1]);
    }
    Fd client;
    Fd server;
};

TlsServerPlan serve(const Identity& identity)
{
    return {.certificate = identity.certificate, .key = identity.key};
}

TlsClientPlan trust() { return {.ca = common_pki().pki.authority()}; }

/// A client and a server of ours at the two ends of a pair.
class TlsPair {
public:
    TlsPair(const TlsClientPlan& client_plan, const TlsServerPlan& server_plan,
            std::string_view name = "localhost")
    {
        const auto client_context = TlsContext::client(client_plan);
        const auto server_context = TlsContext::server(server_plan);
        EXPECT_TRUE(client_context) << describe_error(client_context.error());
        EXPECT_TRUE(server_context) << describe_error(server_context.error());
        auto one = TlsSession::connect(*client_context, sockets.client.ref(), name, peer_name);
        auto two = TlsSession::accept(*server_context, sockets.server.ref(), peer_name);
        EXPECT_TRUE(one) << describe_error(one.error());
        EXPECT_TRUE(two) << describe_error(two.error());
        client.emplace(*std::move(one));
        server.emplace(*std::move(two));
    }

    /// Both handshakes, in turn, until both are done or have failed.
    void shake_hands()
    {
        bool client_over = false;
        bool server_over = false;
        for (int round = 0; round < 20 && !(client_over && server_over); ++round) {
            step(*client, client_over, client_error);
            step(*server, server_over, server_error);
        }
        EXPECT_TRUE(client_over && server_over);
    }

    SocketPair sockets;
    std::optional<TlsSession> client;
    std::optional<TlsSession> server;
    std::optional<Error> client_error;
    std::optional<Error> server_error;

private:
    static void step(TlsSession& session, bool& over, std::optional<Error>& error)
    {
        if (over)
            return;
        const auto done = session.handshake();
        over = !done || *done == TlsStep::Done;
        if (!done)
            error = done.error();
    }
};

std::span<const std::byte> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

/// What one read gives, as text.
std::string read_text(TlsSession& session)
{
    std::array<std::byte, 256> buffer{};
    const auto got = session.read(buffer);
    if (!got)
        return describe_error(got.error());
    if (got->would_block())
        return "(nothing)";
    if (got->end())
        return "(end)";
    return {reinterpret_cast<const char*>(buffer.data()), got->bytes};
}

std::string client_error_of(const TlsClientPlan& plan, const Identity& identity,
                            std::string_view name = "localhost")
{
    TlsPair pair(plan, serve(identity), name);
    pair.shake_hands();
    return pair.client_error ? describe_error(*pair.client_error) : "";
}

TEST(TlsSession, BothEndsAgreeAndKnowWithWhom)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    ASSERT_FALSE(pair.client_error) << describe_error(*pair.client_error);
    ASSERT_FALSE(pair.server_error) << describe_error(*pair.server_error);
    const auto& facts = pair.client->facts();
    EXPECT_EQ(facts.protocol, "TLSv1.3");
    EXPECT_EQ(facts.cipher, "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(facts.sni, "localhost");
    EXPECT_EQ(facts.alpn, std::nullopt);
    EXPECT_EQ(facts.verified, true);
    EXPECT_EQ(facts.verify_error, std::nullopt);
    EXPECT_EQ(facts.close_notify, std::nullopt);
    EXPECT_EQ(facts.days_left, 19);
    ASSERT_FALSE(facts.chain.empty());
    EXPECT_EQ(facts.chain[0].subject, "CN=localhost");
    EXPECT_EQ(facts.chain[0].issuer, "CN=Test Authority");
    EXPECT_EQ(facts.chain[0].names, (std::vector<std::string>{"localhost", "127.0.0.1", "::1"}));
    EXPECT_EQ(pair.server->facts().sni, "localhost");
    EXPECT_EQ(pair.server->facts().verified, std::nullopt);
    EXPECT_TRUE(pair.server->facts().chain.empty());
}

TEST(TlsSession, ACertificateMayLastLongerThanNanosecondsCount)
{
    constexpr int days = 400'000; // beyond 2262
    const auto lasting = common_pki().pki.issue_for_days("localhost", "DNS:localhost", days);
    TlsPair pair(trust(), serve(lasting));
    pair.shake_hands();
    ASSERT_FALSE(pair.client_error) << describe_error(*pair.client_error);
    EXPECT_EQ(pair.client->facts().days_left, days - 1);
}

TEST(TlsSession, EachDirectionEndsByItself)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    EXPECT_EQ(pair.client->write(bytes_of("hello"))->bytes, 5U);
    EXPECT_EQ(*pair.client->finish(), TlsStep::Done);
    EXPECT_EQ(read_text(*pair.server), "hello");
    EXPECT_TRUE(pair.server->pending());
    EXPECT_EQ(read_text(*pair.server), "(end)");
    EXPECT_EQ(pair.server->facts().close_notify, true);
    EXPECT_EQ(pair.server->write(bytes_of("late"))->bytes, 4U);
    EXPECT_EQ(*pair.server->finish(), TlsStep::Done);
    EXPECT_EQ(read_text(*pair.client), "late");
    EXPECT_EQ(read_text(*pair.client), "(end)");
    EXPECT_EQ(read_text(*pair.client), "(end)");
}

TEST(TlsSession, AFinWithoutCloseNotifyIsNoEnd)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    EXPECT_EQ(pair.client->write(bytes_of("half of it"))->bytes, 10U);
    pair.sockets.client.close();
    EXPECT_EQ(read_text(*pair.server), "half of it");
    EXPECT_TRUE(pair.server->pending());
    EXPECT_EQ(read_text(*pair.server), "TLS read peer: the stream ended without close_notify: it "
                                       "may have been cut (TLS_TRUNCATED)");
    EXPECT_EQ(pair.server->facts().close_notify, false);
}

TEST(TlsSession, WhatFollowsCloseNotifyIsNotData)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    EXPECT_EQ(*pair.client->finish(), TlsStep::Done);
    EXPECT_EQ(::write(pair.sockets.client.get(), "forged", 6), 6);
    EXPECT_EQ(read_text(*pair.server), "(end)");
    EXPECT_EQ(read_text(*pair.server), "(end)");
}

TEST(TlsSession, AForgedRecordIsAnError)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    EXPECT_EQ(pair.client->write(bytes_of("true"))->bytes, 4U);
    const std::string forged("\x17\x03\x03\x00\x20"
                             "0123456789abcdef0123456789abcdef",
                             37);
    EXPECT_EQ(::write(pair.sockets.client.get(), forged.data(), forged.size()), 37);
    EXPECT_EQ(read_text(*pair.server), "true");
    const auto error = read_text(*pair.server);
    EXPECT_NE(error.find("(TLS_FAILED)"), std::string::npos) << error;
    EXPECT_EQ(read_text(*pair.server), error);
}

TEST(TlsSession, AFullPipeIsNoError)
{
    TlsPair pair(trust(), serve(common_pki().server));
    pair.shake_hands();
    const std::string sent(3'000'000, 'x');
    std::string received;
    auto rest = bytes_of(sent);
    bool blocked = false;
    std::vector<std::byte> buffer(256UL * 1024);
    while (received.size() < sent.size()) {
        for (bool full = rest.empty(); !full;) {
            const auto written = pair.client->write(rest);
            ASSERT_TRUE(written) << describe_error(written.error());
            blocked = blocked || written->would_block();
            rest = rest.subspan(written->bytes);
            full = rest.empty() || written->would_block();
        }
        const auto got = pair.server->read(buffer);
        ASSERT_TRUE(got) << describe_error(got.error());
        received.append(reinterpret_cast<const char*>(buffer.data()), got->bytes);
    }
    EXPECT_TRUE(blocked);
    EXPECT_TRUE(received == sent);
    EXPECT_EQ(pair.client->write_waits_for(), TlsStep::WantWrite);
}

TEST(TlsVerification, TheReasonIsInWords)
{
    const auto& pki = common_pki();
    const std::string start = "TLS handshake peer: ";
    EXPECT_EQ(client_error_of(trust(), pki.server), "");
    EXPECT_EQ(client_error_of(trust(), pki.alone),
              start + "self-signed certificate: nobody vouches for it (CERT_SELF_SIGNED)");
    EXPECT_EQ(client_error_of({.ca = pki.alone.certificate}, pki.server),
              start + "issued by an unknown authority, CN=Test Authority "
                      "(CERT_UNKNOWN_AUTHORITY)");
    EXPECT_EQ(client_error_of(trust(), pki.elsewhere),
              start + "the certificate is for example.org, *.example.org, not for localhost "
                      "(CERT_NAME_MISMATCH)");
    const auto expired = client_error_of(trust(), pki.expired);
    EXPECT_TRUE(expired.starts_with(start + "the certificate expired on 20")) << expired;
    EXPECT_TRUE(expired.ends_with("(CERT_EXPIRED)")) << expired;
}

TEST(TlsVerification, AnAddressIsComparedAsOne)
{
    const auto& pki = common_pki();
    EXPECT_EQ(client_error_of(trust(), pki.server, "127.0.0.1"), "");
    EXPECT_EQ(client_error_of(trust(), pki.server, "::1"), "");
    EXPECT_NE(client_error_of(trust(), pki.server, "127.0.0.2")
                  .find("is for localhost, 127.0.0.1, ::1, not for 127.0.0.2"),
              std::string::npos);
    TlsPair pair(trust(), serve(pki.server), "127.0.0.1");
    pair.shake_hands();
    EXPECT_EQ(pair.server->facts().sni, std::nullopt);
}

TEST(TlsVerification, WildcardsCoverOneLabel)
{
    const auto& pki = common_pki();
    EXPECT_EQ(client_error_of(trust(), pki.elsewhere, "www.example.org"), "");
    EXPECT_NE(client_error_of(trust(), pki.elsewhere, "a.b.example.org"), "");
}

TEST(TlsVerification, ACertificateThatIsTrustedItselfIsTrusted)
{
    const auto& pki = common_pki();
    EXPECT_EQ(client_error_of({.ca = pki.alone.certificate}, pki.alone), "");
    EXPECT_EQ(client_error_of({.ca = pki.server.certificate}, pki.server), "");
}

TEST(TlsVerification, InsecureTakesItAndSaysSo)
{
    TlsPair pair({.insecure = true}, serve(common_pki().alone));
    pair.shake_hands();
    EXPECT_FALSE(pair.client_error);
    EXPECT_EQ(pair.client->facts().verified, false);
    EXPECT_EQ(pair.client->facts().verify_error, "self-signed certificate: nobody vouches for it");
}

TEST(TlsVerification, TheOtherSideLearnsWhy)
{
    TlsPair pair(trust(), serve(common_pki().alone));
    pair.shake_hands();
    ASSERT_TRUE(pair.server_error);
    EXPECT_EQ(describe_error(*pair.server_error),
              "TLS handshake peer: the peer does not know who issued our certificate (alert 48, "
              "unknown CA) (TLS_ALERT)");
}

TEST(TlsClientCertificate, IsAskedForAndChecked)
{
    const auto& pki = common_pki();
    auto plan = serve(pki.server);
    plan.client_ca = pki.pki.authority();
    auto known = trust();
    known.certificate = pki.client.certificate;
    known.key = pki.client.key;
    TlsPair good(known, plan);
    good.shake_hands();
    EXPECT_FALSE(good.server_error) << describe_error(*good.server_error);
    EXPECT_EQ(good.server->facts().verified, true);
    EXPECT_EQ(good.server->facts().chain[0].names,
              (std::vector<std::string>{"client@example.org"}));

    TlsPair none(trust(), plan);
    none.shake_hands();
    ASSERT_TRUE(none.server_error);
    EXPECT_EQ(code_name(*none.server_error), "CERT_REQUIRED");
    // In TLS 1.3 the client's handshake is done by then: reading tells.
    EXPECT_EQ(read_text(*none.client), "TLS read peer: the peer wants a certificate from us (alert "
                                       "116) (CERT_REQUIRED)");

    known.certificate = pki.alone.certificate;
    known.key = pki.alone.key;
    TlsPair stranger(known, plan);
    stranger.shake_hands();
    ASSERT_TRUE(stranger.server_error);
    EXPECT_EQ(code_name(*stranger.server_error), "CERT_SELF_SIGNED");
}

TEST(TlsAlpn, TheServersOrderDecides)
{
    auto client = trust();
    client.alpn = {"h2", "http/1.1", "x"};
    auto server = serve(common_pki().server);
    server.alpn = {"y", "http/1.1", "h2"};
    TlsPair pair(client, server);
    pair.shake_hands();
    EXPECT_EQ(pair.client->facts().alpn, "http/1.1");
    EXPECT_EQ(pair.server->facts().alpn, "http/1.1");
}

TEST(TlsAlpn, NothingInCommonIsAnError)
{
    auto client = trust();
    client.alpn = {"h2"};
    auto server = serve(common_pki().server);
    server.alpn = {"h"};
    TlsPair pair(client, server);
    pair.shake_hands();
    ASSERT_TRUE(pair.client_error && pair.server_error);
    EXPECT_NE(describe_error(*pair.client_error).find("alert 120, no application protocol"),
              std::string::npos);
    EXPECT_NE(describe_error(*pair.server_error).find("none of the protocols of --alpn"),
              std::string::npos);
}

TEST(TlsVersion, TheLeastIsKept)
{
    auto client = trust();
    client.least = TlsVersion::Tls13;
    TlsPair pair(client, serve(common_pki().server));
    pair.shake_hands();
    EXPECT_FALSE(pair.client_error);
    EXPECT_EQ(pair.client->facts().protocol, "TLSv1.3");
}

TEST(TlsHandshake, APeerThatSpeaksSomethingElseIsQuoted)
{
    const SocketPair sockets;
    const auto context = TlsContext::client(trust());
    ASSERT_TRUE(context);
    auto session = TlsSession::connect(*context, sockets.client.ref(), "localhost", peer_name);
    ASSERT_EQ(::write(sockets.server.get(), "220 mail\x1b ready\r\n", 17), 17);
    const auto step = session->handshake();
    ASSERT_FALSE(step);
    EXPECT_EQ(describe_error(step.error()),
              "TLS handshake peer: the peer does not speak TLS: it began with '220 mail\\x1b "
              "ready' (TLS_NOT_TLS)");
}

TEST(TlsHandshake, AServerQuotesThePlainClient)
{
    const SocketPair sockets;
    const auto context = TlsContext::server(serve(common_pki().server));
    ASSERT_TRUE(context);
    auto session = TlsSession::accept(*context, sockets.server.ref(), peer_name);
    ASSERT_EQ(::write(sockets.client.get(), "GET / HTTP/1.0\r\n\r\n", 18), 18);
    const auto step = session->handshake();
    ASSERT_FALSE(step);
    EXPECT_NE(describe_error(step.error()).find("it began with 'GET / HTTP/1.0'"),
              std::string::npos);
}

TEST(TlsHandshake, AnEndInTheMiddleIsNoTlsFault)
{
    SocketPair sockets;
    const auto context = TlsContext::client(trust());
    auto session = TlsSession::connect(*context, sockets.client.ref(), "localhost", peer_name);
    ASSERT_EQ(*session->handshake(), TlsStep::WantRead);
    ASSERT_EQ(::shutdown(sockets.server.get(), SHUT_WR), 0);
    const auto step = session->handshake();
    ASSERT_FALSE(step);
    EXPECT_EQ(describe_error(step.error()), "TLS handshake peer: the peer closed the connection in "
                                            "the middle of the handshake (TLS_TRUNCATED)");
}

TEST(TlsContext, FilesThatCannotBeUsedAreNamed)
{
    const auto& pki = common_pki();
    const auto error_of = [](const TlsClientPlan& plan) {
        const auto context = TlsContext::client(plan);
        return context ? std::string() : describe_error(context.error());
    };
    EXPECT_EQ(error_of({.ca = "/nonexistent/ca.pem"}),
              "--ca /nonexistent/ca.pem: No such file or directory (ENOENT)");
    const auto junk = pki.pki.path("junk");
    test::write_file(junk, "no certificate\n");
    const auto bad_ca = error_of({.ca = junk});
    EXPECT_TRUE(bad_ca.starts_with("--ca " + junk + ": no certificates in PEM format there"))
        << bad_ca;
    EXPECT_TRUE(bad_ca.ends_with("(CERT_BAD_FILE)")) << bad_ca;
    EXPECT_NE(error_of({.certificate = pki.client.certificate}).find("no private key"),
              std::string::npos);
    EXPECT_EQ(error_of({.certificate = pki.client.certificate, .key = pki.server.key}),
              "--key " + pki.server.key + ": the key does not belong to the certificate in " +
                  pki.client.certificate + " (CERT_KEY_MISMATCH)");
}

TEST(TlsContext, NobodyIsAskedForAPassphrase)
{
    const auto& pki = common_pki();
    const auto locked = pki.pki.path("locked.key");
    const auto made = test::run_program({"openssl", "pkey", "-in", pki.server.key, "-aes128",
                                         "-passout", "pass:secret", "-out", locked});
    ASSERT_TRUE(test::exited(made, 0)) << made;
    const auto context = TlsContext::server({.certificate = pki.server.certificate, .key = locked});
    ASSERT_FALSE(context);
    EXPECT_NE(describe_error(context.error()).find("the key is encrypted"), std::string::npos);
}

TEST(TlsContext, ADirectoryOfAuthoritiesWorks)
{
    const auto& pki = common_pki();
    const auto directory = pki.pki.path("authorities");
    std::filesystem::create_directory(directory);
    std::filesystem::copy_file(pki.pki.authority(), directory + "/ca.pem");
    const auto rehashed = test::run_program({"openssl", "rehash", directory});
    ASSERT_TRUE(test::exited(rehashed, 0)) << rehashed;
    EXPECT_EQ(client_error_of({.ca = directory}, pki.server), "");
}

TEST(TlsName, IsSniOrTheTargets)
{
    const auto named = [](std::string_view word) {
        return tls_name({}, *parse_target(word, Role::Client));
    };
    EXPECT_EQ(named("tls:example.org.:443"), "example.org");
    EXPECT_EQ(named("tls:[::1]:443"), "::1");
    EXPECT_EQ(named("tls:127.0.0.1:443"), "127.0.0.1");
    EXPECT_EQ(named("unix:/run/x"), "");
    EXPECT_EQ(tls_name({.sni = "a"}, *parse_target("b:1", Role::Client)), "a");
}

} // namespace

} // namespace sockit::THIS_FILE
