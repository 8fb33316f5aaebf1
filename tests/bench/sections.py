"""Whole runs: how long they take to start, to end, and to print what they know."""

from collections.abc import Sequence
from functools import partial
from itertools import count

from measure import Figure, Sample, Table, Way, in_turns, ratio, run, timed
from place import Peer, Place

TEN = ("sched_switch", "sched_wakeup", "sched_waking", "sched_process_fork", "sched_process_exec", "sched_process_exit",
       "sched_process_wait", "sched_migrate_task", "sched_process_free", "sched_wakeup_new")  # fmt: skip

PROBE = "tracepoint:raw_syscalls:sys_enter"


def start(place: Place, rounds: int) -> Table:
    """Whole runs, wall and processor time in milliseconds; for ply what is beyond an empty Python."""
    nothing, around = ["-c", "BEGIN { exit(0); }"], ["-q", "-c", f"{PROBE} {{ @[pid] = count(); }}", "--", "true"]

    fresh = count()

    def cold() -> Sample:
        return timed([place.ply, "-c", f"BEGIN {{ exit(0); }} // {next(fresh)}"])

    ways: dict[str, Way] = {
        "`python3 -c pass`": lambda: timed([place.python, "-c", "pass"]),
        "ply, cold, `BEGIN { exit(0); }`": cold,
        "ply, `BEGIN { exit(0); }`": lambda: timed([place.ply, *nothing]),
        "ply, a one-liner around `true`": lambda: timed([place.ply, *around]),
    }
    for warm in (nothing, around):
        timed([place.ply, *warm])
    for peer in place.bpftraces:
        ways[f"{peer.name}, `BEGIN {{ exit(); }}`"] = _bpftrace(peer, "BEGIN { exit(); }")
        ways[f"{peer.name}, a one-liner around `true`"] = _bpftrace(
            peer, f"{PROBE} {{ @[pid] = count(); }}", "/bin/true"
        )
    if place.ply_c:
        path = place.ply_c.command
        ways["ply (C), `BEGIN { exit(0); }`"] = lambda: timed([path, "BEGIN { exit(0); }"])
    found = in_turns(ways, rounds)
    base = "`python3 -c pass`"
    table = [["run", "of bpftrace's wall", "wall, ms", "CPU, ms", "wall beyond Python, ms", "peak, MB"]]
    for name, samples in found.items():
        share = _share(found, name, place.bpftraces)
        beyond = Figure.of([(one.wall - two.wall) * 1e3 for one, two in zip(samples, found[base], strict=True)])
        wall, cpu = (Figure.of([value(it) * 1e3 for it in samples]) for value in (_wall, _cpu))
        memory = Figure.of([it.memory for it in samples])
        table.append(
            [name, share, str(wall), str(cpu), str(beyond) if name.startswith("ply") else "", f"{memory.most:.0f}"]
        )
    return table


def _wall(sample: Sample) -> float:
    return sample.wall


def _cpu(sample: Sample) -> float:
    return sample.cpu


def _share(found: dict[str, list[Sample]], name: str, peers: Sequence[Peer]) -> str:
    if not name.startswith("ply") or not peers:
        return ""
    other = "a one-liner around `true`" if "around" in name else "`BEGIN { exit(); }`"
    return str(ratio(found, name, f"{peers[0].name}, {other}", _wall))


def _bpftrace(peer: Peer, program: str, command: str = "") -> Way:
    return lambda: timed([peer.command, "-e", program, *(["-c", command] if command else [])])


def wide(place: Place, rounds: int) -> Table:
    """Ten tracepoints attached and taken out again, with and without a field of their records."""
    one = ", ".join(f"tracepoint:sched:{name}" for name in TEN)
    ways: dict[str, Way] = {
        "`BEGIN` alone": lambda: timed([place.ply, "-q", "-c", "BEGIN { exit(); }"]),
        "ply": lambda: timed([place.ply, "-q", "-c", f"{one} {{ @[comm] = count(); }} BEGIN {{ exit(); }}"]),
        "ply, with a field": lambda: timed([place.ply, "-q", "-c", f"{_each('pid')} BEGIN {{ exit(); }}"]),
    }
    for peer in place.bpftraces:
        ways[f"{peer.name}, `BEGIN` alone"] = _bpftrace(peer, "BEGIN { exit(); }")
        ways[peer.name] = _bpftrace(peer, f"{one} {{ @[comm] = count(); }} BEGIN {{ exit(); }}")
    for way in ways.values():
        way()
    found = in_turns(ways, rounds)
    table = [["ten tracepoints", "wall, ms", "beyond `BEGIN` alone, ms"]]
    for name, samples in found.items():
        if "alone" in name:
            continue
        alone = "`BEGIN` alone" if name.startswith("ply") else f"{name}, `BEGIN` alone"
        beyond = Figure.of([(a.wall - b.wall) * 1e3 for a, b in zip(samples, found[alone], strict=True)])
        table.append([name, str(Figure.of([it.wall * 1e3 for it in samples])), str(beyond)])
    return table


def _each(field: str) -> str:
    plain = [name for name in TEN if name not in ("sched_process_fork", "sched_switch")]
    return " ".join(f"tracepoint:sched:{name} {{ @[data->{field}] = count(); }}" for name in plain)


def maps(place: Place, rounds: int) -> Table:
    """A map of a million keys, read, merged across the CPUs, ordered and printed: seconds after the command's end."""
    table = [["keys", "of bpftrace's", "ply, s", *(f"{it.name}, s" for it in place.bpftraces)]]
    for keys in (100_000, 1_000_000):
        work = ["perl", "-e", f"syscall(121, $_) for 1..{keys}"]
        ours = ["--map-entries", str(keys), "-c", "kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() }"]
        theirs = f"{PROBE} /args->id == 121/ {{ @[args->args[0]] = count(); }}"
        ways: dict[str, Way] = {"ply": partial(run, [place.ply, "-q", *ours, "--", *work])}
        script = place.folder / f"work{keys}.sh"
        script.write_text(f"exec perl -e 'syscall(121, $_) for 1..{keys}'\n")
        for peer in place.bpftraces:
            words = [peer.command, "-e", theirs, "-c", f"/bin/sh {script}"]
            ways[peer.name] = partial(run, words, {"BPFTRACE_MAP_KEYS_MAX": str(keys)})
        base = run(work)
        found = in_turns(ways, rounds)
        walls = {name: Figure.of([it.wall - base.wall for it in samples]) for name, samples in found.items()}
        printed = [it.stdout.count("\n") for it in found["ply"]]
        assert min(printed) > keys, f"not all keys were printed: {printed}"
        share = str(ratio(found, "ply", place.bpftraces[0].name, _wall)) if place.bpftraces else ""
        table.append([f"{keys:,}", share, *(str(it) for it in walls.values())])
    return table


def stacks(place: Place, rounds: int) -> Table:
    """Names for the frames of 5,000 different kernel stacks, /proc/kallsyms read and all."""
    program = (
        "import random, time\n"
        "from plytrace.runtime.symbols import KernelSymbols, read_kallsyms\n"
        "text = read_kallsyms()\n"
        "places = [int(line[:16], 16) for line in text.splitlines() if line[17:18] in b'tT']\n"
        "random.seed(1)\n"
        "busy = [place + 9 for place in random.sample(places, 4000)]\n"
        "stacks = [random.choices(busy, k=16) for _ in range(5000)]\n"
        "before = time.perf_counter()\n"
        "symbols = KernelSymbols()\n"
        "for stack in stacks:\n"
        "    [symbols.frame(address) for address in stack]\n"
        "print(time.perf_counter() - before)\n"
    )
    seconds = Figure.of([float(run([place.python, "-c", program]).stdout) * 1e3 for _ in range(rounds)])
    return [["stacks", "ms"], ["5,000 of 16 frames, 4,000 return addresses", str(seconds)]]


def imports(place: Place, rounds: int) -> Table:
    """What importing each module takes at a warm start, in milliseconds, and its share; the dearest twenty."""
    words = ["-X", "importtime", place.ply, "-q", "-c", f"{PROBE} {{ @[pid] = count(); }}", "--", "true"]
    run([place.python, *words])
    costs: dict[str, list[float]] = {}
    for _ in range(rounds):
        for line in run([place.python, *words]).stderr.splitlines():
            if line.startswith("import time:") and line.split("|")[0].split()[-1].isdigit():
                own, _, name = line.removeprefix("import time:").split("|")
                costs.setdefault(name.strip(), []).append(int(own) / 1e3)
    before = set(run([place.python, "-c", "import sys; print(*sys.modules)"]).stdout.split())
    middles = {name: Figure.of(values) for name, values in costs.items() if name not in before}
    total = sum(figure.middle for figure in middles.values())
    dearest = sorted(middles.items(), key=lambda item: -item[1].middle)[:20]
    rows = [[f"`{name}`", f"{figure.middle / total:.0%}", f"{figure.middle:.2f}"] for name, figure in dearest]
    return [["module", "share", "ms"], *rows, [f"all {len(middles)}", "100%", f"{total:.1f}"]]
