"""The echo server and client, against the same done in C, and against other servers.

For servers the CPU a message costs is compared: the rate swings with where the scheduler puts both ends, the CPU does not. The
C programs (echo-server, echo-client) are in the directory of --reference; without them nothing can be compared, since the one
client of them drives every server."""
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import time

SOCKIT = os.path.abspath("build/release/sockit")
PORTS = iter(range(7301, 9999))
SECONDS = "0.7"
CROWD = 10_000  # connections of echo-accepts


def open_port(port):
    """Whether somebody listens there: no connection is made, for a server that serves one may end after it."""
    word = f"0100007F:{port:04X} 00000000:0000 0A"
    with open("/proc/net/tcp") as table:
        return any(word in line for line in table)


class Server:
    """A server on CPU 0, leader of its own session, so that its children can be added up."""

    def __init__(self, words, port):
        self.port = port
        taskset = ["taskset", "-c", "0"]
        self.process = subprocess.Popen(taskset + words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        deadline = time.monotonic() + 5
        while not open_port(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.process.args}: does not listen")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def ours(port):
    return [SOCKIT, "echo", "server", "-q", f"127.0.0.1:{port}"]


def in_c(reference):
    return lambda port: [os.path.join(reference, "echo-server"), "-p", str(port)]


def redis(port):
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"]


def socat(port):
    return ["socat", f"TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=1024", "PIPE"]


def ncat(port):
    return ["ncat", "-lk", "-m", "1000", "127.0.0.1", str(port), "--exec", "/bin/cat"]


def driven(reference, make, words):
    """What the C client tells of one server."""
    port = next(PORTS)
    with Server(make(port), port) as server:
        command = [os.path.join(reference, "echo-client"), "-p", str(port), "-X", str(server.process.pid), "-G", *words]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if told["n"] == 0 or told["err"] or told["bad"]:
        raise RuntimeError(f"{server.process.args}: {told}")
    return told


def server_cost(reference, make, words):
    told = driven(reference, make, ["-C", "1", "-w", "0.2", "-d", SECONDS, *words])
    return told["srv"] / told["n"] * 1e6


def c_client(reference, server, words):
    told = driven(reference, server, ["-w", "0.2", "-d", SECONDS, *words])
    return (told["cli_u"] + told["cli_s"]) / told["n"] * 1e6, told["p50"]


def our_client(server, words):
    """CPU a message in us, and the middle round trip in us."""
    port = next(PORTS)
    with Server(server(port), port):
        command = [*words[0], SOCKIT, "echo", "client", f"127.0.0.1:{port}", "--json", "--warmup", "200ms", "-d", SECONDS, *words[1]]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["summary"]
    cpu = told["cpu"]["user_ns"] + told["cpu"]["system_ns"]
    return cpu / told["messages"] / 1e3, told["latency"]["p50_ns"] / 1e3


def accepts(reference, make):
    return driven(reference, make, ["-c", str(CROWD), "-w", "0", "-d", "1.5"])["tconn"] * 1e3


def cases(reference):
    """(name, what, unit, ours, peer, goal of the ratio, program that must be there)"""
    c = in_c(reference)
    for name, words, what in (("echo-100", ["-c", "100"], "100 connections, 64 B"),
                              ("echo-1000", ["-c", "1000"], "1,000 connections, 64 B"),
                              ("echo-16k", ["-c", "100", "-s", "16384"], "100 connections, 16 KiB")):
        yield (name, f"server CPU a message, {what}, against C", "us", lambda words=words: server_cost(reference, ours, [*words, "-v"]),
               lambda words=words: server_cost(reference, c, [*words, "-v"]), 1.05, None)
    one_cpu = ["taskset", "-c", "0"]
    yield ("echo-p50", "one connection, round trip, both ends ours, against both in C", "us",
           lambda: our_client(ours, (one_cpu, []))[1], lambda: c_client(reference, c, ["-C", "0"])[1], 1.05, None)
    for name, make, words, goal in (("echo-redis", redis, ["-r"], 0.90), ("echo-socat", socat, [], 0.25), ("echo-ncat", ncat, [], 0.20)):
        program = make(0)[0]
        yield (name, f"server CPU a message, 100 connections, against {program}", "us",
               lambda: server_cost(reference, ours, ["-c", "100"]),
               lambda make=make, words=words: server_cost(reference, make, ["-c", "100", *words]), goal, program)
    second_cpu = ["taskset", "-c", "1"]
    for name, size, what, goal in (("echo-client", "64", "64 B", 1.10), ("echo-client-16k", "16384", "16 KiB", 1.15)):
        yield (name, f"client CPU a message, {what}, verified, against C without", "us",
               lambda size=size: our_client(c, (second_cpu, ["-c", "100", "--size", size]))[0],
               lambda size=size: c_client(reference, c, ["-c", "100", "-s", size, "-C", "1"])[0], goal, None)
    yield ("echo-accepts", f"{CROWD:,} connects, against C", "ms", lambda: accepts(reference, ours), lambda: accepts(reference, c), 1.2,
           None)


NAMES = [case[0] for case in cases("")]


def allow_crowd():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write("10000 60999")
    return hard == resource.RLIM_INFINITY or hard > CROWD + 100


def run(names, rounds, reference):
    """Prints a line a case; a figure over the goal is no failure here: machines are shared."""
    print(f"{'echoing':<16} {'ours':>9} {'peer':>9} {'ratio':>9} {'goal':>5}   median of {rounds}, in turn")
    if not reference or not os.access(os.path.join(reference, "echo-client"), os.X_OK):
        print(f"{'':<16} left out: needs the C programs of --reference", flush=True)
        return
    crowd = allow_crowd()
    for name, what, unit, one, other, goal, program in cases(reference):
        if (names and name not in names) or (name == "echo-accepts" and not crowd):
            continue
        if program and not shutil.which(program):
            print(f"{name:<16} left out: no {program} here", flush=True)
            continue
        figures = [(one(), other()) for _ in range(rounds + 1)][1:]  # the first of each warms the caches
        ratio = statistics.median(a / b for a, b in figures)
        a, b = (statistics.median(series) for series in zip(*figures))
        print(f"{name:<16} {a:>6.2f} {unit} {b:>6.2f} {unit} {ratio:>9.2f} {goal:>5.2f}   {what}", flush=True)
