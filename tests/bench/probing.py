"""Scans and single probes, against the same done in C, and against nmap.

Everything is asked in the caller's network namespace. The C programs (port-scan, accept-server, connect-accuracy) are in the
directory of --reference; what needs one of them, or nmap, is left out where it is missing."""
import json
import os
import shutil
import statistics
import subprocess
import time

import listing

SOCKIT = os.path.abspath("build/release/sockit")
ALL = "1-65535"
PORT = "7221"
DROPPED = "20000-20999"
LIMIT = 1.0

NMAP = ["nmap", "-sT", "-n", "-Pn", "-T5", "--min-rate", "1000000", "-p", ALL, "127.0.0.1"]
# name, what, our words, goal by the C floor, goal by nmap
SCANS = [
    ("scan-closed", "65,535 closed ports, one thread", [f"127.0.0.1:{ALL}"], 1.15, 0.92),
    ("scan-threads", "the same, two threads", ["--threads", "2", f"127.0.0.1:{ALL}"], 0.60, None),
]
NAMES = [case[0] for case in SCANS] + ["scan-dropped", "probe-accuracy", "probe-memory"]


def timed(command):
    """Seconds from start to exit, whatever the verdicts."""
    begin = time.perf_counter()
    status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    spent = time.perf_counter() - begin
    if status in (2, 6, 7, 70) or status < 0:
        raise RuntimeError(f"{' '.join(command)}: exit {status}")
    return spent


def in_turn(commands, rounds):
    """The median of each."""
    times = [[] for _ in commands]
    for number in range(rounds + 1):
        for series, command in zip(times, commands):
            spent = timed(command)
            if number > 0:  # the first of each warms the caches
                series.append(spent)
    return [statistics.median(series) for series in times]


def scan(case, rounds, reference):
    name, what, words, floor_goal, nmap_goal = case
    peers = []
    if reference:
        peers.append(("C", [os.path.join(reference, "port-scan"), "127.0.0.1", *ALL.split("-"), "epoll"], floor_goal))
    if nmap_goal and shutil.which("nmap"):
        peers.append(("nmap", NMAP, nmap_goal))
    ours, *others = in_turn([[SOCKIT, "probe", *words], *[peer[1] for peer in peers]], rounds)
    print(f"{name:<16} {ours * 1e3:>9.1f} ms   {what}", flush=True)
    for (peer, _, goal), spent in zip(peers, others):
        print(f"{'':<16} {spent * 1e3:>9.1f} ms   {peer}: ratio {ours / spent:.3f}, goal {goal:.2f}", flush=True)


def scan_dropped(rounds):
    rules = f"table inet bench {{ chain i {{ type filter hook input priority 0; tcp dport {DROPPED} drop\n }}\n }}\n"
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    try:
        spent, = in_turn([[SOCKIT, "probe", "--timeout", str(LIMIT), f"127.0.0.1:{DROPPED}"]], min(rounds, 3))
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "bench"], check=True)
    print(f"{'scan-dropped':<16} {(spent - LIMIT) * 1e3:>9.1f} ms   over the limit of 1 s, 1,000 ports that drop; goal 60 ms",
          flush=True)


def middle_of(line):
    """`NAME  min 1.0 p50 2.0 …` of connect-accuracy."""
    words = line.split()
    return float(words[words.index("p50") + 1])


def probe_accuracy(rounds, reference):
    """The time of a connection as we tell it, and as a loop in C measures it, of the same server."""
    target = f"127.0.0.1:{PORT}"
    ours, theirs = [], []
    server = subprocess.Popen([os.path.join(reference, "accept-server"), PORT, "once"], stderr=subprocess.DEVNULL)
    try:
        while subprocess.run([SOCKIT, "probe", "-q", target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            time.sleep(0.01)
        for _ in range(rounds):
            lines = subprocess.run([os.path.join(reference, "connect-accuracy"), "127.0.0.1", PORT, "500"], capture_output=True,
                                   text=True, check=True).stdout.splitlines()
            theirs.append(next(middle_of(line) for line in lines if "poll" in line))
            told = subprocess.run([SOCKIT, "probe", "--json", "--count", "500", "--interval", "0", target], capture_output=True,
                                  text=True, check=True).stdout
            ours.append(json.loads(told)["statistics"][0]["connect"]["p50_ns"] / 1e3)
    finally:
        server.kill()
        server.wait()
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{'probe-accuracy':<16} {a:>9.1f} us   connect as told; C {b:.1f} us, difference {a - b:.1f}, goal 15", flush=True)


def run(names, rounds, reference):
    wanted = [name for name in NAMES if not names or name in names]
    print(f"{'probing':<16} {'ours':>12}   median of {rounds}, in turn with what it is compared to")
    for case in SCANS:
        if case[0] in wanted:
            scan(case, rounds, reference)
    if "scan-dropped" in wanted:
        scan_dropped(rounds)
    if "probe-accuracy" in wanted and reference:
        probe_accuracy(rounds, reference)
    if "probe-memory" in wanted:
        command = [SOCKIT, "probe", "--jsonl", f"127.0.0.1:{ALL}"]
        peak = statistics.median(listing.peak_memory(command) for _ in range(3)) / 1e6
        print(f"{'probe-memory':<16} {peak:>9.1f} MB   peak, --jsonl, 65,535 closed ports; goal 12 MB", flush=True)
