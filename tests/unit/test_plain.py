"""Artifacts as bytes: they survive the way there and back, and bytes that are none give None, whatever they are."""

import marshal
import pickle
import resource
import sys
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from hosts import BARE, MODERN, OLD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plytrace.compiler.artifact import Artifact
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.source import Source
from plytrace.runtime.plain import CLASSES, from_plain, to_plain


def any_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """A class with whatever its annotations allow."""
    return st.builds(kind, **{name: st.from_type(hint) for name, hint in get_type_hints(kind).items()})


for known in CLASSES.values():
    st.register_type_strategy(known, any_of)

PROGRAMS = [
    "kretprobe:SyS_read { @.quantize(retval()) }",
    'kprobe:SyS_open { printf("%16s(%5d): %s\\n", comm(), pid(), mem(arg(0), "128s")) }',
    "kprobe:SyS_* { @[func(), comm].count() } END { print(@) }",
    "tracepoint:sched:sched_switch { @[stack()].count() } interval:1s { clear(@); exit(3) }",
    'BEGIN { @["a\\xff", 1] = "\\n" } profile:99hz { @n.sum(-1) } kprobe:SyS_*at { @at.count() }',
]
ARTIFACTS = [
    compile_source(Source("<program>", text), host, Options()) for text in PROGRAMS for host in (MODERN, OLD, BARE)
]
SMALLEST = min(ARTIFACTS, key=lambda artifact: len(to_plain(artifact)))
MEMORY = 1 << 32


@pytest.fixture(autouse=True, scope="module")
def bounded_memory() -> Iterator[None]:
    """A damaged length must not take the machine's memory: whoever asks for that much gets a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


class Watch:
    """What the interpreter was asked to do while `active`, by its audit hooks; they can never be removed."""

    def __init__(self) -> None:
        self.active = False
        self.seen: list[str] = []
        sys.addaudithook(self.note)

    def note(self, event: str, _: tuple[object, ...]) -> None:
        if self.active and event in ("exec", "compile", "import", "open", "os.system", "subprocess.Popen", "os.fork"):
            self.seen.append(event)


WATCH = Watch()


def read(content: bytes) -> object:
    """`from_plain`, which must neither raise nor do anything else."""
    WATCH.seen.clear()
    WATCH.active = True
    try:
        return from_plain(content)
    finally:
        WATCH.active = False
        assert WATCH.seen == []


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda artifact: artifact.source_text)
def test_an_artifact_survives(artifact: Artifact) -> None:
    assert read(to_plain(artifact)) == artifact


@given(st.from_type(Artifact))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=15)
def test_any_artifact_survives(artifact: Artifact) -> None:
    assert read(to_plain(artifact)) == artifact


@given(st.binary())
def test_random_bytes_are_no_artifact(content: bytes) -> None:
    assert not isinstance(read(content), Artifact)


@st.composite
def damaged(draw: Any) -> bytes:
    """An artifact's bytes with one to three of them changed, left out or put in, or cut short."""
    content = bytearray(to_plain(SMALLEST))
    for _ in range(draw(st.integers(1, 3))):
        last = max(0, len(content) - 1)
        place = draw(st.integers(0, last) | st.integers(0, min(400, last)))
        taken = draw(st.sampled_from([0, 1, 1, 1, 4, len(content)]))
        content[place : place + taken] = draw(st.binary(max_size=4))
    return bytes(content)


@given(damaged())
@settings(deadline=None, max_examples=150)
def test_damaged_bytes_are_no_artifact(content: bytes) -> None:
    assert read(content) is None or content == to_plain(SMALLEST)


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return sys.exit, (7,)


FOREIGN = {
    "nothing": b"",
    "text": b"#!/bin/sh\nexit 7\n",
    "pickle": pickle.dumps(Bomb()),
    "code": marshal.dumps(compile("import os; os._exit(7)", "", "exec")),
    "call": marshal.dumps(["Exit", 1, 2, 3]),
    "other class": marshal.dumps(["Popen", ("sh", "-c", "exit 7")]),
    "no name": marshal.dumps([]),
    "list as name": marshal.dumps([[], 1]),
    "dictionary": marshal.dumps({"object": b""}),
    "too few fields": marshal.dumps(["Artifact", "x"]),
    "wrong types": marshal.dumps(["Artifact", *(7.5 for _ in range(len(Artifact.__dataclass_fields__)))]),
    "enormous": b"\xdb\xff\xff\xff\x7f",
    "enormous tuple": b"(\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("content", [pytest.param(FOREIGN[name], id=name) for name in FOREIGN])
def test_foreign_bytes_are_no_artifact(content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("depth", [10, 400, 1500])
def test_nested_bytes_are_no_artifact(depth: int) -> None:
    nested: object = ()
    for _ in range(depth):
        nested = (nested,)
    assert not isinstance(read(marshal.dumps(nested)), Artifact)
