#!/usr/bin/env python3
"""Times sockit against a peer: the two in turn, so that noise hits both; prints the ratio of the medians.

bench.py [NAME…] [--rounds N]      without names: all
Each benchmark runs in a network namespace of its own with reno, since bbr paces loopback. A ratio below 1 means that
sockit is the faster. Absolute times of a shared machine mean nothing: quote the ratios."""
import argparse
import ctypes
import os
import socket
import statistics
import subprocess
import sys
import time

import echoing
import listing
import probing
import transfer

SOCKIT = os.path.abspath("build/release/sockit")
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def enter_private_network():
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        sys.exit(f"bench: no private network here: {os.strerror(ctypes.get_errno())}")
    if flags & CLONE_NEWUSER:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/tcp_congestion_control", "w") as file:
        file.write("reno")


def listener(backlog=128):
    server = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    return server, server.getsockname()[1]


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def start_up():
    server, port = listener(4096)
    return server, [SOCKIT, "probe", f"127.0.0.1:{port}"], ["nc.openbsd", "-z", "127.0.0.1", str(port)]


def connect_start_up():
    server, port = listener(4096)
    return server, [SOCKIT, "connect", "--send-only", f"127.0.0.1:{port}"], ["nc.openbsd", "-zN", "127.0.0.1", str(port)]


BENCHMARKS = {
    "start-up": ("one probe against nc -z, start to exit", start_up),
    "connect": ("one connect against nc -z, start to exit", connect_start_up),
}

TRANSFERS = [name for name, *_ in transfer.cases("", "", "reference")]
ALL_NAMES = [*BENCHMARKS, *TRANSFERS, *listing.NAMES, *probing.NAMES, *echoing.NAMES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL_NAMES))
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--reference", metavar="DIR", help="where minimal C programs for comparison are (bulk-transfer, port-scan, echo-client)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in ALL_NAMES]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; there are {', '.join(ALL_NAMES)}")
    enter_private_network()
    print(f"{'benchmark':<12} {'ours':>9} {'peer':>9} {'ratio':>6}   median of {max(arguments.rounds, 5)}, in turn")
    for name in [name for name in arguments.names or BENCHMARKS if name in BENCHMARKS]:
        title, prepare = BENCHMARKS[name]
        held, ours, peer = prepare()
        times = ([], [])
        for round_number in range(max(arguments.rounds, 5) + 1):
            for which, command in enumerate((ours, peer)):
                spent = timed(command)
                if round_number > 0:  # the first of each warms the caches
                    times[which].append(spent)
        a, b = (statistics.median(series) * 1e3 for series in times)
        print(f"{name:<12} {a:>6.2f} ms {b:>6.2f} ms {a / b:>6.2f}   {title}", flush=True)
        del held
    transfers = [name for name in arguments.names if name in TRANSFERS]
    if transfers or not arguments.names:
        transfer.run(transfers, max(min(arguments.rounds, 7), 5), arguments.reference)
    listings = [name for name in arguments.names if name in listing.NAMES]
    if listings or not arguments.names:
        listing.run(listings, max(min(arguments.rounds, 7), 5))
    probings = [name for name in arguments.names if name in probing.NAMES]
    if probings or not arguments.names:
        probing.run(probings, max(min(arguments.rounds, 7), 5), arguments.reference)
    echoings = [name for name in arguments.names if name in echoing.NAMES]
    if echoings or not arguments.names:
        echoing.run(echoings, max(min(arguments.rounds, 7), 5), arguments.reference)


if __name__ == "__main__":
    main()
