"""Listings of many sockets, against ss on the same sockets, and the memory they take at most.

The sockets are held by processes of our own in the caller's network namespace. Text goes to /dev/null."""
import os
import resource
import signal
import socket
import statistics
import subprocess
import time
import traceback

SOCKIT = os.path.abspath("build/release/sockit")
LISTENERS_OF_WORKER = 10


def listener(family, address, port, backlog):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(backlog)
    return server


def hold_pairs(worker, count, ipv6):
    """That many connections, both ends ours, over ten listeners."""
    family = socket.AF_INET6 if ipv6 else socket.AF_INET
    to = "::1" if ipv6 else f"127.1.{worker}.1"
    base = 1024 + worker * LISTENERS_OF_WORKER if ipv6 else 20000
    servers = [listener(family, to, base + i, 1024) for i in range(LISTENERS_OF_WORKER)]
    held = []
    for i in range(count):
        client = socket.socket(family)
        if not ipv6:
            client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            client.bind((f"127.2.{worker}.{1 + i % 128}", 0))
        client.connect((to, base + i % LISTENERS_OF_WORKER))
        held += [client.detach(), servers[i % LISTENERS_OF_WORKER].accept()[0].detach()]
    return [server.detach() for server in servers]


def hold_fifty():
    """About fifty descriptors: half of them sockets, half files."""
    server = listener(socket.AF_INET, "127.0.0.1", 0, 64)
    for _ in range(12):
        socket.create_connection(server.getsockname()).detach()
        server.accept()[0].detach()
        os.open("/dev/null", os.O_RDONLY)
        os.open("/dev/null", os.O_RDONLY)
    return server.detach()


class Workers:
    """Processes that hold sockets until they are let go."""

    def __init__(self, jobs):
        ready, told = os.pipe()
        self.pids = []
        for job in jobs:
            pid = os.fork()
            if pid == 0:
                try:
                    job()
                    os.write(told, b"k")
                    os.close(told)
                    signal.pause()
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(1)
            self.pids.append(pid)
        os.close(told)
        for _ in self.pids:
            if os.read(ready, 1) != b"k":
                raise RuntimeError("a process that holds sockets failed")
        os.close(ready)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self.pids:
            os.waitpid(pid, 0)


def connections(count):
    """Twice that many sockets in processes of 5,000 connections or less, one in five over IPv6; 400 listeners more."""
    each = min(5000, count // 20)
    jobs = [lambda w=w: hold_pairs(w, each, w % 5 == 4) for w in range(count // each)]
    jobs.append(lambda: [listener(socket.AF_INET, "127.0.0.1", 30000 + i, 128).detach() for i in range(400)])
    return Workers(jobs)


def timed(command):
    begin = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def peak_memory(command):
    """Most resident bytes of a command, looked at until it ends. (The kernel's own figure for a child would include what
    it was before exec: a copy of this program.)"""
    peak = 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            try:
                with open(f"/proc/{run.pid}/status") as status:
                    lines = status.read().splitlines()
                if "Name:\tsockit" in lines:
                    peak = max([peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
            except OSError:
                pass
            time.sleep(0.001)
    return peak * 1024


def ours(*words):
    return [SOCKIT, "stat", "-n", *words]


NOTHING = ["sport", "=", ":1"]
LARGE = [
    ("list-text", "stat -ta: ss -tanH", ours("-taH"), ["ss", "-tanH"], 0.80),
    ("list-jsonl", "stat -ta --jsonl: ss -tanH, text", ours("-ta", "--jsonl"), ["ss", "-tanH"], 0.80),
    ("list-info", "stat -tai --jsonl: ss -tinaH, text", ours("-tai", "--jsonl"), ["ss", "-tinaH"], 0.55),
    ("list-listen", "stat -tl: ss -tlnH", ours("-tlH"), ["ss", "-tlnH"], 0.20),
    ("list-listen-p", "stat -tlp: ss -tlnpH", ours("-tlpH"), ["ss", "-tlnpH"], 0.50),
    ("list-nothing-p", "stat -tap, a filter that nothing matches", ours("-tapH", *NOTHING), ["ss", "-tanpH", *NOTHING], 0.08),
    ("list-owners", "stat -tap: ss -tanpH", ours("-tapH"), ["ss", "-tanpH"], 0.06),
]
SMALL = [("list-owners-20k", "stat -tap, 20,600 sockets: ss -tanpH", ours("-tapH"), ["ss", "-tanpH"], 0.50)]
PROCESSES = [("list-processes", "stat -tap, 500 processes with 50 descriptors: ss -tanpH", ours("-tapH"), ["ss", "-tanpH"],
              0.60)]
MEMORY = [("memory", "stat -ta --jsonl, peak", ours("-ta", "--jsonl"), 8), ("memory-p", "stat -tap, peak", ours("-tapH"), 20)]
NAMES = [case[0] for case in LARGE + SMALL + PROCESSES + MEMORY] + ["list-growth"]


def compare(case, rounds):
    """Prints one line; returns our median."""
    name, title, our_command, peer, goal = case
    times = ([], [])
    for _ in range(rounds):
        for which, command in enumerate((our_command, peer)):
            times[which].append(timed(command))
    a, b = (statistics.median(series) for series in times)
    print(f"{name:<16} {a * 1e3:>8.1f} ms {b * 1e3:>9.1f} ms {a / b:>6.3f}   goal {goal:.2f}  {title}", flush=True)
    return a


def run(names, rounds):
    wanted = [name for name in NAMES if not names or name in names]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name, value in (("ipv4/ip_local_port_range", "2000 60999"), ("core/somaxconn", "65535")):
        with open(f"/proc/sys/net/{name}", "w") as file:
            file.write(value)
    print(f"{'listing':<16} {'ours':>11} {'ss':>12} {'ratio':>6}   median of {rounds}, in turn")
    growth = "list-growth" in wanted
    small = 0.0
    if growth or set(wanted) & {case[0] for case in SMALL}:
        with connections(10_000):
            for case in SMALL:
                small = compare(case, rounds)
    if set(wanted) & {case[0] for case in PROCESSES}:
        with Workers([hold_fifty] * 500):
            for case in PROCESSES:
                compare(case, rounds)
    large = [case for case in LARGE if case[0] in wanted or (growth and case[0] == "list-owners")]
    memory = [case for case in MEMORY if case[0] in wanted]
    if not large and not memory:
        return
    with connections(100_000):
        for name, title, command, most in memory:
            peak = statistics.median(peak_memory(command) for _ in range(5)) / 1e6
            print(f"{name:<16} {peak:>8.1f} MB {'':>12} {'':>6}   goal {most} MB  {title}", flush=True)
        for case in large:
            ours_large = compare(case, rounds)
        if growth:
            print(f"{'list-growth':<16} {'':>11} {'':>12} {ours_large / small:>6.1f}   goal 12    time for 200,600 sockets with "
                  "processes to that for 20,600", flush=True)
