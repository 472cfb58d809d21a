#include "cmd/command.h"
#include "cmd/stat_columns.h"

#include <array>

namespace sockit {

namespace {

constexpr std::string_view sockopts_kinds =
    "KIND: tcp4 tcp6 udp4 udp6 unix-stream unix-dgram unix-seqpacket mptcp4 mptcp6 vsock\n"
    "netlink packet raw4:PROTO raw6:PROTO udplite4 udplite6 xdp; a socket of our own, made for "
    "this.";

constexpr std::string_view sockopts_targets =
    "TARGET: sockets of processes (--pid, --sock, --inode, --cookie; all that is given must "
    "hold),\n"
    "or KIND: tcp4 tcp6 udp4 udp6 unix-stream unix-dgram unix-seqpacket mptcp4 mptcp6 vsock\n"
    "netlink packet raw4:PROTO raw6:PROTO udplite4 udplite6 xdp; a socket of our own, made for "
    "this.\n"
    "As one word: pid=P,fd=N, inode=N, cookie=HEX, sock=ADDR:PORT[-PEER].";

const std::array table{
    Command{.name = "listen",
            .synopsis = "[ADDR:]PORT | unix:PATH [-- CMD…]",
            .summary = "Accept connections: a pipe to stdin and stdout, or a command for each",
            .details =
                "One connection between it and stdin and stdout, then exit; with -k any number at\n"
                "once, all of whose bytes go to stdout. A command behind -- gets each connection\n"
                "as its stdin and stdout, with TCPREMOTEIP and its kin in the environment.\n\n"
                "Examples:\n"
                "  sockit listen 127.0.0.1:8080 > received\n"
                "  sockit listen -k 7000 -- /bin/cat\n"
                "  sockit listen unix:/run/app.sock --jsonl",
            .takes_child = true,
            .make = make_listen},
    Command{.name = "connect",
            .synopsis = "TARGET [-- CMD…]",
            .summary = "Connect and pipe stdin and stdout, or a command",
            .details =
                "stdin goes to the peer, what the peer sends to stdout. At the end of stdin the\n"
                "peer is told (FIN), and its answer is read to its end. After the peer's end a\n"
                "file is sent to its end; an idle terminal ends at once, an idle pipe after 100\n"
                "ms. Exit 0 only if the peer acknowledged every byte.\n\n"
                "--send and --expect come first, in their order. Where the last of them is an\n"
                "answer, it ends the run; behind a last --send stdin has its turn.\n\n"
                "Examples:\n"
                "  echo hello | sockit connect localhost 7\n"
                "  sockit connect --json --timeout 2s example.org:80 < request\n"
                "  sockit connect unix:/run/app.sock -- ./client\n"
                "  sockit connect --send 'PING\\r\\n' --expect +PONG localhost 6379\n"
                "  sockit connect tls:example.org:443 --crlf --no-half-close < request\n"
                "  sockit connect --proxy socks5h://localhost:1080 db.example:5432",
            .takes_child = true,
            .make = make_connect},
    Command{
        .name = "echo server",
        .synopsis = "[ADDR:]PORT | unix:PATH",
        .summary = "Send every byte back to where it came from (RFC 862)",
        .details = "Told to, it does things wrong, from --delay to --no-accept: the same ones for\n"
                   "the same --seed. They are counted in the summary.\n\n"
                   "Examples:\n"
                   "  sockit echo server 7007\n"
                   "  sockit echo server 127.0.0.1:0 --ready-fd 3\n"
                   "  sockit echo server unix:/run/echo --jsonl\n"
                   "  sockit echo server 7007 --delay 20ms~5ms --corrupt 0.001 --seed 7",
        .make = make_echo_server,
    },
    Command{
        .name = "echo client",
        .synopsis = "TARGET",
        .summary = "Send lines or a load to an echo server and check what comes back",
        .details = "Without load options each line of stdin is sent and its echo compared and\n"
                   "printed; `quit` or end of file ends it. One of -c, -n, -d or --size makes it\n"
                   "a load: each connection sends its next message when the last one has come\n"
                   "back, and every byte is compared. Without -n and -d: 10000 messages, or 10 a\n"
                   "connection if that is more, but no longer than 10 s.\n"
                   "Exit 1 when an echo was wrong, lost, late, cut or came twice.\n\n"
                   "Examples:\n"
                   "  sockit echo client localhost:7007\n"
                   "  sockit echo client localhost:7007 -c 100 -d 10s\n"
                   "  sockit echo client unix:/run/echo -n 1000 --size 1k-16k --json",
        .make = make_echo_client,
    },
    Command{
        .name = "probe",
        .synopsis = "TARGET… [-- CMD…]",
        .summary = "Tell for each target whether it is open, and if not, why",
        .details =
            "TARGET: HOST:PORTS, [V6]:PORTS, HOST PORTS, unix:PATH, vsock:CID:PORT; udp:, tls: or "
            "mptcp:\nbefore it picks the transport. PORTS is a list of ports and ranges, "
            "22,80,8000-8010; HOST\nmay be a range of addresses, 10.0.0.0/24:22.\n"
            "Outcomes: open refused rejected unreachable denied timeout silent reset unresolved\n"
            "mismatch tls-error self-connect local-error. A command behind -- takes our place "
            "once\nall is as wanted.\n"
            "\nExamples:\n"
            "  sockit probe db.example:5432 --wait 30s -- ./migrate\n"
            "  sockit probe localhost:8080 --wait 10s --want refused\n"
            "  sockit probe example.org:443 --count 20 --interval 200ms",
        .takes_child = true,
        .make = make_probe,
    },
    Command{
        .name = "sockopts list",
        .synopsis = "",
        .summary = "List the socket options that are known",
        .details =
            "RW: can be read, can be set. NUMBER is LEVEL:OPTION, which all commands take as "
            "a name.",
        .make = make_sockopts_list,
    },
    Command{
        .name = "sockopts describe",
        .synopsis = "NAME…",
        .summary = "Tell everything about socket options",
        .details = "NAME: in any case, with or without prefix (SO_RCVBUF, rcvbuf, so-rcvbuf), "
                   "LEVEL/NAME,\nor LEVEL/NUMBER (SOL_SOCKET/8, 6:45).",
        .make = make_sockopts_describe,
    },
    Command{
        .name = "sockopts get",
        .synopsis = "TARGET [NAME…]",
        .summary = "Read the options of a socket",
        .details = sockopts_targets,
        .make = make_sockopts_get,
    },
    Command{
        .name = "sockopts set",
        .synopsis = "TARGET NAME=VALUE…",
        .summary = "Set options of a socket, and tell how to undo it",
        .details = sockopts_targets,
        .make = make_sockopts_set,
    },
    Command{
        .name = "sockopts verify",
        .synopsis = "KIND NAME=VALUE…",
        .summary = "Tell what the kernel makes of option values",
        .details = sockopts_kinds,
        .make = make_sockopts_verify,
    },
    Command{
        .name = "sockopts diff",
        .synopsis = "TARGET TARGET",
        .summary = "Compare the options of two sockets",
        .details = "TARGET: a kind (tcp4), or pid=P,fd=N, inode=N, cookie=HEX,\n"
                   "sock=ADDR:PORT[-PEER], which must mean one socket. Exit 1 when options differ.",
        .make = make_sockopts_diff,
    },
    Command{
        .name = "sockopts why-bind",
        .synopsis = "[tcp:|udp:]ADDR:PORT",
        .summary = "Tell whether a server could bind an address, and if not, why",
        .details = "As a server of ours would bind: with SO_REUSEADDR, unless --sockopt says\n"
                   "otherwise. TCP is tried with a socket that is closed at once and never\n"
                   "listens; UDP is judged by the rules alone. ADDR and PORT in the table are the\n"
                   "SO_REUSEADDR and SO_REUSEPORT of the holders; ~ is inferred.\n\n"
                   "Examples:\n"
                   "  sockit sockopts why-bind 0.0.0.0:80\n"
                   "  sockit sockopts why-bind tcp:[::]:8080 --sockopt SO_REUSEPORT=1\n"
                   "  sockit sockopts why-bind udp:127.0.0.1:53 --json",
        .make = make_why_bind,
    },
    Command{
        .name = "stat",
        .synopsis = "[FILTER]",
        .summary = "List sockets, their queues, processes and TCP state",
        .details = stat_details(),
        .make = make_stat,
    },
};

} // namespace

std::span<const Command> commands() { return table; }

} // namespace sockit
