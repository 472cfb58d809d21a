// Against the programs that people have at the other end: each on a port of this private network.

#include "service.h"
#include "support/scripted_server.h"
#include "tool.h"

#include <algorithm>
#include <thread>

namespace sockit::test::THIS_FILE {
namespace {

/// What a program at the other end of `sockit listen` gets and gives.
struct Client {
    const char* program;
    Words words; ///< with the port to be added
};

void PrintTo(const Client& client, std::ostream* stream) { *stream << client.program; }

class Clients : public testing::TestWithParam<Client> {};
class Listeners : public testing::TestWithParam<Client> {};

std::string program_name(const testing::TestParamInfo<Client>& instance)
{
    std::string name = instance.param.program;
    std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(, Clients,
                         testing::Values(Client{"nc.openbsd", {"nc.openbsd", "-N", "127.0.0.1"}},
                                         Client{"ncat", {"ncat", "127.0.0.1"}},
                                         Client{"socat", {"socat", "-t5", "-", "TCP:127.0.0.1:"}}),
                         program_name);

INSTANTIATE_TEST_SUITE_P(
    , Listeners,
    testing::Values(Client{"nc.openbsd", {"nc.openbsd", "-l", "-N", "127.0.0.1", "7011"}},
                    Client{"ncat", {"ncat", "-l", "127.0.0.1", "7012"}},
                    Client{"socat", {"socat", "-t5", "TCP-LISTEN:7013,bind=127.0.0.1", "-"}}),
    program_name);

constexpr std::size_t mebibytes_8 = 8UL << 20U;

TEST_P(Clients, BothWaysWhole)
{
    if (!has_program(GetParam().program))
        GTEST_SKIP() << "no " << GetParam().program << " here";
    const auto up = pattern(mebibytes_8);
    const auto down = "answer" + pattern(mebibytes_8);
    Server server({"listen", "127.0.0.1:0"}, {.input = down});
    auto words = GetParam().words;
    if (words.back().ends_with(':'))
        words.back() += server.port();
    else
        words.push_back(server.port());
    Running client(words, {.input = up});
    const auto theirs = client.wait();
    const auto ours = server->wait();
    EXPECT_TRUE(exited(ours, 0));
    EXPECT_TRUE(ours.out == up) << ours.out.size();
    EXPECT_TRUE(theirs.out == down) << theirs.out.size();
}

TEST_P(Listeners, BothWaysWhole)
{
    if (!has_program(GetParam().program))
        GTEST_SKIP() << "no " << GetParam().program << " here";
    const auto up = pattern(mebibytes_8);
    const auto down = "answer" + pattern(mebibytes_8);
    const auto port =
        static_cast<std::uint16_t>(std::string_view(GetParam().program) == "nc.openbsd" ? 7011
                                   : std::string_view(GetParam().program) == "ncat"     ? 7012
                                                                                        : 7013);
    Service server(GetParam().words, port, {.input = down});
    // ncat ends at our FIN, whatever it still had to say.
    auto words = port == 7012 ? Words{"connect", "--no-half-close"} : Words{"connect"};
    words.push_back("127.0.0.1:" + std::to_string(port));
    const auto ours = run(words, {.input = up});
    EXPECT_TRUE(exited(ours, 0));
    EXPECT_TRUE(ours.out == down) << ours.out.size();
    const auto theirs = server->wait();
    EXPECT_TRUE(theirs.out == up) << theirs.out.size();
}

TEST(Redis, AnswersAPing)
{
    if (!has_program("redis-server"))
        GTEST_SKIP() << "no redis-server here";
    const TemporaryDirectory directory;
    const Service redis({"redis-server", "--port", "7379", "--bind", "127.0.0.1", "--save", "",
                         "--dir", directory.path("")},
                        7379);
    const auto ping = run({"connect", "--send", R"(PING\r\n)", "--expect", R"(+PONG\r\n)", "--send",
                           R"(SET k v\r\n)", "--expect-re", R"(^\+OK)", "127.0.0.1:7379"},
                          {.keep_input_open = true});
    EXPECT_TRUE(exited(ping, 0));
    EXPECT_EQ(ping.out, "+PONG\r\n+OK\r\n");
    const auto wrong = run({"connect", "--send", R"(NOSUCH\r\n)", "--expect", "+OK", "--timeout",
                            "300ms", "127.0.0.1:7379"},
                           {.keep_input_open = true});
    EXPECT_TRUE(exited(wrong, 1));
    EXPECT_NE(wrong.err.find("what came: '-ERR unknown command"), std::string::npos) << wrong;
    const auto by_crlf =
        run({"connect", "--crlf", "--no-half-close", "127.0.0.1:7379"}, {.input = "GET k\nQUIT\n"});
    EXPECT_TRUE(exited(by_crlf, 0));
    EXPECT_EQ(by_crlf.out, "$1\r\nv\r\n+OK\r\n");
}

/// Up to the empty line: what is left unread would become a reset.
void receive_request(const Fd& connection)
{
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
        const auto byte = receive_bytes(connection, 1);
        if (byte.empty())
            return;
        request += byte;
    }
}

/// nginx takes the FIN of a client for the end of its interest, unless none comes.
TEST(Nginx, InFrontOfASlowUpstreamAnswersWithNoHalfClose)
{
    if (!has_program("nginx"))
        GTEST_SKIP() << "no nginx here";
    const ScriptedServer upstream([](Fd& connection) {
        receive_request(connection);
        std::this_thread::sleep_for(std::chrono::milliseconds(300)); // slow is what it is about
        send_bytes(connection, "HTTP/1.0 200 OK\r\n\r\nlate answer");
    });
    const Nginx nginx(7081, "", "location / { proxy_pass http://" + upstream.endpoint() + "; }");
    const std::string request = "GET / HTTP/1.0\r\n\r\n";
    const auto whole = run({"connect", "--no-half-close", "127.0.0.1:7081"}, {.input = request});
    EXPECT_TRUE(exited(whole, 0));
    EXPECT_TRUE(whole.out.ends_with("late answer")) << whole;
}

TEST(Curl, IsServedByACommandAConnection)
{
    if (!has_program("curl"))
        GTEST_SKIP() << "no curl here";
    Server server({"listen", "-k", "127.0.0.1:0", "--sh",
                   R"(read -r line
while read -r header && [ ${#header} -gt 1 ]; do :; done
printf 'HTTP/1.0 200 OK\r\n\r\n%s' "$TCPREMOTEIP $line")"});
    for (int i = 0; i < 3; ++i) {
        const auto got = run_program({"curl", "-s", "http://" + server.endpoint() + "/path"});
        EXPECT_TRUE(exited(got, 0));
        EXPECT_TRUE(got.out.starts_with("127.0.0.1 GET /path")) << got;
    }
}

} // namespace
} // namespace sockit::test::THIS_FILE
