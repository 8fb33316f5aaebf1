"""A script compiled once: its artifact, every stage of the compiler, its probes; to look at, or to run many times."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from typing import Any

from ...compiler.artifact import Artifact
from ...compiler.attachment import Attachment
from ...compiler.options import Options
from ...grammar.source import Source
from ..build import build
from ..environment import environment
from .errors import explained, wrong


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe as the program has it, and where the kernel runs its clauses: `lines` of the script, from 1."""

    text: str
    provider: str
    attachments: tuple[Attachment, ...]
    lines: tuple[int, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Program:
    """A compiled script; `plytrace.run` and `plytrace.Trace` take it in place of the text."""

    source: Source
    options: Options
    artifact: Artifact

    @property
    def text(self) -> str:
        """The script."""
        return self.source.text

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The probes in the order of the script, without repetition."""
        found = []
        for probe in self.artifact.probes:
            places = [entry for entry in self.artifact.programs if probe.text in entry.probes]
            lines = sorted({line for entry in places for line in entry.lines})
            attachments = tuple(entry.attachment for entry in places)
            found.append(Probe(probe.text, probe.provider, attachments, tuple(lines)))
        return tuple(found)

    @cached_property
    def stages(self) -> Mapping[str, object]:
        """What each stage of the compiler made of the script, by name, in order: text, tree, ..., object, artifact."""
        from ...compiler.pipeline import stages
        from ..host import LiveHost

        with explained(self.source):
            return dict(stages(self.source, LiveHost(), self.options))

    def emit(self, stage: str) -> str:
        """A stage as text, as `ply --emit STAGE` prints it (`c`, `llvm` and `asm` as well); raises UsageError."""
        from ..emit import show_stages

        stream = StringIO()
        with explained(self.source):
            show_stages(self.source, self.options, stage, stream)
        return stream.getvalue()

    def __repr__(self) -> str:
        return f"<Program {self.source.name}: {', '.join(map(str, self.probes))}>"


def compile(
    program: str | os.PathLike[str] | Program,
    *,
    parameters: Sequence[object] | None = None,
    map_entries: int | None = None,
    stack_entries: int | None = None,
    ring_size: int | None = None,
    backend: str | None = None,
    via: str | None = None,
    only_target: bool | None = None,
) -> Program:
    """Compile a script: program text, a path object for a file, or a `Program` to compile again with other options.

    `parameters` are `$1`, `$2`, ... of the script. `map_entries` is how many entries a map with keys has room for
    (10240), `stack_entries` how many different stacks are kept (16384), `ring_size` the buffer for events in bytes, a
    power of two (4 MiB). `backend` is `llvm` or `c`; `via` attaches in a certain way where that is possible;
    `only_target` limits all probes to the process `$target`. Compiled scripts are cached, as on the command line.

    Raises CompileError where the program is wrong, HostError where this machine cannot, UsageError for an argument
    that makes no sense, and OSError for a file that cannot be read.
    """
    if isinstance(parameters, str):
        raise wrong("parameters", "`parameters` is a list of the script's arguments, not a text", "as in `[1, 'dd']`")
    numbers = {"map_entries": map_entries, "stack_entries": stack_entries, "ring_bytes": _ring(ring_size)}
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise wrong("option-value", f"`{name}` is at least 1, not {value}")
    texts = None if parameters is None else tuple(map(str, parameters))
    wanted = {**numbers, "backend": backend, "via": via, "target": only_target, "parameters": texts}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if isinstance(program, Program) and not changes:
        return program
    source = program.source if isinstance(program, Program) else _source(program)
    changes["environment"] = environment(source.text)
    options = replace(program.options if isinstance(program, Program) else Options(), **changes)
    with explained(source):
        return Program(source, options, build(source, options).artifact)


def _ring(size: int | None) -> int | None:
    if size is not None and (size < 4096 or size & (size - 1)):
        raise wrong("option-value", f"`ring_size` is a power of two of at least 4096 bytes, not {size}")
    return size


def _source(program: str | os.PathLike[str]) -> Source:
    """Text is always a program; a file is named by a path object."""
    if isinstance(program, str):
        return Source("<program>", program)
    path = os.fspath(program)
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return Source(path, file.read())
