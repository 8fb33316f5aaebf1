"""The scripts in examples that other tracers have, too, each against what is known of the same workload elsewhere."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Thread

import pytest
from harness import Ply, until

EXAMPLES = Path(__file__).parents[2] / "examples"
FORKS = "import os\nfor _ in range(7):\n    pid = os.fork()\n    pid or os._exit(0)\n    os.waitpid(pid, 0)"


def strace(folder: Path, *words: str | Path) -> list[str]:
    """The lines of strace(1) for a command, without process numbers."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace to compare with")
    path = folder / "strace.txt"
    subprocess.run(["strace", "-o", path, *words], check=False, capture_output=True)
    return path.read_text().splitlines()


def lines(ply: Ply, name: str, *command: str | Path) -> list[str]:
    """What a script printed."""
    result = ply("-q", EXAMPLES / f"{name}.ply", command=command)
    assert (result.status, result.stderr.replace("cat: /no/such/file: No such file or directory\n", "")) == (0, "")
    return result.stdout.splitlines()


def test_opensnoop_sees_what_strace_sees(ply: Ply, tmp_path: Path) -> None:
    command = ["cat", "/etc/hostname", "/no/such/file"]
    pattern = re.compile(r'open(?:at|at2)?\((?:AT_FDCWD, )?"(.*?)".* = (-?\d+)(?: (E\w+))?')
    found = [match.groups() for line in strace(tmp_path, *command) if (match := pattern.match(line))]
    printed = lines(ply, "opensnoop", *command)
    assert printed[0].split() == ["PID", "COMM", "FD", "ERR", "PATH"]
    rows = [line.split() for line in printed if re.match(r"\d+ +cat ", line)]
    assert [(path, fd) for _, _, fd, _, path in rows] == [(path, fd) for path, fd, _ in found]
    assert [row[3] for row in rows if row[4] == "/no/such/file"] == ["2"]
    assert all((row[3] == "0") == (error is None) for row, (_, _, error) in zip(rows, found, strict=True))


def test_execsnoop(ply: Ply, tmp_path: Path) -> None:
    script = f"echo $$ >{tmp_path}/pid; /bin/true a b; /bin/echo 'c d' >/dev/null; :"
    printed = lines(ply, "execsnoop", "sh", "-c", script)
    assert printed[0].split() == ["PCOMM", "PID", "PPID", "ARGS"]
    shell = (tmp_path / "pid").read_text().strip()
    started = [line.split(maxsplit=3)[3] for line in printed if line.split()[2] == shell]
    assert started == ["/bin/true a b", "/bin/echo c d"]


@pytest.mark.parametrize(
    ("family", "host"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::ffff:127.0.0.1")],
)
def test_tcplife(ply: Ply, family: socket.AddressFamily, host: str) -> None:
    """A client that sends 100,000 bytes and gets 777 back; a FIN and a SYN count as a byte each."""
    running = ply.start("-q", EXAMPLES / "tcplife.ply")
    running.wait_for("PID")
    six = family == socket.AF_INET6
    with socket.create_server(("::" if six else "0.0.0.0", 0), family=family, dualstack_ipv6=six) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while connection.recv(65536):
                    pass
                connection.sendall(b"x" * 777)

        thread = Thread(target=serve)
        thread.start()
        with socket.create_connection((host, port)) as client:
            own = client.getsockname()[1]
            client.sendall(b"y" * 100_000)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        thread.join()
    until(lambda: running.out.read_text().count(f" {host} ") >= 4, "both ends of the connection")
    running.send(2)
    rows = [line.split() for line in running.finish().stdout.splitlines()[1:]]
    by_port = {row[3]: row for row in rows}
    ours, theirs = by_port[str(own)], by_port[str(port)]
    assert ours[5] == str(port) and theirs[5] == str(own)
    assert {ours[2], ours[4], theirs[2], theirs[4]} == {host}
    assert 100_000 <= int(ours[6]) <= 100_002 and 777 <= int(ours[7]) <= 779
    assert 100_000 <= int(theirs[7]) <= 100_002 and 777 <= int(theirs[6]) <= 779
    assert {ours[1], theirs[1]} == {Path("/proc/self/comm").read_text().strip()}


def test_syscount_counts_what_strace_counts(ply: Ply, work: Path, tmp_path: Path) -> None:
    command = [work, "getppid", "321", "read", "77", "40", "close", "5", "open", "/no/such/file"]
    names = Counter(line.partition("(")[0] for line in strace(tmp_path, *command) if "(" in line)
    result = ply.json(EXAMPLES / "syscount.ply", command=command)
    found = {name.removeprefix("sys_"): count for (name,), count in result.rows("@calls").items()}
    noise = {"execve", "exit_group", "mmap", "munmap", "brk"}  # the first and the last; and the start of a child
    assert {name: count for name, count in found.items() if name not in noise} == {
        name: count for name, count in names.items() if name not in noise
    }
    assert result.rows("@time")["sys_read",] > 0


def test_runqlat_is_the_schedulers_own_count(ply: Ply, work: Path) -> None:
    """It counts how often a thread came to run, and how long it had to wait for that: /proc/PID/schedstat."""
    busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
    script = f"{work} sleep 100; {busy}; read a b c </proc/$$/schedstat; echo $b $c"
    result = ply("-f", "json", EXAMPLES / "runqlat.ply", command=["sh", "-c", script])
    said = next(line for line in result.stdout.splitlines() if not line.startswith("{"))
    records = "\n".join(line for line in result.stdout.splitlines() if line.startswith("{"))
    waited, times = (int(word) for word in said.split())
    value = type(result)(result.status, records, "").value("@latency")
    assert 0.5 * times - 3 <= value["count"] <= 1.2 * times + 5
    least = sum(each["min"] * each["count"] for each in value["buckets"])
    most = sum((each["max"] or 0) * each["count"] for each in value["buckets"])
    assert least * 0.5 <= waited + 1_000_000 and waited * 0.3 <= most + 1_000_000


def test_biolatency(ply: Ply, tmp_path: Path) -> None:
    """So many reads of a file past the cache, each a request of its own; without a disk it says that nothing came."""
    path = tmp_path / "file"
    path.write_bytes(bytes(200 * 4096))
    subprocess.run(["sync", path], check=True)
    if not os.major(path.stat().st_dev):  # a file system in memory or on the host
        assert "0 events" in ply("-t", "0.5", EXAMPLES / "biolatency.ply").stderr
        return
    read = ["dd", f"if={path}", "of=/dev/null", "bs=4096", "count=200", "iflag=direct", "status=none"]
    value = ply.json(EXAMPLES / "biolatency.ply", command=read).value("@latency")
    assert 200 <= value["count"] < 2000
    assert all(each["count"] == 0 or each["min"] >= 100 for each in value["buckets"])


def test_profile(ply: Ply, work: Path) -> None:
    """A program that is always in the kernel has 99 stacks a second there."""
    result = ply.json("-t", "2", EXAMPLES / "profile.ply", command=[work, "read", "1000000", "1000000"])
    mine = sum(count for (comm, _), count in result.rows().items() if comm == "work")
    assert 0.3 * 99 < mine / result.records[-1]["seconds"] < 1.2 * 99


@pytest.mark.parametrize("name", ["hello_world", "hello_fields", "hello_perf_output"])
def test_hello(ply: Ply, name: str) -> None:
    printed = lines(ply, name, sys.executable, "-c", FORKS)
    if name == "hello_world":
        assert printed.count("Hello, World!") >= 7
        return
    assert printed[0].split() == ["TIME(s)", "COMM", "PID", "MESSAGE"]
    rows = [re.fullmatch(r"(\d+\.\d{9}) +(.{16}) (\d+) +(Hello, .*!)", line) for line in printed[1:]]
    assert all(rows), printed
    (pid, count), *_ = Counter(row[3] for row in rows if row).most_common()
    assert count >= 7
    times = [float(row[1]) for row in rows if row and row[3] == pid]
    assert times == sorted(times)
    if name == "hello_perf_output":
        assert float(rows[0][1]) == 0  # type: ignore[index]
