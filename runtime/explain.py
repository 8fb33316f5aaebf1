"""`--explain`: what a script would do to this machine: where it attaches and how, its size, and what comes very often.

The programs are loaded, so that the kernel has checked them and says how large they are, but attached nowhere.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from ..compiler.access import Match
from ..compiler.artifact import Artifact, ProgramEntry
from ..compiler.options import Options
from ..compiler.pipeline import stages
from ..compiler.resolve import ResolvedClause
from ..grammar.diagnostic import HostError
from ..grammar.source import Source
from .host import LiveHost
from .kernel import bpf
from .places import in_words
from .rates import Rates, often
from .tracer import Tracer

_SHOWN = 12
"""Places of one probe that are told one by one."""


def explain(source: Source, options: Options, stream: TextIO) -> int:
    """Write it; status 0, or 3 where the kernel refuses the programs. Raises what compiling raises."""
    results = dict(stages(source, LiveHost(), options))
    artifact, resolved = results["artifact"], results["probes"]
    assert isinstance(artifact, Artifact) and isinstance(resolved, tuple)
    clauses = [clause for clause in resolved if isinstance(clause, ResolvedClause)]
    rates = Rates()
    for number, clause in enumerate(clauses):
        line = source.position(clause.clause.span.start)[0]
        print(f"clause {number + 1}, line {line}", file=stream)
        for text in _clause(clause.matches, artifact.programs):
            print(f"  {text}", file=stream)
    print(file=stream)
    status = _sizes(artifact, stream)
    warnings = dict.fromkeys(text for clause in clauses for match in clause.matches for text in _warn(match, rates))
    for text in warnings:
        print(f"warning: {text}", file=stream)
    return status


def _clause(matches: Sequence[Match], programs: Sequence[ProgramEntry]) -> Iterator[str]:
    numbers = {program.attachment: number for number, program in enumerate(programs)}
    for match in matches[:_SHOWN]:
        attachment = match.chosen.attachment
        yield f"{match.probe}: by {match.chosen.name}, {in_words(attachment)} (program {numbers[attachment] + 1})"
        for name, why in match.passed_over:
            yield f"    not by {name}: {why}"
    if len(matches) > _SHOWN:
        yield f"... and {len(matches) - _SHOWN} places more"


def _sizes(artifact: Artifact, stream: TextIO) -> int:
    """Programs and maps, as the kernel has them."""
    try:
        with Tracer(artifact) as tracer:
            tracer.load()
            for number, program in enumerate(artifact.programs):
                info = bpf.program_info(tracer.object.program(program.symbol).fd)
                what = ", ".join(program.probes)
                what = what if len(what) < 60 else f"{what[:57]}..."
                checked = f", {info.checked} checked" if info.checked else ""
                print(f"program {number + 1}: {info.instructions} instructions{checked}: {what}", file=stream)
            names = {schema.symbol: schema.name for schema in artifact.maps}
            total = 0
            for symbol in tracer.object.map_names():
                held = _memory(tracer.object.map(symbol).fd)
                total += held
                if symbol in names or symbol in _OWN:
                    print(f"map {names.get(symbol) or _OWN[symbol]}: {_bytes(held)}", file=stream)
            print(f"memory of all maps: {_bytes(total)}", file=stream)
    except HostError as error:
        print(f"the kernel does not load it: {error.diagnostics[0].message}", file=sys.stderr)
        return 3
    return 0


_OWN = {
    "ply_events": "of events to user space",
    "ply_stacks": "of stacks",
    "ply_waiting": "of calls whose strings are not there yet",
    "ply_started": "of calls that are under way",
    "ply_scratch": "of scratch memory",
}


def _memory(descriptor: int) -> int:
    """Bytes that a map takes in the kernel (/proc/PID/fdinfo, `memlock`)."""
    with open(f"/proc/{os.getpid()}/fdinfo/{descriptor}", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("memlock:")), 0)


def _bytes(number: int) -> str:
    for unit in ("B", "KiB", "MiB"):
        if number < 10240:
            return f"{number} {unit}"
        number = (number + 512) // 1024
    return f"{number} GiB"


def _warn(match: Match, rates: Rates) -> Iterator[str]:
    found = often(match.chosen.attachment, rates)
    if found:
        yield f"{match.probe}: {found}"
