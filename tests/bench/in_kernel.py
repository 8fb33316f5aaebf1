"""What tracing costs the program that is traced, call by call."""

import os
from collections.abc import Sequence
from functools import partial

from measure import Figure, Sample, Table, Way, extra, in_turns, run
from place import HERE, Place

CALLS = 300_000
EVENTS = 1_000_000
PROBE = "tracepoint:raw_syscalls:sys_enter"

COUNT_PID, COUNT_COMM, NEVER = "{ @[pid] = count(); }", "{ @[comm] = count(); }", "/ pid == 1 / { @[pid] = count(); }"
PER_EVENT = (
    ("`@[pid] = count()`", "pid", f"{PROBE} {COUNT_PID}", COUNT_PID, 1),
    ("`@[comm] = count()`", "comm", f"{PROBE} {COUNT_COMM}", COUNT_COMM, 1),
    ("`@ = quantize(id)`", "quantize", f"{PROBE} {{ @ = quantize(data->id); }}", "{ @ = hist(args->id); }", 1),
    ("a false predicate", "unlikely", f"{PROBE} {NEVER}", NEVER, 1),
    ("`@[stack] = count()`", "stack", f"{PROBE} {{ @[stack] = count(); }}", "{ @[kstack] = count(); }", 1),
    ("`@[0] = count()`, two CPUs", "shared", f"{PROBE} {{ @[0] = count(); }}", "{ @[0] = count(); }", 2),
)
"""Title, program of floor.c, ours, bpftrace's on `raw_syscalls:sys_enter`, threads."""


def events(place: Place, rounds: int) -> Table:
    """What a probe on `raw_syscalls:sys_enter` adds to each system call, in nanoseconds of processor time."""
    peers = [peer.name for peer in place.bpftraces]
    head = ["program", "of bpftrace's", "of the floor's", "ply, ns", *(f"{name}, ns" for name in peers)]
    table = [[*head, "floor (clang), ns"]]
    for title, floor, ours, theirs, threads in PER_EVENT:
        found = in_turns(_ways(place, floor, ours, theirs, [place.calls, str(CALLS), str(threads)]), rounds)
        costs = {name: extra(found, name, "none") for name in found if name != "none"}
        middle = costs["ply"].middle
        shares = [f"{middle / costs[name].middle:.2f}" if name in costs else "" for name in (*peers[:1], "floor")]
        cells = [str(costs.get(name, "no clang")) for name in ("ply", *peers, "floor")]
        table.append([title, *shares, *cells])
    return table


def _ways(place: Place, floor: str, ours: str, theirs: str, work: list[str]) -> dict[str, Way]:
    ways: dict[str, Way] = {
        "none": lambda: run(work),
        "ply": lambda: run([place.ply, "-q", "-c", ours, "--", *work]),
    }
    for peer in place.bpftraces:
        ways[peer.name] = partial(run, [peer.command, "-e", f"{PROBE} {theirs}", "-c", " ".join(work)])
    if place.floor:
        ways["floor"] = lambda: _floor(place, floor, work)
    return ways


def _floor(place: Place, program: str, work: Sequence[str], out: str = "") -> Sample:
    assert place.floor
    elf, drain = place.floor
    reader = [drain, out] if out else []
    return run([place.python, str(HERE / "floor.py"), elf, program, *reader, "--", *work])


def delivery(place: Place, rounds: int) -> Table:
    """An event a call through `printf` to a file: how many arrived, how fast, how much slower the program became."""
    out = str(place.folder / "events")
    text = 'printf("%d %s %d\\n", pid, comm, {})'
    ours = f"kprobe:SyS_getppid / pid == $target / {{ {text.format('arg(0)')}; }}"
    few = EVENTS // 10
    trace = [place.ply, "-q", "-o", out, "-c", ours, "--", place.calls]
    ways: dict[str, tuple[int, Way]] = {
        "none": (EVENTS, lambda: run([place.calls, str(EVENTS)])),
        "ply": (EVENTS, lambda: run([*trace, str(EVENTS)])),
        "ply, JSON": (EVENTS, lambda: run([place.ply, "-f", "json", *trace[1:], str(EVENTS)])),
        "ply, without native code": (few, lambda: run([*trace, str(few)], {"PLY_BULK": "0"})),
    }
    for peer in place.bpftraces:
        program = f"{PROBE} /args->id == 110/ {{ {text.format('args->args[0]')}; }}"
        ways[peer.name] = (few, partial(run, [peer.command, "-o", out, "-e", program, "-c", f"{place.calls} {few}"]))
    if place.floor:
        ways["floor (clang, C)"] = (EVENTS, lambda: _floor(place, "event", [place.calls, str(EVENTS)], out))
    found: dict[str, list[tuple[Sample, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (number, way) in ways.items():
            if os.path.exists(out):
                os.unlink(out)
            sample = way()
            found[name].append((sample, _lines(out, "calls") / number if name != "none" else 0))
    table = [["tracer", "slowdown of the program", "delivered", "events a second while it runs"]]
    for name, results in found.items():
        if name == "none":
            continue
        slower = Figure.of([one.call / two.call for (one, _), (two, _) in zip(results, found["none"], strict=True)])
        arrived = Figure.of([share * 100 for _, share in results])
        speed = Figure.of([share * 1e3 / one.call for one, share in results])
        table.append([name, f"{slower} x", f"{arrived} %", f"{speed} M/s"])
    return table


def _lines(path: str, mark: str) -> int:
    with open(path, "rb") as file:
        return sum(1 for line in file if mark.encode() in line)
