#include "base/fd.h"
#include "support/run.h"
#include "support/schema.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/utsname.h>

namespace sockit::test::THIS_FILE {
namespace {

using nlohmann::json;

/// The document of a run, valid by its schema.
json document(const Outcome& outcome)
{
    EXPECT_TRUE(valid_document(outcome.out)) << outcome;
    return parse_document(outcome.out);
}

json first_option(const Outcome& outcome)
{
    auto whole = document(outcome);
    return whole["sockets"][0]["options"][0];
}

TEST(SockoptsVerify, ClampedBufferNamesTheSysctl)
{
    const auto outcome = run({"sockopts", "verify", "tcp4", "SO_RCVBUF=1000000000", "--json"});
    EXPECT_TRUE(exited(outcome, 1));
    const auto option = first_option(outcome);
    if (option["limit"]["value"].is_null())
        GTEST_SKIP() << "this kernel hides net.core.rmem_max from network namespaces";
    const auto limit = std::stoll(read_file("/proc/sys/net/core/rmem_max"));
    EXPECT_EQ(option["level"], "SOL_SOCKET");
    EXPECT_EQ(option["name"], "SO_RCVBUF");
    EXPECT_EQ(option["level_number"], 1);
    EXPECT_EQ(option["number"], 8);
    EXPECT_EQ(option["type"], "int");
    EXPECT_EQ(option["unit"], "bytes");
    EXPECT_EQ(option["requested"], 1'000'000'000);
    EXPECT_EQ(option["effective"], 2 * limit);
    EXPECT_EQ(option["predicted"], 2 * limit);
    EXPECT_EQ(option["verdict"], "clamped");
    EXPECT_EQ(option["limit"], (json{{"sysctl", "net.core.rmem_max"}, {"value", limit}}));
    EXPECT_TRUE(option["error"].is_null());
    EXPECT_NE(outcome.err.find("sockit: SO_RCVBUF=1000000000: the kernel made it "),
              std::string::npos)
        << outcome;
    utsname system{};
    uname(&system);
    EXPECT_EQ(document(outcome)["kernel"], system.release);
}

TEST(SockoptsVerify, ExitStatusFollowsTheVerdict)
{
    struct Case {
        const char* kind;
        const char* setting;
        const char* verdict;
        int status;
    };
    for (const auto& [kind, setting, verdict, status] :
         {Case{"tcp4", "nodelay=1", "exact", 0}, Case{"udp6", "SO_RCVBUF=65536", "doubled", 0},
          Case{"unix-stream", "SO_SNDBUF=1", "rounded", 0}, Case{"tcp4", "IP_TOS=3", "masked", 0},
          Case{"tcp4", "TCP_LINGER2=500", "clamped", 1},
          Case{"tcp4", "TCP_THIN_DUPACK=1", "no-effect", 1},
          Case{"tcp4", "TCP_CONGESTION=nosuch", "refused", 1},
          Case{"tcp4", "6:9999=1", "refused", 7},
          Case{"udp4", "IP_ADD_MEMBERSHIP=239.1.2.3%lo", "not-readable", 0},
          Case{"tcp4", "TCP_FASTOPEN_KEY=hex:000102030405060708090a0b0c0d0e0f",
               "skipped-side-effect", 0}}) {
        SCOPED_TRACE(setting);
        const auto outcome = run({"sockopts", "verify", kind, setting, "--json"});
        EXPECT_TRUE(exited(outcome, status));
        EXPECT_EQ(first_option(outcome)["verdict"], verdict);
        EXPECT_EQ(outcome.err.empty(), status == 0) << outcome;
    }
}

TEST(SockoptsVerify, WhatTheKernelForbidsIsExit5)
{
    // In a user namespace of its own, even root may not do this to the machine.
    const auto outcome = run_program({"unshare", "--user", sockit_binary(), "sockopts", "verify",
                                      "tcp4", "SO_DEBUG=1", "--json"});
    if (outcome.err.starts_with("unshare:"))
        GTEST_SKIP() << outcome.err;
    EXPECT_TRUE(exited(outcome, 5));
    const auto option = first_option(outcome);
    EXPECT_EQ(option["verdict"], "refused");
    EXPECT_EQ(option["error"]["code"], "EACCES");
    EXPECT_NE(outcome.err.find("hint: it needs CAP_NET_ADMIN"), std::string::npos) << outcome;
}

TEST(SockoptsVerify, SetsInThePhaseAskedFor)
{
    for (const auto* phase : {"fresh", "bound", "listening", "connected", "accepted"})
        for (const auto* kind : {"tcp4", "tcp6", "unix-stream", "unix-seqpacket"}) {
            SCOPED_TRACE(std::string(phase) + " " + kind);
            const auto outcome =
                run({"sockopts", "verify", kind, "SO_RCVLOWAT=9", "--phase", phase, "--json"});
            EXPECT_TRUE(exited(outcome, 0));
            const auto socket = document(outcome)["sockets"][0];
            EXPECT_EQ(socket["phase"], phase);
            EXPECT_EQ(socket["kind"], kind);
            const std::string expected =
                std::string(phase) == "listening"                                       ? "LISTEN"
                : std::string(phase) == "connected" || std::string(phase) == "accepted" ? "ESTAB"
                                                                                        : "UNCONN";
            EXPECT_EQ(socket["state"], expected);
            EXPECT_EQ(socket["options"][0]["effective"], 9);
        }
    const auto late =
        run({"sockopts", "verify", "tcp6", "IPV6_V6ONLY=1", "--phase=bound", "--json"});
    EXPECT_TRUE(exited(late, 1));
    EXPECT_EQ(first_option(late)["error"]["code"], "EINVAL");
}

TEST(SockoptsGet, AgreesWithGetsockopt)
{
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto ask = [&](int level, int name) {
        int value = 0;
        socklen_t length = sizeof value;
        EXPECT_EQ(getsockopt(socket.get(), level, name, &value, &length), 0);
        return value;
    };
    const auto outcome = run({"sockopts", "get", "tcp4", "so-rcvbuf", "SO_SNDBUF", "nodelay",
                              "TCP_KEEPIDLE", "IP_TTL", "SOL_SOCKET/3", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto options = document(outcome)["sockets"][0]["options"];
    ASSERT_EQ(options.size(), 6U);
    EXPECT_EQ(options[0]["value"], ask(SOL_SOCKET, SO_RCVBUF));
    EXPECT_EQ(options[0]["default"], options[0]["value"]);
    EXPECT_EQ(options[1]["value"], ask(SOL_SOCKET, SO_SNDBUF));
    EXPECT_EQ(options[2]["value"], false);
    EXPECT_EQ(options[2]["raw"], "00000000");
    EXPECT_EQ(options[3]["value"], ask(IPPROTO_TCP, TCP_KEEPIDLE));
    EXPECT_EQ(options[3]["unit"], "seconds");
    EXPECT_EQ(options[4]["value"], ask(IPPROTO_IP, IP_TTL));
    EXPECT_EQ(options[5]["value"], SOCK_STREAM);
    EXPECT_EQ(options[5]["symbol"], "SOCK_STREAM");
}

TEST(SockoptsGet, DumpsEveryKind)
{
    int dumped = 0;
    for (const auto* kind : {"tcp4", "tcp6", "udp4", "udp6", "unix-stream", "unix-dgram",
                             "unix-seqpacket", "mptcp4", "mptcp6", "vsock", "netlink", "packet",
                             "raw4:icmp", "raw6:icmpv6", "udplite4", "udplite6", "xdp"}) {
        SCOPED_TRACE(kind);
        const auto outcome = run({"sockopts", "get", kind, "--json"});
        if (outcome.status == 7)
            continue; // not in this kernel
        EXPECT_TRUE(exited(outcome, 0));
        const auto options = document(outcome)["sockets"][0]["options"];
        EXPECT_GT(options.size(), 40U);
        for (const auto& option : options)
            if (option["name"] == "SO_ERROR" || option["name"] == "TCP_FASTOPEN_KEY") {
                EXPECT_TRUE(option["value"].is_null());
                EXPECT_EQ(option["verdict"], "skipped-side-effect");
            }
        const auto lines = run({"sockopts", "get", kind, "--jsonl"});
        EXPECT_TRUE(valid_lines(lines.out)) << lines;
        EXPECT_EQ(parse_lines(lines.out).size(), options.size() + 3);
        ++dumped;
    }
    EXPECT_GE(dumped, 9);
}

TEST(SockoptsGet, StructsAreObjects)
{
    const auto outcome =
        run({"sockopts", "get", "tcp4", "TCP_INFO", "SO_PEERCRED", "SO_LINGER", "--json"});
    const auto options = document(outcome)["sockets"][0]["options"];
    EXPECT_EQ(options[0]["value"]["state"], 7); // CLOSE
    EXPECT_TRUE(options[0]["value"].contains("rtt_ns"));
    EXPECT_TRUE(options[0]["default"].is_null()) << "differs from socket to socket";
    EXPECT_TRUE(options[1]["value"]["pid"].is_null());
    EXPECT_EQ(options[2]["value"], (json{{"on", false}, {"seconds", 0}}));
}

TEST(SockoptsGet, UnknownNumbersAreExit7AndUnknownNamesExit2)
{
    const auto number = run({"sockopts", "get", "tcp4", "6:9999", "--json"});
    EXPECT_TRUE(exited(number, 7));
    EXPECT_TRUE(first_option(number)["name"].is_null());
    EXPECT_EQ(first_option(number)["error"]["code"], "ENOPROTOOPT");
    EXPECT_EQ(number.err, "sockit: getsockopt IPPROTO_TCP/9999: Protocol not available "
                          "(ENOPROTOOPT)\n")
        << number;
    const auto name = run({"sockopts", "get", "tcp4", "SO_RCVBFU", "--json"});
    EXPECT_TRUE(exited(name, 2));
    EXPECT_EQ(name.out, "") << name;
    EXPECT_EQ(name.err,
              "sockit: unknown socket option 'SO_RCVBFU'\nhint: did you mean SO_RCVBUF?\n")
        << name;
}

TEST(SockoptsGet, ASocketThatIsNotToBeHadIsAnErrorRecord)
{
    const auto outcome = run_program({"setpriv", "--bounding-set=-net_raw", "--inh-caps=-all",
                                      sockit_binary(), "sockopts", "get", "raw4:icmp", "--json"});
    if (outcome.status == 0 || outcome.status == 127)
        GTEST_SKIP() << "CAP_NET_RAW cannot be dropped here";
    EXPECT_TRUE(exited(outcome, 5));
    const auto whole = document(outcome);
    EXPECT_EQ(whole["type"], "error");
    EXPECT_EQ(whole["error"]["code"], "EPERM");
    EXPECT_EQ(whole["error"]["subject"], "raw4:icmp");
    EXPECT_EQ(whole["sockets"], json::array());
    EXPECT_EQ(whole["summary"]["options"], 0);
}

TEST(SockoptsSet, IsADryRunWithoutApply)
{
    const auto dry = run({"sockopts", "set", "tcp4", "SO_KEEPALIVE=1", "IP_TTL=9", "--json"});
    EXPECT_TRUE(exited(dry, 0));
    const auto option = first_option(dry);
    EXPECT_EQ(option["value"], false);
    EXPECT_EQ(option["requested"], true);
    EXPECT_EQ(option["predicted"], true);
    EXPECT_TRUE(option["effective"].is_null());
    EXPECT_TRUE(option["verdict"].is_null());
    EXPECT_EQ(option["undo"], "sockit sockopts set tcp4 SO_KEEPALIVE=false --apply");

    const auto applied = run({"sockopts", "set", "tcp4", "SO_KEEPALIVE=1", "--apply", "--json"});
    EXPECT_TRUE(exited(applied, 0));
    EXPECT_EQ(first_option(applied)["value"], true);
    EXPECT_EQ(first_option(applied)["effective"], true);
    EXPECT_EQ(first_option(applied)["verdict"], "exact");

    const auto text = run({"sockopts", "set", "tcp4", "SO_KEEPALIVE=1"});
    EXPECT_EQ(text.out, "OPTION          OLD  REQUESTED  PREDICTED\n"
                        "SO_KEEPALIVE  false       true       true\n"
                        "undo: sockit sockopts set tcp4 SO_KEEPALIVE=false --apply\n"
                        "dry run: nothing was changed; --apply does it\n")
        << text;
}

TEST(SockoptsList, ShowsTheTableOrAPart)
{
    const auto all = run({"sockopts", "list", "--json"});
    EXPECT_TRUE(exited(all, 0));
    EXPECT_GE(document(all)["options"].size(), 300U);
    const auto lines = run({"sockopts", "list", "--jsonl"});
    EXPECT_TRUE(valid_lines(lines.out));
    const auto some = run({"sockopts", "list", "--level", "SOL_TCP", "--for", "mptcp4", "--filter",
                           "settable", "--json"});
    const auto listed = document(some);
    for (const auto& option : listed.at("options")) {
        EXPECT_EQ(option["level"], "IPPROTO_TCP");
        EXPECT_NE(option["settable"], json::array());
    }
    const auto none = run({"sockopts", "list", "--level", "tcp", "--for", "unix-dgram"});
    EXPECT_TRUE(exited(none, 1));
    EXPECT_EQ(none.out, "") << none;
    EXPECT_EQ(none.err, "sockit: no option matches\n") << none;
}

TEST(SockoptsDescribe, TellsEverything)
{
    const auto outcome = run({"sockopts", "describe", "rcvbuf", "6:45", "--json"});
    EXPECT_TRUE(exited(outcome, 0));
    const auto options = document(outcome)["options"];
    EXPECT_EQ(options[0]["name"], "SO_RCVBUF");
    EXPECT_EQ(options[0]["transformation"], "doubled");
    EXPECT_EQ(options[1]["name"], "TCP_RTO_MIN_US");
    const auto text = run({"sockopts", "describe", "SO_RCVBUF"});
    EXPECT_TRUE(text.out.starts_with("SO_RCVBUF  (SOL_SOCKET, 1:8)\n")) << text;
}

TEST(Sockopts, WithoutASubcommandTheHelpGoesToStderr)
{
    const auto bare = run({"sockopts"});
    EXPECT_TRUE(exited(bare, 2));
    EXPECT_EQ(bare.out, "") << bare;
    EXPECT_NE(bare.err.find("sockit sockopts verify"), std::string::npos) << bare;
    const auto unknown = run({"sockopts", "verfy"});
    EXPECT_TRUE(exited(unknown, 2));
    EXPECT_NE(unknown.err.find("did you mean verify?"), std::string::npos) << unknown;
    const auto missing = run({"sockopts", "get"});
    EXPECT_TRUE(exited(missing, 2));
    EXPECT_NE(missing.err.find("missing TARGET"), std::string::npos) << missing;
}

TEST(Sockopts, AFullDiskIsExit6)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Surroundings surroundings;
    surroundings.fds[1] = full.ref();
    const auto outcome = run({"sockopts", "list"}, std::move(surroundings));
    EXPECT_TRUE(exited(outcome, 6));
    EXPECT_NE(outcome.err.find("ENOSPC"), std::string::npos) << outcome;
}

} // namespace
} // namespace sockit::test::THIS_FILE
