#include "datagram_peer.h"
#include "support/pki.h"
#include "support/run.h"
#include "support/schema.h"

#include <thread>

#include <sys/socket.h>

namespace sockit::test::THIS_FILE {
namespace {

using Kind = DatagramPeer::Kind;

/// `echo client` in line mode with a datagram peer of ours as its server.
class LinesToPeer {
public:
    explicit LinesToPeer(Words options = {}, Kind kind = Kind::Inet)
        : m_peer(kind, m_directory.path("server"))
    {
        options.insert(options.begin(), {sockit_binary(), "echo", "client", target()});
        m_client.emplace(options, Surroundings{.keep_input_open = true});
    }

    DatagramPeer& peer() { return m_peer; }
    Running& client() { return *m_client; }
    [[nodiscard]] std::string target() const { return m_peer.target(); }
    /// What it sends for that line.
    std::string sent_for(const std::string& line)
    {
        m_client->write_input(line);
        return m_peer.receive();
    }

private:
    TemporaryDirectory m_directory;
    DatagramPeer m_peer;
    std::optional<Running> m_client;
};

Outcome lines_over(const Server& server, const std::string& scheme, const std::string& input,
                   const Words& options = {})
{
    const auto endpoint = server.endpoint();
    const auto address = endpoint.starts_with("unix:") ? endpoint.substr(5) : endpoint;
    Words words{"echo", "client", scheme + ":" + address};
    words.insert(words.end(), options.begin(), options.end());
    return run(words, {.input = input});
}

std::string many_lines()
{
    std::string lines = "first\n\n";
    for (int i = 0; i < 300; ++i)
        lines += "line " + std::to_string(i) + "\n";
    return lines + std::string(150'000, 'x') + "\nlast without end";
}

TEST(EchoLinesOverUdp, ComeBack)
{
    const Server server({"echo", "server", "udp:127.0.0.1:0"});
    const auto outcome = lines_over(server, "udp", many_lines());
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == many_lines()) << outcome.out.size();
    EXPECT_EQ(outcome.err, "");
}

TEST(EchoLinesOverUdp, ALineIsADatagram)
{
    LinesToPeer lines;
    EXPECT_EQ(lines.sent_for("one\n"), "one\n");
    lines.peer().answer("one\n");
    EXPECT_EQ(lines.client().wait_for_output("one\n"), "one\n");
    EXPECT_EQ(lines.sent_for("two\n"), "two\n");
    lines.peer().answer("two\n");
    lines.client().wait_for_output("two\n");
    lines.client().write_input("quit\n");
    EXPECT_TRUE(exited(lines.client().wait(), 0));
}

TEST(EchoLinesOverUdp, SilenceIsLoss)
{
    LinesToPeer lines({"--timeout", "50ms", "--json"});
    lines.sent_for("one\n");
    const auto outcome = lines.client().wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_TRUE(valid_document(outcome.out));
    EXPECT_EQ(parse_document(outcome.out)["summary"]["lost"], 1);
    EXPECT_EQ(outcome.err, "sockit: echo " + lines.target() + ": line 1: no echo\n");
}

TEST(EchoLinesOverUdp, ARefusalIsToldAsSuch)
{
    const auto target = DatagramPeer(Kind::Inet).target();
    const auto outcome = run({"echo", "client", target, "--json"}, {.input = "one\n"});
    EXPECT_TRUE(exited(outcome, 8));
    EXPECT_TRUE(valid_document(outcome.out));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["lost"], 0);
    EXPECT_EQ(summary["errors"]["ECONNREFUSED"], 1);
    EXPECT_NE(outcome.err.find("ECONNREFUSED"), std::string::npos) << outcome;
}

TEST(EchoLinesOverUdp, AWrongEchoIsNamed)
{
    LinesToPeer lines;
    lines.sent_for("one\n");
    lines.peer().answer("onX\n");
    const auto outcome = lines.client().wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "sockit: echo " + lines.target() +
                               ": line 1: wrong from byte 2 on: expected 'e', got 'X'\n");
}

TEST(EchoLinesOverUdp, HalfAnEchoIsTruncated)
{
    LinesToPeer lines;
    lines.sent_for("one\n");
    lines.peer().answer("on");
    const auto outcome = lines.client().wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(outcome.err,
              "sockit: echo " + lines.target() + ": line 1: its echo ended after 2 B\n");
}

TEST(EchoLinesOverUdp, ASecondEchoIsADuplicate)
{
    LinesToPeer lines({"--json"});
    lines.sent_for("one\n");
    lines.peer().answer("one\n");
    lines.peer().answer("one\n");
    const auto outcome = lines.client().wait();
    EXPECT_TRUE(exited(outcome, 1));
    const auto summary = parse_document(outcome.out)["summary"];
    EXPECT_EQ(summary["duplicated"], 1);
    EXPECT_EQ(summary["details"][0]["sequence"], 0);
    EXPECT_EQ(summary["messages"], 1);
}

TEST(EchoLinesOverUdp, MoreThanWasSentIsWrong)
{
    LinesToPeer lines;
    lines.sent_for("one\n");
    lines.peer().answer("one\nand more");
    const auto outcome = lines.client().wait();
    EXPECT_TRUE(exited(outcome, 1));
    EXPECT_EQ(outcome.err,
              "sockit: echo " + lines.target() + ": line 1: more came than was sent: 'and more'\n");
}

TEST(EchoLinesOverUnixDatagrams, ComeBack)
{
    const TemporaryDirectory directory;
    const Server server({"echo", "server", "unix-dgram:" + directory.path("server")});
    const auto outcome = lines_over(server, "unix-dgram", many_lines());
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == many_lines()) << outcome.out.size();
}

TEST(EchoLinesOverUnixDatagrams, NobodyThereIsRefused)
{
    const TemporaryDirectory directory;
    std::make_unique<DatagramPeer>(Kind::Unix, directory.path("server")); // leaves its path
    const auto outcome = run({"echo", "client", "unix-dgram:" + directory.path("server")});
    EXPECT_TRUE(exited(outcome, 8));
}

TEST(EchoLinesOverSeqpacket, ComeBack)
{
    const TemporaryDirectory directory;
    const Server server({"echo", "server", "unix-seqpacket:" + directory.path("server")});
    const auto outcome = lines_over(server, "unix-seqpacket", many_lines());
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == many_lines()) << outcome.out.size();
}

TEST(EchoLinesOverSeqpacket, TheServersEndIsTold)
{
    const TemporaryDirectory directory;
    const Server server(
        {"echo", "server", "unix-seqpacket:" + directory.path("server"), "--close-after", "4"});
    Running client(
        {sockit_binary(), "echo", "client", "unix-seqpacket:" + directory.path("server")},
        {.keep_input_open = true});
    client.write_input("one\n");
    const auto outcome = client.wait();
    EXPECT_TRUE(exited(outcome, 10));
    EXPECT_EQ(outcome.out, "one\n");
}

TEST(EchoLinesOverTls, ComeBackAndEndWell)
{
    const auto& pki = common_pki();
    const Server server({"echo", "server", "tls:127.0.0.1:0", "--tls-cert", pki.server.certificate,
                         "--tls-key", pki.server.key});
    const auto outcome = lines_over(server, "tls", many_lines(), {"--ca", pki.pki.authority()});
    EXPECT_TRUE(exited(outcome, 0));
    EXPECT_TRUE(outcome.out == many_lines()) << outcome.out.size();
    EXPECT_EQ(outcome.err, "");
}

TEST(EchoLinesOverTls, AServerThatIsNotTrustedGetsNoLine)
{
    const auto& pki = common_pki();
    const Server server({"echo", "server", "tls:127.0.0.1:0", "--tls-cert", pki.alone.certificate,
                         "--tls-key", pki.alone.key});
    const auto outcome =
        lines_over(server, "tls", "secret\n", {"--ca", pki.pki.authority(), "--json"});
    EXPECT_TRUE(exited(outcome, 11));
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    EXPECT_EQ(parse_document(outcome.out)["summary"]["messages"], 0);
}

} // namespace
} // namespace sockit::test::THIS_FILE
