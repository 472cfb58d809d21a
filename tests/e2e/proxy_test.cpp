#include "service.h"
#include "support/schema.h"
#include "support/scripted_server.h"
#include "tool.h"

#include <sys/socket.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

using namespace std::string_literals;
using Kind = PeerListener::Kind;

std::string port_in(const std::string& endpoint)
{
    return endpoint.substr(endpoint.rfind(':') + 1);
}

/// An address where nobody listens.
std::string closed_endpoint() { return PeerListener(Kind::Inet).endpoint(); }

/// `sockit connect` through a proxy to a peer of ours.
class Proxied {
public:
    Proxied(const std::string& proxy, const std::string& host, Kind kind = Kind::Inet)
    {
        const PeerListener listener(kind);
        m_client.emplace(Words{sockit_binary(), "connect", "--report", m_directory.path("report"),
                               "--proxy", proxy, host + ":" + port_in(listener.endpoint())},
                         Surroundings{.keep_input_open = true});
        m_peer.emplace(listener.accept());
    }

    /// Bytes go both ways, and the end arrives: the --json document.
    nlohmann::json talk()
    {
        m_client->write_input("to the target");
        EXPECT_EQ(m_peer->receive(13), "to the target");
        EXPECT_TRUE(m_peer->send("from the target"));
        m_client->wait_for_output("from the target");
        m_peer->close();
        m_client->close_input();
        EXPECT_TRUE(exited(m_client->wait(), 0));
        const auto text = read_file(m_directory.path("report"));
        EXPECT_TRUE(valid_document(text));
        return parse_document(text);
    }

private:
    TemporaryDirectory m_directory;
    std::optional<Running> m_client;
    std::optional<Peer> m_peer;
};

/// A SOCKS server of Debian's.
class Microsocks : public testing::Test {
protected:
    void SetUp() override
    {
        if (!has_program("microsocks"))
            GTEST_SKIP() << "no microsocks here";
        m_open.emplace(Words{"microsocks", "-i", "127.0.0.1", "-p", "1080"}, 1080);
        m_guarded.emplace(
            Words{"microsocks", "-i", "127.0.0.1", "-p", "1081", "-u", "me", "-P", "p:@w"}, 1081);
    }

    std::optional<Service> m_open;
    std::optional<Service> m_guarded;
};

TEST_F(Microsocks, NamesResolvedHereAndThere)
{
    for (const char* scheme : {"socks5", "socks5h"})
        for (const char* host : {"127.0.0.1", "localhost"}) {
            const auto document = Proxied(scheme + "://127.0.0.1:1080"s, host).talk();
            EXPECT_EQ(document["proxy"]["url"], scheme + "://127.0.0.1:1080"s);
            EXPECT_EQ(document["proxy"]["endpoint"]["port"], 1080);
            EXPECT_EQ(document["proxy"]["reply"], "succeeded");
            EXPECT_EQ(document["peer"]["port"], 1080);
        }
}

TEST_F(Microsocks, Ipv6) { Proxied("socks5://127.0.0.1:1080", "[::1]", Kind::Inet6).talk(); }

TEST_F(Microsocks, UserAndPasswordWhichNobodyGetsToSee)
{
    const auto document = Proxied("socks5h://me:p%3A%40w@127.0.0.1:1081", "localhost").talk();
    EXPECT_EQ(document["proxy"]["url"], "socks5h://me@127.0.0.1:1081");
    const auto target = closed_endpoint();
    for (const char* credentials : {"", "me:secret@", "other:secret@"}) {
        const auto proxy = "socks5://"s + credentials + "127.0.0.1:1081";
        const auto outcome = run({"connect", "-v", "--jsonl", "--proxy", proxy, target});
        EXPECT_TRUE(exited(outcome, 5));
        EXPECT_TRUE(valid_lines(outcome.out));
        EXPECT_EQ((outcome.out + outcome.err).find("secret"), std::string::npos) << outcome;
    }
}

TEST_F(Microsocks, TheTargetsFailureIsNotTheProxys)
{
    const auto target = closed_endpoint();
    const auto refused = run({"connect", "--json", "--proxy", "socks5h://127.0.0.1:1080", target});
    EXPECT_TRUE(exited(refused, 8));
    EXPECT_EQ(refused.err,
              "sockit: connect " + target +
                  ": Connection refused (ECONNREFUSED): the proxy socks5h://127.0.0.1:1080 says: "
                  "connection refused\n");
    const auto document = parse_document(refused.out);
    EXPECT_EQ(document["proxy"]["reply"], "connection refused");
    EXPECT_EQ(document["error"]["subject"], target);
    EXPECT_EQ(document["attempts"].size(), 2U);
    EXPECT_EQ(document["attempts"][0]["error"], nullptr);
    EXPECT_EQ(document["attempts"][1]["error"]["code"], "ECONNREFUSED");
}

TEST_F(Microsocks, EveryAddressOfANameIsAskedFor)
{
    // The name has ::1 as well, where nobody listens.
    const PeerListener listener(Kind::Inet);
    Running client({sockit_binary(), "connect", "--jsonl", "--proxy", "socks5://127.0.0.1:1080",
                    "localhost:" + port_in(listener.endpoint())},
                   {.input = "x"});
    const auto peer = listener.accept();
    EXPECT_EQ(peer.receive(1), "x");
}

TEST(Proxy, OneThatIsNotThereIsToldApart)
{
    const auto proxy = closed_endpoint();
    for (const char* scheme : {"socks5", "socks4a", "http"}) {
        const auto outcome =
            run({"connect", "--json", "--proxy", scheme + "://"s + proxy, "example.invalid:80"});
        // socks5 resolves the target's name first.
        EXPECT_TRUE(exited(outcome, scheme == "socks5"s ? 4 : 8));
        EXPECT_TRUE(valid_document(outcome.out));
        const auto error = parse_document(outcome.out)["error"];
        EXPECT_EQ(error["subject"], scheme == "socks5"s ? "example.invalid:80" : proxy);
        if (scheme != "socks5"s) {
            EXPECT_EQ(error["detail"], "this is the proxy, not example.invalid:80");
        }
    }
}

TEST(Proxy, OneThatIsMuteCostsTheTimeoutAndNoMore)
{
    const PeerListener mute(Kind::Inet);
    const auto outcome = run({"connect", "--timeout", "100ms", "--proxy",
                              "socks5h://" + mute.endpoint(), "example.invalid:80"});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("it did not answer the request for example.invalid:80"),
              std::string::npos)
        << outcome;
}

TEST(Proxy, AnotherServiceInItsPlace)
{
    const ScriptedServer greeting([](Fd& peer) {
        send_bytes(peer, "220 mail.example ESMTP\r\n");
        receive_bytes(peer, 1000);
    });
    for (const char* scheme : {"socks5h", "socks4a", "http"}) {
        const auto outcome =
            run({"connect", "--proxy", scheme + "://"s + greeting.endpoint(), "example.org:80"});
        EXPECT_TRUE(exited(outcome, 1));
        EXPECT_NE(outcome.err.find("Protocol error (EPROTO)"), std::string::npos) << outcome;
        EXPECT_NE(outcome.err.find("it began with '22"), std::string::npos) << outcome;
    }
    const ScriptedServer closing([](Fd&) {});
    EXPECT_TRUE(
        exited(run({"connect", "--proxy", "http://" + closing.endpoint(), "example.org:80"}), 10));
}

TEST(Proxy, Socks4WithAScriptedServer)
{
    std::string asked;
    const ScriptedServer server([&](Fd& peer) {
        asked = receive_bytes(peer, 9);
        send_bytes(peer, "\0\x5a\0\0\0\0\0\0hello"s);
    });
    const auto outcome =
        run({"connect", "--recv-only", "--proxy", "socks4://" + server.endpoint(), "192.0.2.7:80"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "hello");
    EXPECT_EQ(asked, "\4\1\0\x50\xc0\0\2\7\0"s);
    const ScriptedServer refusing([](Fd& peer) {
        receive_bytes(peer, 21);
        send_bytes(peer, "\0\x5b\0\0\0\0\0\0"s);
    });
    EXPECT_TRUE(exited(
        run({"connect", "--proxy", "socks4a://" + refusing.endpoint(), "example.org:80"}), 1));
}

/// Ncat as a proxy that wants a user and a password.
class NcatProxy : public testing::Test {
protected:
    void SetUp() override
    {
        if (!has_program("ncat"))
            GTEST_SKIP() << "no ncat here";
        m_proxy.emplace(Words{"ncat", "-l", "127.0.0.1", "3128", "--proxy-type", "http",
                              "--proxy-auth", "me:p@w"},
                        3128);
    }

    std::optional<Service> m_proxy;
};

TEST_F(NcatProxy, Connect)
{
    const auto document = Proxied("http://me:p%40w@127.0.0.1:3128", "localhost").talk();
    EXPECT_EQ(document["proxy"]["reply"], "200 OK");
    EXPECT_EQ(document["proxy"]["url"], "http://me@127.0.0.1:3128");
}

TEST_F(NcatProxy, WantsTheRightPassword)
{
    const auto target = closed_endpoint();
    const auto without = run({"connect", "--proxy", "http://127.0.0.1:3128", target});
    EXPECT_TRUE(exited(without, 5));
    EXPECT_NE(without.err.find("hint: give user and password"), std::string::npos) << without;
    const auto wrong = run({"connect", "--proxy", "http://me:secret@127.0.0.1:3128", target});
    EXPECT_TRUE(exited(wrong, 5));
    EXPECT_EQ(wrong.err.find("secret"), std::string::npos) << wrong;
}

TEST_F(NcatProxy, SaysThatTheTargetCannotBeReached)
{
    const auto outcome =
        run({"connect", "--proxy", "http://me:p%40w@127.0.0.1:3128", closed_endpoint()});
    EXPECT_TRUE(exited(outcome, 3));
    EXPECT_NE(outcome.err.find("says: 504 Gateway Timeout"), std::string::npos) << outcome;
}

TEST(Proxy, AChildGetsTheTarget)
{
    const ScriptedServer server([](Fd& peer) {
        receive_bytes(peer, 57);
        send_bytes(peer, "HTTP/1.1 200 OK\r\n\r\nline of the target\n");
    });
    const auto outcome = run({"connect", "--proxy", "http://" + server.endpoint(), "example.org:80",
                              "--", "/bin/sh", "-c", "read line; echo \"$line\" >&2"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.err, "line of the target\n");
}

TEST(ProxyProtocolSent, NamesUsOrAnother)
{
    for (const auto& [option, expected] :
         {std::pair("v1"s, ""s),
          std::pair("v1=192.0.2.9:4711"s, "PROXY TCP4 192.0.2.9 127.0.0.1 4711 "s),
          std::pair("v1=[2001:db8::1]:7"s, "PROXY TCP6 2001:db8::1 ::ffff:127.0.0.1 7 "s)}) {
        Tool tool(Role::Client, {"--proxy-protocol", option}, {.input = "payload"});
        const auto got = tool.peer().receive_all();
        const auto line = got.substr(0, got.find('\n') + 1);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        ::getpeername(tool.peer().fd(), reinterpret_cast<sockaddr*>(&from), &size);
        const auto start = expected.empty() ? "PROXY TCP4 127.0.0.1 127.0.0.1 " +
                                                  std::to_string(ntohs(from.sin_port)) + " "
                                            : expected;
        EXPECT_TRUE(line.starts_with(start)) << line;
        EXPECT_TRUE(line.ends_with("\r\n"));
        EXPECT_EQ(got.substr(line.size()), "payload");
        tool.peer().finish();
        EXPECT_TRUE(exited(tool.wait(), 0));
    }
}

TEST(ProxyProtocolSent, Version2AndOverUnix)
{
    Tool inet(Role::Client, {"--proxy-protocol", "v2=192.0.2.9:1"}, {.input = "payload"});
    const auto got = inet.peer().receive_all();
    ASSERT_EQ(got.size(), 28U + 7U);
    EXPECT_EQ(got.substr(0, 20), "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\x09"s);
    EXPECT_EQ(got.substr(28), "payload");
    Tool over_unix(Role::Client, {"--proxy-protocol", "v1"}, {.input = "payload"}, Kind::Unix);
    EXPECT_EQ(over_unix.peer().receive_all(), "PROXY UNKNOWN\r\npayload");
}

TEST(ProxyProtocolSent, ComesAfterTheProxyHasConnected)
{
    std::string rest;
    std::optional<ScriptedServer> server;
    server.emplace([&](Fd& peer) {
        receive_bytes(peer, 57);
        send_bytes(peer, "HTTP/1.1 200 OK\r\n\r\n");
        rest = receive_bytes(peer, 100);
    });
    EXPECT_TRUE(exited(run({"connect", "--proxy", "http://" + server->endpoint(),
                            "--proxy-protocol", "v1=192.0.2.9:1", "example.org:80"},
                           {.input = "x"}),
                       0));
    server.reset();
    EXPECT_EQ(rest, "PROXY TCP4 192.0.2.9 0.0.0.0 1 0\r\nx");
}

TEST(ProxyProtocolSent, NginxBelievesIt)
{
    if (!has_program("nginx"))
        GTEST_SKIP() << "no nginx here";
    const Nginx nginx(
        8080, "proxy_protocol",
        R"(location / { return 200 "<$proxy_protocol_addr $proxy_protocol_port>"; })");
    for (const char* option : {"v1=192.0.2.9:4711", "v2=192.0.2.9:4711", "v1=[2001:db8::1]:4711",
                               "v2=[2001:db8::1]:4711"}) {
        const auto outcome =
            run({"connect", "--no-half-close", "--proxy-protocol", option, "127.0.0.1:8080"},
                {.input = "GET / HTTP/1.0\r\n\r\n"});
        EXPECT_TRUE(exited(outcome, 0));
        const std::string named =
            std::string_view(option).contains('[') ? "<2001:db8::1 4711>" : "<192.0.2.9 4711>";
        EXPECT_TRUE(outcome.out.ends_with(named)) << outcome;
    }
}

TEST(ProxyOptions, UsageErrorsComeBeforeAnySocket)
{
    for (const Words& words : {Words{"connect", "--proxy", "https://h:1", "h:1"},
                               Words{"connect", "--proxy", "socks5://h", "h:1"},
                               Words{"connect", "--proxy", "socks5://h:1", "unix:/x"},
                               Words{"connect", "--proxy", "socks4://h:1", "[::1]:1"},
                               Words{"connect", "-6", "--proxy", "socks4://h:1", "h:1"},
                               Words{"connect", "--proxy-protocol", "v3", "h:1"},
                               Words{"connect", "--proxy-protocol", "v1=name", "h:1"},
                               Words{"connect", "--proxy-protocol", "", "h:1"}}) {
        const auto outcome = run(words);
        EXPECT_TRUE(exited(outcome, 2));
        EXPECT_EQ(outcome.out, "");
    }
}

} // namespace

} // namespace sockit::test::THIS_FILE
