"""A script's artifact: from the cache, or by compiling; with the time that each stage took."""

import time

from ..compiler.artifact import Artifact, ProgramEntry
from ..compiler.attachment import BtfTracepoint, Uprobe, Watch
from ..compiler.options import Options
from ..grammar.frozen import dataclass, replace
from ..grammar.source import Source
from . import cache


@dataclass(frozen=True, slots=True)
class Built:
    """`timings` are (stage, seconds), in order; `warm` says that the artifact came from the cache."""

    artifact: Artifact
    timings: tuple[tuple[str, float], ...]
    warm: bool


def build(source: Source, options: Options, use_cache: bool = True) -> Built:
    """Raises CompileError or HostError."""
    started = time.perf_counter()
    name = cache.key((source.name, source.text, repr(options)))
    found = cache.load(name) if use_cache else None
    if isinstance(found, Artifact) and _is_current(found):
        return Built(found, (("cache", time.perf_counter() - started),), warm=True)
    from ..compiler.pipeline import stages
    from .host import LiveHost

    if use_cache:
        _use_parser()
    timings = [("import", time.perf_counter() - started)]
    result: object = None
    before = time.perf_counter()
    for stage, value in stages(source, LiveHost(), options):
        now = time.perf_counter()
        timings.append((stage, now - before))
        before, result = now, value
    assert isinstance(result, Artifact)
    result = _aimed(result)
    if use_cache:
        cache.store(name, result)
        _prepare(result)
    return Built(result, tuple(timings), warm=False)


def _use_parser() -> None:
    """The parser from the cache, or built and kept there: that takes more time than all the rest of compiling."""
    from ..grammar import parser

    name = f"grammar-{cache.key((parser.LARK,))}"
    found = cache.load(name)
    if isinstance(found, bytes):
        parser.use(found)
    else:
        cache.store(name, parser.tables())


def _prepare(artifact: Artifact) -> None:
    """Have what fast events need in the cache, too, now that LLVM is at hand."""
    if artifact.events:
        from . import bulk

        if bulk.has_simple(artifact.events):
            bulk.machine_code()


def _aimed(artifact: Artifact) -> Artifact:
    """With the numbers of BTF tracepoints on this kernel, which take 10 ms to find."""
    from .kernel import btf

    def aimed(program: ProgramEntry) -> ProgramEntry:
        place = program.attachment
        if not isinstance(place, BtfTracepoint):
            return program
        return replace(program, attachment=replace(place, type_id=btf.raw_tracepoint_id(place.name)))

    return replace(artifact, programs=tuple(aimed(program) for program in artifact.programs))


def _is_current(artifact: Artifact) -> bool:
    """Whether the programs and libraries that it probes are still the same files."""
    places = [program.attachment for program in artifact.programs]
    if not any(isinstance(place, Uprobe | Watch) for place in places):
        return True
    from .binaries import is_current

    return all(is_current(place) for place in places)
