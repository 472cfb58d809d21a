// TLS with programs that are not ours.

#include "service.h"
#include "support/pki.h"
#include "tool.h"

#include <csignal>

namespace sockit::test::THIS_FILE {

namespace {

Words secure_listener(const Words& more = {})
{
    const auto& identity = common_pki().server;
    Words words{"listen",    "--tls-cert", identity.certificate,
                "--tls-key", identity.key, "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Outcome secure_client(std::uint16_t port, Surroundings surroundings, const Words& more = {})
{
    Words words{"connect", "--ca", common_pki().pki.authority(),
                "tls:localhost:" + std::to_string(port)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, std::move(surroundings));
}

/// A server that answers requests, with our certificate and more as it says.
Nginx secure_nginx(const std::string& more)
{
    const auto& identity = common_pki().server;
    return {8443, "ssl",
            "ssl_certificate " + identity.certificate + ";\nssl_certificate_key " + identity.key +
                ";\n" + more + R"(
        location / { return 200 "<$ssl_protocol $ssl_server_name $ssl_client_s_dn>\n"; })"};
}

TEST(TlsPeers, OpenSslServes)
{
    const auto& identity = common_pki().server;
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        const Service server({"openssl", "s_server", "-accept", "127.0.0.1:4434", "-cert",
                              identity.certificate, "-key", identity.key, "-rev", version},
                             4434);
        const auto outcome =
            secure_client(4434, {.input = "olleh\n"}, {"--send", "olleh\\n", "--expect", "hello"});
        EXPECT_TRUE(exited(outcome, 0)) << version;
        EXPECT_NE(outcome.out.find("hello"), std::string::npos) << outcome;
    }
}

TEST(TlsPeers, OpenSslVisits)
{
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        Server server(secure_listener(), {.keep_input_open = true});
        Running client({"openssl", "s_client", "-connect", server.endpoint(), "-CAfile",
                        common_pki().pki.authority(), "-verify_return_error", "-verify_hostname",
                        "localhost", "-quiet", version},
                       {.input = "to you\n", .keep_input_open = true});
        server->wait_for_output("to you\n");
        server->write_input("from us\n");
        client.wait_for_output("from us\n");
        server->close_input();
        EXPECT_TRUE(exited(client.wait(), 0)) << version;
        EXPECT_TRUE(exited(server->wait(), 0)) << version;
    }
}

TEST(TlsPeers, OldVersionsOnlyWhereTheyAreAllowed)
{
    const auto& identity = common_pki().server;
    const Service server({"openssl", "s_server", "-accept", "127.0.0.1:4435", "-cert",
                          identity.certificate, "-key", identity.key, "-tls1", "-cipher",
                          "DEFAULT:@SECLEVEL=0", "-rev"},
                         4435);
    const Words talk{"--send", "a\\n", "--expect", "a"};
    const auto refused = secure_client(4435, {}, talk);
    EXPECT_TRUE(exited(refused, 11));
    EXPECT_NE(refused.err.find("(TLS_VERSION)"), std::string::npos) << refused;
    EXPECT_TRUE(exited(
        secure_client(4435, {}, {"--tls-min", "1.0", "--send", "a\\n", "--expect", "a"}), 0));
}

TEST(TlsPeers, NcatServes)
{
    if (!has_program("ncat"))
        GTEST_SKIP() << "no ncat here";
    const auto& identity = common_pki().server;
    Service server({"ncat", "-l", "--ssl", "--ssl-cert", identity.certificate, "--ssl-key",
                    identity.key, "127.0.0.1", "4436"},
                   4436, {.input = "from ncat"});
    const auto outcome = secure_client(4436, {.input = "to ncat"});
    EXPECT_EQ(outcome.out, "from ncat") << outcome;
    EXPECT_EQ(server->wait().out, "to ncat");
}

TEST(TlsPeers, NcatVisits)
{
    if (!has_program("ncat"))
        GTEST_SKIP() << "no ncat here";
    Server server(secure_listener(), {.input = "from us"});
    const auto outcome = run_program({"ncat", "--ssl-verify", "--ssl-trustfile",
                                      common_pki().pki.authority(), "localhost", server.port()},
                                     {.input = "to you"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "from us");
    EXPECT_EQ(server->wait().out, "to you");
}

TEST(TlsPeers, CurlVisits)
{
    if (!has_program("curl"))
        GTEST_SKIP() << "no curl here";
    Server server(secure_listener({"--no-half-close"}),
                  {.input = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"});
    const auto outcome = run_program({"curl", "-sS", "--cacert", common_pki().pki.authority(),
                                      "https://localhost:" + server.port() + "/"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "hello\n");
    EXPECT_TRUE(server->wait().out.starts_with("GET / HTTP/1.1\r\n"));
}

TEST(TlsPeers, NginxServes)
{
    if (!has_program("nginx"))
        GTEST_SKIP() << "no nginx here";
    const Nginx nginx = secure_nginx("ssl_protocols TLSv1.2 TLSv1.3;");
    const auto outcome =
        secure_client(8443, {.input = "GET / HTTP/1.0\r\n\r\n"}, {"--no-half-close"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out.ends_with("<TLSv1.3 localhost >\n")) << outcome;
}

TEST(TlsPeers, NginxKnowsOurCertificate)
{
    if (!has_program("nginx"))
        GTEST_SKIP() << "no nginx here";
    const auto& pki = common_pki();
    const Nginx nginx =
        secure_nginx("ssl_verify_client on; ssl_client_certificate " + pki.pki.authority() + ";");
    const auto outcome = secure_client(
        8443, {.input = "GET / HTTP/1.0\r\n\r\n"},
        {"--no-half-close", "--cert", pki.client.certificate, "--key", pki.client.key});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out.ends_with(" localhost CN=client>\n")) << outcome;
}

} // namespace

} // namespace sockit::test::THIS_FILE
