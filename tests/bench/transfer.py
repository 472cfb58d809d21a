"""Bulk transfers and connection rates: two programs that move bytes between them, timed together.

Both ends run in the caller's network namespace. A figure is bytes per second of wall time, and CPU seconds of both ends
per byte, to those of the peer's pair in the same round."""
import os
import resource
import socket
import statistics
import subprocess
import tempfile
import time

SOCKIT = os.path.abspath("build/release/sockit")
SIZE = 1 << 30
PORTS = iter(range(7300, 60000))


def listening(port):
    """Whether somebody listens on that port, without using up a connection."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            rows = [line.split() for line in file.readlines()[1:]]
        if any(row[1].endswith(wanted) and row[3] == "0A" for row in rows):
            return True
    return False


def await_listener(port, process):
    for _ in range(5000):
        if listening(port):
            return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened")
        time.sleep(0.001)
    raise RuntimeError(f"{process.args[0]} does not listen")


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Transfer:
    """One way to move SIZE bytes: `listen` and `connect` are command lines with {port}, run by sh."""

    def __init__(self, listen, connect, size=SIZE):
        self.listen, self.connect, self.size = listen, connect, size

    def run(self):
        port = next(PORTS)
        cpu = cpu_of_children()
        with subprocess.Popen(["sh", "-c", self.listen.format(port=port, sockit=SOCKIT)], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as server:
            await_listener(port, server)
            begin = time.perf_counter()
            client = subprocess.run(["sh", "-c", self.connect.format(port=port, sockit=SOCKIT)],
                                    stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            server.wait()
            spent = time.perf_counter() - begin
        if client.returncode != 0:
            raise RuntimeError(f"{self.connect}: exit {client.returncode}: {client.stderr.decode(errors='replace')}")
        return self.size / spent, (cpu_of_children() - cpu) / self.size


def compared(ours, peer, rounds):
    """Medians of ours/peer, round by round: rate and CPU per byte."""
    rates, cpus = [], []
    for number in range(rounds + 1):
        a, b = ours.run(), peer.run()
        if number > 0:
            rates.append(a[0] / b[0])
            cpus.append(a[1] / b[1])
    return statistics.median(rates), statistics.median(cpus)


class Rate:
    """Connections a second, one after the other, each one byte there and back, to a server that runs a command."""

    def __init__(self, server, seconds=0.7):
        self.server, self.seconds, self.size = server, seconds, 1

    def run(self):
        port = next(PORTS)
        words = [word.format(port=port, sockit=SOCKIT) for word in self.server]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as server:
            try:
                await_listener(port, server)
                done, end = 0, time.perf_counter() + self.seconds
                while time.perf_counter() < end:
                    with socket.create_connection(("127.0.0.1", port)) as client:
                        client.sendall(b"x")
                        if client.recv(1) != b"x":
                            raise RuntimeError(f"{words[0]} does not echo")
                    done += 1
            finally:
                server.terminate()
        return done / self.seconds, 1


NC_LISTEN = "exec nc.openbsd -lN 127.0.0.1 {port} >/dev/null"
NC = "nc.openbsd -N 127.0.0.1 {port}"
OURS_LISTEN = "exec {sockit} listen -q 127.0.0.1:{port} >/dev/null"
OURS = "{sockit} connect 127.0.0.1:{port}"


def cases(file, directory, reference):
    """(name, what, ours, peer, goal of the rate, goal of the CPU); `file` holds SIZE bytes."""
    nc = Transfer(NC_LISTEN, f"exec {NC} <{file}")
    ours = Transfer(OURS_LISTEN, f"exec {OURS} <{file}")
    yield "file", "file -> /dev/null, against nc", ours, nc, ">= 2.4", "<= 0.5"
    yield ("file-iperf3", "the same, against iperf3 (receiver copies too)", ours,
           Transfer("exec iperf3 -s -1 -p {port} >/dev/null", f"exec iperf3 -c 127.0.0.1 -p {{port}} -n {SIZE}"),
           ">= 0.85", "")
    if reference:
        program = os.path.join(reference, "bulk-transfer")
        yield ("file-c", "the same, against minimal C", ours,
               Transfer(f"exec {program} listen read-write {{port}} >/dev/null",
                        f"exec {program} connect sendfile {{port}} <{file}"), ">= 0.9", "")
    yield ("pipe-in", "stdin a pipe, against nc", Transfer(OURS_LISTEN, f"cat {file} | {OURS}"),
           Transfer(NC_LISTEN, f"cat {file} | {NC}"), ">= 1.8", "")
    yield ("pipe-out", "stdout a pipe, against nc",
           Transfer("{sockit} listen -q 127.0.0.1:{port} | cat >/dev/null", f"exec {OURS} <{file}"),
           Transfer("nc.openbsd -lN 127.0.0.1 {port} | cat >/dev/null", f"exec {NC} <{file}"), ">= 2.6", "<= 0.5")
    out = os.path.join(directory, "out")
    yield ("file-out", "stdout a file, against nc",
           Transfer(f"exec {{sockit}} listen -q 127.0.0.1:{{port}} >{out}", f"exec {OURS} <{file}"),
           Transfer(f"exec nc.openbsd -lN 127.0.0.1 {{port}} >{out}", f"exec {NC} <{file}"), ">= 1.25", "")
    # Nothing ends /dev/zero but the receiver: it takes SIZE bytes and closes.
    take = f"import socket,sys;s=socket.create_server(('127.0.0.1',int(sys.argv[1])));c=s.accept()[0];n={SIZE}\n" \
           "b=bytearray(1<<18)\nwhile n>0: n-=c.recv_into(b,min(n,1<<18),socket.MSG_TRUNC)"
    yield ("zero", "stdin /dev/zero, against head -c | nc",
           Transfer(f'exec python3 -c "{take}" {{port}}', OURS + " --send-only </dev/zero || true"),
           Transfer(f'exec python3 -c "{take}" {{port}}', f"head -c {SIZE} /dev/zero | {NC}"), ">= 4.5", "")
    yield ("json", "summary and JSON on, against off", Transfer(OURS_LISTEN, f"exec {OURS} --json <{file}"), ours,
           ">= 0.97", "")
    cat = Rate(["{sockit}", "listen", "-q", "-k", "127.0.0.1:{port}", "--", "/bin/cat"])
    yield ("exec", "listen -k -- cat, connections/s, against tcpserver", cat,
           Rate(["tcpserver", "-HRl0", "127.0.0.1", "{port}", "/bin/cat"]), ">= 1.0", "")
    yield ("exec-ncat", "the same, against ncat --exec", cat,
           Rate(["ncat", "-lk", "127.0.0.1", "{port}", "--exec", "/bin/cat"]), ">= 1.6", "")


def run(names, rounds, reference):
    """Prints a line a case; a figure over the goal is no failure here: machines are shared."""
    print(f"{'transfer':<12} {'rate':>6} {'goal':>8} {'cpu':>6} {'goal':>7}   ours/peer, median of {rounds}, in turn")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        file = os.path.join(directory, "data")
        with open(file, "wb") as data:
            block = os.urandom(1 << 20)
            for _ in range(SIZE >> 20):
                data.write(block)
        for name, what, ours, peer, rate_goal, cpu_goal in cases(file, directory, reference):
            if names and name not in names:
                continue
            rate, cpu = compared(ours, peer, rounds)
            print(f"{name:<12} {rate:>6.2f} {rate_goal:>8} {cpu:>6.2f} {cpu_goal:>7}   {what}", flush=True)
