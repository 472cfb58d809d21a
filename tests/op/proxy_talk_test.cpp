#include "op/proxy_talk.h"
#include "support/scripted_server.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <netdb.h>
#include <unistd.h>

namespace sockit::THIS_FILE {

namespace {

using namespace std::string_literals;

const ProxyDestination to_name{.host = "example.org", .endpoint = {}, .port = 80};
const ProxyDestination to_v4{
    .host = {}, .endpoint = *Endpoint::from_literal("192.0.2.1", 443), .port = 443};
const ProxyDestination to_v6{.host = {}, .endpoint = *Endpoint::from_literal("::1", 1), .port = 1};

ProxyPlan plan_for(std::string_view scheme, std::string_view credentials = {})
{
    return *parse_proxy(std::string(scheme) + "://" + std::string(credentials) + "10.0.0.9:1080");
}

/// A talk with a proxy whose answers are known: what the client said, and how it ended.
struct Spoken {
    std::vector<std::string> said;
    std::optional<Error> error;
    std::string reply;
    std::string left; ///< bytes behind the last answer, not taken
    bool done = false;
};

/// The answers come in pieces of that size; the client says nothing while one is incomplete.
Spoken speak(const ProxyPlan& plan, const ProxyDestination& destination, std::string answers,
             std::size_t piece)
{
    ProxyTalk talk(plan, destination);
    Spoken spoken;
    while (true) {
        if (auto words = talk.take_output(); !words.empty())
            spoken.said.push_back(std::move(words));
        if (talk.done() || answers.empty())
            break;
        const auto taken = talk.take(std::string_view(answers).substr(0, piece));
        if (!taken) {
            spoken.error = taken.error();
            break;
        }
        if (*taken == 0)
            break;
        answers.erase(0, *taken);
    }
    spoken.reply = talk.reply();
    spoken.left = answers;
    spoken.done = talk.done();
    return spoken;
}

Spoken speak(const ProxyPlan& plan, const ProxyDestination& destination, const std::string& answers)
{
    const auto whole = speak(plan, destination, answers, answers.size() + 1);
    const auto bytewise = speak(plan, destination, answers, 1);
    EXPECT_EQ(whole.said, bytewise.said);
    EXPECT_EQ(whole.reply, bytewise.reply);
    EXPECT_EQ(whole.error.has_value(), bytewise.error.has_value());
    EXPECT_EQ(whole.done, bytewise.done);
    if (whole.done) {
        EXPECT_EQ(whole.left, bytewise.left);
    }
    return whole;
}

std::string words_of(const Spoken& spoken)
{
    return spoken.error ? describe_error(*spoken.error) : "no error";
}

TEST(Socks5, AnEndpointWithoutAuthentication)
{
    const auto spoken = speak(plan_for("socks5"), to_v4,
                              "\5\0"
                              "\5\0\0\1\x7f\0\0\1\x30\x39payload"s);
    ASSERT_EQ(spoken.said.size(), 2U);
    EXPECT_EQ(spoken.said[0], "\5\1\0"s);
    EXPECT_EQ(spoken.said[1], "\5\1\0\1\xc0\0\2\1\1\xbb"s);
    EXPECT_TRUE(spoken.done);
    EXPECT_EQ(spoken.reply, "succeeded");
    EXPECT_EQ(spoken.left, "payload");
}

TEST(Socks5, ANameAndAnIpv6Address)
{
    const auto answers = "\5\0\5\0\0\4"s + std::string(18, '\1') + "x";
    EXPECT_EQ(speak(plan_for("socks5h"), to_name, answers).said[1], "\5\1\0\3\x0b"
                                                                    "example.org\0\x50"s);
    const auto v6 = speak(plan_for("socks5"), to_v6, answers);
    EXPECT_EQ(v6.said[1], "\5\1\0\4"s + std::string(15, '\0') + "\1\0\1"s);
    EXPECT_EQ(v6.left, "x");
}

TEST(Socks5, TheBoundAddressMayBeAName)
{
    EXPECT_EQ(speak(plan_for("socks5h"), to_name, "\5\0\5\0\0\3\4host\0\1rest"s).left, "rest");
    EXPECT_EQ(speak(plan_for("socks5h"), to_name, "\5\0\5\0\0\3\0\0\1rest"s).left, "rest");
}

TEST(Socks5, UserAndPassword)
{
    const auto spoken = speak(plan_for("socks5", "me:pw@"), to_v4, "\5\2\1\0\5\0\0\1abcdef"s);
    ASSERT_EQ(spoken.said.size(), 3U);
    EXPECT_EQ(spoken.said[0], "\5\2\0\2"s);
    EXPECT_EQ(spoken.said[1], "\1\2me\2pw"s);
    EXPECT_TRUE(spoken.done);
    EXPECT_EQ(speak(plan_for("socks5", "me:pw@"), to_v4, "\5\0"s).said.size(), 2U);
    EXPECT_EQ(words_of(speak(plan_for("socks5", "me:pw@"), to_v4, "\5\2\1\1"s)),
              "proxy socks5://me@10.0.0.9:1080: Permission denied (EACCES): it does not take this "
              "user and password");
    EXPECT_EQ(words_of(speak(plan_for("socks5"), to_v4, "\5\xff"s)),
              "proxy socks5://10.0.0.9:1080: Permission denied (EACCES): it wants authentication");
}

TEST(Socks5, WhatTheProxySaysOfTheTarget)
{
    const auto code_after = [](char reply) {
        const auto spoken =
            speak(plan_for("socks5h"), to_name, "\5\0\5"s + reply + "\0\1\0\0\0\0\0\0"s);
        EXPECT_TRUE(spoken.error);
        EXPECT_EQ(spoken.error->subject, "example.org:80");
        EXPECT_NE(spoken.reply, "");
        return spoken.error->domain == Domain::Unmet ? -1 : spoken.error->code;
    };
    EXPECT_EQ(code_after(1), -1);
    EXPECT_EQ(code_after(2), EACCES);
    EXPECT_EQ(code_after(3), ENETUNREACH);
    EXPECT_EQ(code_after(4), EHOSTUNREACH);
    EXPECT_EQ(code_after(5), ECONNREFUSED);
    EXPECT_EQ(code_after(6), ETIMEDOUT);
    EXPECT_EQ(code_after(7), -1);
    EXPECT_EQ(code_after(8), -1);
    EXPECT_EQ(code_after('\x99'), -1);
    EXPECT_EQ(words_of(speak(plan_for("socks5h"), to_name, "\5\0\5\5\0\1\0\0\0\0\0\0"s)),
              "connect example.org:80: Connection refused (ECONNREFUSED): the proxy "
              "socks5h://10.0.0.9:1080 says: connection refused");
    EXPECT_EQ(words_of(speak(plan_for("socks5h"), to_name, "\5\0\5\1\0\1\0\0\0\0\0\0"s)),
              "connect example.org:80: the proxy socks5h://10.0.0.9:1080 says: general failure");
}

TEST(Socks5, AnotherProtocol)
{
    for (const auto& bytes :
         {"HTTP/1.1 400 Bad Request"s, "\4\0"s, "\5\7"s, "\5\2"s, "\5\0\4\0\0\1\0"s,
          "\5\0\5\0\0\2\0\0\0\0\0\0"s, "\5\0\5\0\0\0\0\0\0\0"s}) {
        const auto spoken = speak(plan_for("socks5"), to_v4, bytes);
        ASSERT_TRUE(spoken.error) << bytes;
        EXPECT_EQ(spoken.error->code, EPROTO);
        EXPECT_EQ(spoken.error->subject, "socks5://10.0.0.9:1080");
    }
    EXPECT_EQ(speak(plan_for("socks5", "u:p@"), to_v4, "\5\2\5\0"s).error->code, EPROTO);
}

TEST(Socks4, AnAddressOrAName)
{
    const auto plain = speak(plan_for("socks4"), to_v4, "\0\x5a\0\0\0\0\0\0payload"s);
    EXPECT_EQ(plain.said, std::vector{"\4\1\1\xbb\xc0\0\2\1\0"s});
    EXPECT_TRUE(plain.done);
    EXPECT_EQ(plain.left, "payload");
    EXPECT_EQ(speak(plan_for("socks4a", "me@"), to_name, "").said,
              std::vector{"\4\1\0\x50\0\0\0\1me\0example.org\0"s});
}

TEST(Socks4, WhatTheProxySays)
{
    const auto error_after = [](char code) {
        return *speak(plan_for("socks4a"), to_name, "\0"s + code + "\0\0\0\0\0\0"s).error;
    };
    EXPECT_EQ(error_after(91).domain, Domain::Unmet);
    EXPECT_EQ(error_after(91).subject, "example.org:80");
    EXPECT_EQ(error_after(92).code, EACCES);
    EXPECT_EQ(error_after(93).code, EACCES);
    EXPECT_EQ(error_after(0).code, EPROTO);
    EXPECT_EQ(speak(plan_for("socks4"), to_v4, "\5\x5a\0\0"s).error->code, EPROTO);
    EXPECT_EQ(speak(plan_for("socks4"), to_v4, "SSH-2.0"s).error->code, EPROTO);
}

TEST(HttpConnect, TheRequestAndAnAnswer)
{
    const auto spoken =
        speak(plan_for("http", "me:pw@"), to_name,
              "HTTP/1.1 200 Connection established\r\nX: y\r\nContent-Length: 7\r\n\r\npayload");
    EXPECT_EQ(spoken.said, std::vector{"CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n"
                                       "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n"s});
    EXPECT_TRUE(spoken.done);
    EXPECT_EQ(spoken.reply, "200 Connection established");
    EXPECT_EQ(spoken.left, "payload");
    EXPECT_EQ(speak(plan_for("http"), to_v6, "").said,
              std::vector{"CONNECT [::1]:1 HTTP/1.1\r\nHost: [::1]:1\r\n\r\n"s});
}

TEST(HttpConnect, AnswersThatAreGoodEnough)
{
    for (const auto& head :
         {"HTTP/1.0 200\r\n\r\n"s, "HTTP/1.1 200 \n\n"s, "HTTP/1.1 204 No\r\n\n"s,
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"s,
          "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 299 OK\r\n\r\n"s}) {
        const auto spoken = speak(plan_for("http"), to_name, head + "\r\npayload");
        EXPECT_TRUE(spoken.done) << head;
        EXPECT_EQ(spoken.left, "\r\npayload");
    }
}

TEST(HttpConnect, WhatTheProxySaysOfTheTarget)
{
    const auto error_of = [](const std::string& head) {
        const auto spoken = speak(plan_for("http"), to_name, "HTTP/1.1 " + head + "\r\n\r\nbody");
        EXPECT_TRUE(spoken.error) << head;
        return *spoken.error;
    };
    EXPECT_EQ(error_of("403 Forbidden").code, EACCES);
    EXPECT_EQ(error_of("403 Forbidden").subject, "example.org:80");
    EXPECT_EQ(error_of("502 Bad Gateway").code, EHOSTUNREACH);
    EXPECT_EQ(error_of("503 Service Unavailable").code, EHOSTUNREACH);
    EXPECT_EQ(error_of("504 Gateway Timeout").code, ETIMEDOUT);
    EXPECT_EQ(error_of("500 Oops").domain, Domain::Unmet);
    EXPECT_EQ(error_of("301 Moved").domain, Domain::Unmet);
    EXPECT_EQ(describe_error(error_of("404 \x1b[31mred")),
              "connect example.org:80: the proxy http://10.0.0.9:1080 says: 404 \\x1b[31mred");
}

TEST(HttpConnect, ProxyStatusSaysItBetter)
{
    const auto error_of = [](const std::string& type) {
        return *speak(plan_for("http"), to_name,
                      "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: p; error=" + type + "\r\n\r\n")
                    .error;
    };
    EXPECT_EQ(error_of("dns_error; rcode=NXDOMAIN").domain, Domain::Resolver);
    EXPECT_EQ(error_of("dns_error").code, EAI_NONAME);
    EXPECT_EQ(error_of("connection_refused").code, ECONNREFUSED);
    EXPECT_EQ(error_of("connection_timeout").code, ETIMEDOUT);
    EXPECT_EQ(error_of("destination_ip_prohibited").code, EACCES);
    EXPECT_EQ(error_of("something_else").code, EHOSTUNREACH);
}

TEST(HttpConnect, Authentication)
{
    const auto answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"s;
    const auto wanted = speak(plan_for("http"), to_name, answer);
    EXPECT_EQ(wanted.error->code, EACCES);
    EXPECT_EQ(wanted.error->subject, "http://10.0.0.9:1080");
    EXPECT_NE(wanted.error->hint, "");
    EXPECT_EQ(words_of(speak(plan_for("http", "me:pw@"), to_name, answer)),
              "proxy http://me@10.0.0.9:1080: Permission denied (EACCES): it does not take this "
              "user and password: 407 Proxy Authentication Required");
}

TEST(HttpConnect, AnotherProtocolOrNoEnd)
{
    for (const auto& bytes :
         {"SSH-2.0-OpenSSH_9\r\n"s, "HTTP/2 200\r\n\r\n"s, "\5\0"s, "HTTP/1.1 20\r\n\r\n"s,
          "HTTP/1.1 abc OK\r\n\r\n"s, "HTTP/1.1 2000\r\n\r\n"s, "HTTP/1.1\r\n\r\n"s,
          "HTTP/1.1 200 OK\r\nX: " + std::string(66000, 'x'),
          "HTTP/1.1 200 OK\r\n" + std::string(70000, 'y') + "\r\n\r\n"}) {
        const auto spoken = speak(plan_for("http"), to_name, bytes);
        ASSERT_TRUE(spoken.error) << bytes.substr(0, 40);
        EXPECT_EQ(spoken.error->code, EPROTO);
    }
}

constexpr std::size_t request_size =
    std::string_view("CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n").size();

/// A talk with a real server at the other end.
struct Driven {
    Result<bool> outcome = false;
    std::string after; ///< what the target sent, taken from the socket afterwards
};

Driven drive(std::function<void(Fd&)> serve, Duration limit = std::chrono::seconds(10))
{
    const test::ScriptedServer server(std::move(serve));
    const auto endpoint = parse_target(server.endpoint(), Role::Client)->endpoint;
    auto loop = OpLoop::open(std::nullopt);
    auto socket = Socket::adopt(test::connect_to(static_cast<std::uint16_t>(endpoint->port())),
                                AF_INET, SOCK_STREAM);
    const auto plan = plan_for("http");
    ProxyTalk talk(plan, to_name);
    Driven driven;
    driven.outcome =
        talk_to_proxy(*loop, socket, talk, {plan.url, to_name.text()}, Deadline::after(limit));
    const Fd rest(::dup(socket.ref().value));
    if (driven.outcome)
        driven.after = test::receive_bytes(rest, 100);
    return driven;
}

TEST(TalkToProxy, NoByteOfTheTargetIsTaken)
{
    const auto driven = drive([](Fd& connection) {
        test::receive_bytes(connection, request_size);
        test::send_bytes(connection, "HTTP/1.1 200 OK\r\n\r\n220 smtp.example\r\n");
    });
    ASSERT_TRUE(driven.outcome) << describe_error(driven.outcome.error());
    EXPECT_TRUE(*driven.outcome);
    EXPECT_EQ(driven.after, "220 smtp.example\r\n");
}

TEST(TalkToProxy, AnAnswerInPieces)
{
    const auto driven = drive([](Fd& connection) {
        test::receive_bytes(connection, request_size);
        for (const char c : "HTTP/1.1 200 OK\r\n\r\n"s)
            test::send_bytes(connection, std::string(1, c));
        test::send_bytes(connection, "hello");
    });
    EXPECT_TRUE(driven.outcome && *driven.outcome);
    EXPECT_EQ(driven.after, "hello");
}

TEST(TalkToProxy, AnEndBeforeTheAnswerWasComplete)
{
    const auto driven = drive([](Fd& connection) {
        test::receive_bytes(connection, request_size);
        test::send_bytes(connection, "HTTP/1.1 200 OK\r\n");
    });
    ASSERT_FALSE(driven.outcome);
    EXPECT_EQ(describe_error(driven.outcome.error()),
              "proxy http://10.0.0.9:1080: Software caused connection abort (ECONNABORTED): it "
              "ended the connection before it had answered the request for example.org:80");
}

TEST(TalkToProxy, AMuteProxyIsNotWaitedForLongerThanAllowed)
{
    const auto driven = drive([](Fd& connection) { test::receive_bytes(connection, 1000); },
                              std::chrono::milliseconds(30));
    ASSERT_FALSE(driven.outcome);
    EXPECT_EQ(driven.outcome.error().code, ETIMEDOUT);
    EXPECT_EQ(driven.outcome.error().subject, "http://10.0.0.9:1080");
}

} // namespace

} // namespace sockit::THIS_FILE
