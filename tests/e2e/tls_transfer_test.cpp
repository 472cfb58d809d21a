// Bytes over TLS: none is lost, and a cut is told from an end.

#include "support/pki.h"
#include "support/schema.h"
#include "tool.h"

#include <csignal>
#include <list>

#include <fcntl.h>
#include <unistd.h>

namespace sockit::test::THIS_FILE {

namespace {

Words secure_listen(const Words& more)
{
    const auto& identity = common_pki().server;
    Words words{"listen", "--tls-cert", identity.certificate, "--tls-key", identity.key};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Words secure_connect(const Server& server, const Words& more = {})
{
    Words words{"connect", "--ca", common_pki().pki.authority(), "tls:localhost:" + server.port()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Words with_binary(Words words)
{
    words.insert(words.begin(), sockit_binary());
    return words;
}

std::string many_bytes(std::size_t mebibytes)
{
    std::string all;
    const auto piece = pattern((1UL << 20U) + 7);
    while (all.size() < mebibytes << 20U)
        all += piece;
    return all;
}

TEST(TlsTransfer, FiftyMegabytesEachWay)
{
    const TemporaryDirectory directory;
    const auto there = many_bytes(50);
    const auto back = many_bytes(51);
    write_file(directory.path("there"), there);
    write_file(directory.path("back"), back);
    const Fd there_fd(::open(directory.path("there").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd back_fd(::open(directory.path("back").c_str(), O_RDONLY | O_CLOEXEC));
    Server server(secure_listen({"127.0.0.1:0"}), {.fds = {{0, back_fd.ref()}}});
    const auto outcome = run(secure_connect(server), {.fds = {{0, there_fd.ref()}}});
    EXPECT_TRUE(exited(outcome, 0)) << outcome.err;
    EXPECT_TRUE(outcome.out == back);
    const auto other = server->wait();
    EXPECT_TRUE(exited(other, 0)) << other.err;
    EXPECT_TRUE(other.out == there);
}

TEST(TlsTransfer, EachDirectionEndsByItself)
{
    Server server(secure_listen({"127.0.0.1:0"}), {.keep_input_open = true});
    Running client(with_binary(secure_connect(server)), {.input = "early"});
    server->wait_for_output("early");
    server->write_input("late");
    server->close_input();
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "late");
    EXPECT_TRUE(exited(server->wait(), 0));
}

TEST(TlsTransfer, AUnixSocketCarriesItToo)
{
    const TemporaryDirectory directory;
    const auto path = "unix:" + directory.path("socket");
    Server server(secure_listen({path}), {.input = "answer"});
    const auto outcome =
        run({"connect", "--tls", "--sni", "localhost", "--ca", common_pki().pki.authority(), path},
            {.input = "question"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "answer");
    EXPECT_EQ(server->wait().out, "question");
}

TEST(TlsTransfer, ACutIsDeliveredAndThenAnError)
{
    const TemporaryDirectory directory;
    Server server(secure_listen({"127.0.0.1:0"}), {.keep_input_open = true});
    Running client(with_binary(secure_connect(server, {"--report", directory.path("report")})),
                   {.keep_input_open = true});
    server->write_input("half of it\n");
    client.wait_for_output("half of it\n");
    server->send_signal(SIGKILL);
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(outcome.err.find("the stream ended without close_notify: it may have been cut"),
              std::string::npos)
        << outcome;
    const auto document = parse_document(read_file(directory.path("report")));
    EXPECT_TRUE(valid(document));
    EXPECT_EQ(document["error"]["code"], "TLS_TRUNCATED");
    EXPECT_EQ(document["tls"]["close_notify"], false);
    EXPECT_EQ(document["bytes_received"], 11);
}

TEST(TlsTransfer, AListenerTellsACutToo)
{
    Server server(secure_listen({"127.0.0.1:0"}), {.keep_input_open = true});
    Running client({"openssl", "s_client", "-connect", server.endpoint(), "-quiet"},
                   {.keep_input_open = true});
    client.write_input("half of it\n");
    server->wait_for_output("half of it\n");
    client.send_signal(SIGKILL);
    const auto outcome = server->wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_NE(outcome.err.find("(TLS_TRUNCATED)"), std::string::npos) << outcome;
}

TEST(TlsTransfer, ASignalCutsAndThePeerNotices)
{
    Server server(secure_listen({"127.0.0.1:0"}), {.keep_input_open = true});
    Running client(with_binary(secure_connect(server)), {.keep_input_open = true});
    client.write_input("some");
    server->wait_for_output("some");
    client.send_signal(SIGTERM);
    EXPECT_TRUE(died_by(client.wait(), SIGTERM));
    EXPECT_TRUE(exited(server->wait(), 10));
}

TEST(TlsMany, EachIsServedAndASilentOneBlocksNobody)
{
    Server server(secure_listen({"-k", "--jsonl", "127.0.0.1:0"}));
    const auto mute = Peer::connect_to(server.endpoint()); // never begins its handshake
    std::list<Running> clients;
    constexpr int count = 20;
    for (int i = 0; i < count; ++i)
        clients.emplace_back(with_binary(secure_connect(server)),
                             Surroundings{.input = "from " + std::to_string(i) + ";"});
    for (auto& client : clients)
        EXPECT_TRUE(exited(client.wait(), 0));
    const auto plain = Peer::connect_to(server.endpoint());
    EXPECT_TRUE(plain.send("HELO there\r\n"));
    server->wait_for_output("TLS_NOT_TLS");
    server->send_signal(SIGTERM);
    const auto outcome = server->wait();
    EXPECT_TRUE(valid_lines(outcome.out));
    for (int i = 0; i < count; ++i)
        EXPECT_NE(outcome.out.find("from " + std::to_string(i) + ";"), std::string::npos);
    int ended = 0;
    for (const auto& line : parse_lines(outcome.out))
        if (line["type"] == "close" && line["tls"].is_object() && line["error"].is_null())
            ended += line["tls"]["close_notify"] == true ? 1 : 0;
    EXPECT_EQ(ended, count);
}

TEST(TlsMany, MoreThanOneBufferArrives)
{
    const TemporaryDirectory directory;
    const auto data = many_bytes(3);
    write_file(directory.path("data"), data);
    const Fd input(::open(directory.path("data").c_str(), O_RDONLY | O_CLOEXEC));
    Server server(secure_listen({"-k", "127.0.0.1:0"}));
    EXPECT_TRUE(exited(run(secure_connect(server), {.fds = {{0, input.ref()}}}), 0));
    server->send_signal(SIGTERM);
    EXPECT_TRUE(server->wait().out == data);
}

TEST(TlsChild, TalksThroughASocketPair)
{
    Server server(secure_listen(
        {"127.0.0.1:0", "--", "sh", "-c", "read line; echo \"$PROTO heard $line\"; cat; exit 3"}));
    const auto outcome = run(secure_connect(server), {.input = "hello\nand more\n"});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(outcome.out, "TCP heard hello\nand more\n");
    EXPECT_TRUE(exited(server->wait(), 3));
}

TEST(TlsChild, OfAClientAnswersTheServer)
{
    Server server(secure_listen({"127.0.0.1:0"}), {.input = "question\n"});
    const auto outcome =
        run(secure_connect(server, {"--", "sh", "-c", "read word; echo \"re: $word\""}));
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_EQ(server->wait().out, "re: question\n");
}

TEST(TlsChild, ManyAtOnce)
{
    Server server(secure_listen({"-k", "127.0.0.1:0", "--", "cat"}));
    std::list<Running> clients;
    constexpr int count = 20;
    const auto data = many_bytes(1);
    for (int i = 0; i < count; ++i)
        clients.emplace_back(with_binary(secure_connect(server)),
                             Surroundings{.input = std::to_string(i) + data});
    int number = 0;
    for (auto& client : clients) {
        const auto outcome = client.wait();
        EXPECT_TRUE(exited(outcome, 0)) << outcome.err;
        EXPECT_TRUE(outcome.out == std::to_string(number++) + data);
    }
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
}

TEST(TlsChild, ThatIgnoresItsInputEndsTheConnection)
{
    Server server(secure_listen({"127.0.0.1:0", "--", "sh", "-c", "echo bye"}));
    const auto outcome = run(secure_connect(server), {.input = many_bytes(2)});
    EXPECT_TRUE(outcome.out.empty() || outcome.out == "bye\n") << outcome.out;
    EXPECT_TRUE(exited(server->wait(), 0));
}

TEST(TlsChild, ATalkativeOneEndsWithAPeerThatWent)
{
    Server server(secure_listen({"127.0.0.1:0", "--", "yes"}));
    Running client(with_binary(secure_connect(server)), {.keep_input_open = true});
    client.wait_for_output("y\ny\n");
    client.send_signal(SIGKILL);
    client.wait();
    EXPECT_TRUE(exited(server->wait(), 10));
}

TEST(TlsChild, ASignalLeavesNoneBehind)
{
    Server server(
        secure_listen({"-k", "127.0.0.1:0", "--", "sh", "-c", "echo $$; exec sleep 600"}));
    Running client(with_binary(secure_connect(server)), {.keep_input_open = true});
    const auto said = client.wait_for_output("\n");
    server->send_signal(SIGTERM);
    EXPECT_TRUE(died_by(server->wait(), SIGTERM));
    EXPECT_NE(::access(("/proc/" + said.substr(0, said.find('\n'))).c_str(), F_OK), 0);
}

} // namespace

} // namespace sockit::test::THIS_FILE
