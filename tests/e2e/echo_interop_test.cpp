// The echo client against the servers that people have, and the echo server under their clients.

#include "peer.h"
#include "service.h"
#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"

#include <ostream>

namespace sockit::test::THIS_FILE {
namespace {

/// An echo server that is not ours.
struct Theirs {
    const char* program;
    std::uint16_t port;
    Words words;
};

void PrintTo(const Theirs& theirs, std::ostream* stream) { *stream << theirs.program; }

std::string name_of(const testing::TestParamInfo<Theirs>& instance)
{
    return instance.param.program;
}

void expect_right_echoes(std::uint16_t port, const Words& options)
{
    Words words{"echo", "client", "127.0.0.1:" + std::to_string(port), "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const auto outcome = run(words);
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["messages"], 40);
    EXPECT_EQ(summary["details"].size(), 0U);
}

class EchoClientAgainst : public testing::TestWithParam<Theirs> {};

INSTANTIATE_TEST_SUITE_P(
    , EchoClientAgainst,
    testing::Values(
        Theirs{"socat", 7801, {"socat", "TCP4-LISTEN:7801,bind=127.0.0.1,fork,reuseaddr", "PIPE"}},
        Theirs{"ncat", 7802, {"ncat", "-lk", "127.0.0.1", "7802", "--exec", "/bin/cat"}}),
    name_of);

TEST_P(EchoClientAgainst, EveryEchoIsRight)
{
    if (!has_program(GetParam().program))
        GTEST_SKIP() << "no " << GetParam().program << " here";
    const Service server(GetParam().words, GetParam().port);
    expect_right_echoes(GetParam().port, {"-c", "4", "-n", "40", "--size", "64,1k-8k"});
}

TEST(EchoClientAgainstXinetd, EveryEchoIsRight)
{
    if (!has_program("xinetd"))
        GTEST_SKIP() << "no xinetd here";
    const TemporaryDirectory directory;
    const auto configuration = directory.path("xinetd.conf");
    write_file(configuration, "service echo\n{\n type = INTERNAL\n id = echo-stream\n"
                              " socket_type = stream\n protocol = tcp\n wait = no\n user = root\n"
                              " bind = 127.0.0.1\n per_source = UNLIMITED\n}\n");
    const Service server(
        {"xinetd", "-dontfork", "-f", configuration, "-pidfile", directory.path("pid")}, 7);
    expect_right_echoes(7, {"-c", "4", "-n", "40"});
}

/// What a program gets back that says `text` to an echo server of ours.
void expect_echo(Words words, const std::string& text)
{
    if (!has_program(words.front()))
        GTEST_SKIP() << "no " << words.front() << " here";
    const auto outcome = run_program(words, {.input = text});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == text) << outcome.out.size() << " of " << text.size();
}

TEST(EchoServerUnder, Socat)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    expect_echo({"socat", "-t10", "-", "TCP:" + server.endpoint()}, pattern(3'000'000));
}

TEST(EchoServerUnder, SocatOnAUnixPath)
{
    const TemporaryDirectory directory;
    const auto path = directory.path("echo");
    const Server server({"echo", "server", "unix:" + path});
    expect_echo({"socat", "-t10", "-", "UNIX-CONNECT:" + path}, pattern(3'000'000));
}

TEST(EchoServerUnder, Netcat)
{
    const Server server({"echo", "server", "127.0.0.1:0"});
    expect_echo({"nc.openbsd", "-N", "127.0.0.1", server.port()}, pattern(3'000'000));
}

TEST(EchoServerUnder, OpensslsClient)
{
    if (!has_program("openssl"))
        GTEST_SKIP() << "no openssl here";
    const auto& pki = common_pki();
    const Server server({"echo", "server", "127.0.0.1:0", "--tls-cert", pki.server.certificate,
                         "--tls-key", pki.server.key});
    Running client({"openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile",
                    pki.pki.authority(), "-connect", "localhost:" + server.port(), "-4"},
                   {.keep_input_open = true});
    client.write_input("hello over TLS\n");
    EXPECT_NE(client.wait_for_output("hello over TLS\n"), "");
}

} // namespace
} // namespace sockit::test::THIS_FILE
