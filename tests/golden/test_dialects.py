"""The older dialect, the newer one and the block in angle brackets are one language: the same artifact."""

import re
from dataclasses import replace

import pytest
from hosts import MODERN
from plytrace.compiler.artifact import Artifact
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import stages
from plytrace.grammar.source import Source

SAME = [
    ("kprobe:SyS_read { @.count() }", "kprobe:SyS_read { @ = count() }"),
    ("kprobe:SyS_read { @[pid()].count() }", "kprobe:SyS_read { @[pid] = count(); }"),
    ("kprobe:SyS_read { @[comm(), pid()].quantize(arg(2)) }", "k:SyS_read { @[comm, pid] = quantize(arg2) }"),
    ("kretprobe:sys_read { @.sum(retval()) }", "kr:sys_read { @ = sum(retval) }"),
    ("kprobe:SyS_read / (arg(2) > 1024) / { @.count(); }", "kprobe:SyS_read /arg2>1024/ < @ = count() >"),
    ("kprobe:SyS_read { @[tid()] = 1; @[tid()] = nil }", "kprobe:SyS_read { @[tid] = 1; delete @[tid] }"),
    ("kprobe:SyS_read { @[tid()] = 1; @[tid()] = nil }", "kprobe:SyS_read { @[tid] = 1; delete(@[tid]); }"),
    ("trace:sched/sched_switch { @.count() }", "t:sched:sched_switch { @ = count() }"),
    ("i:1s { print(@); clear(@) } BEGIN { @.count() }", "interval:1s { print(@); clear(@); } BEGIN < @ = count(); >"),
    ("p:99hz { @[stack()].count() }", "profile:99hz { @[stack] = count() }"),
    ("BEGIN { exit() }", "BEGIN # now\n{ /* at once */ exit(); } // over"),
]


@pytest.mark.parametrize(("older", "newer"), SAME, ids=lambda text: text)
def test_same_artifact(older: str, newer: str) -> None:
    assert meaning(older) == meaning(newer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kprobe:SyS_read { @.count() }", "kprobe:SyS_write { @.count() }"),
        ("kprobe:SyS_read / arg2 > 1 / { @.count() }", "kprobe:SyS_read / arg2 > 2 / { @.count() }"),
        ("kprobe:SyS_read { @.sum(arg1) }", "kprobe:SyS_read { @.sum(arg2) }"),
    ],
)
def test_what_differs_is_seen(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


def meaning(text: str) -> tuple[Artifact, str]:
    """The artifact and its code, without what quotes the script: its text, spellings of probes, places of lines."""
    results = dict(stages(Source("<program>", text), MODERN, Options()))
    artifact, ir = results["artifact"], results["ir"]
    assert isinstance(artifact, Artifact)
    assert isinstance(ir, str)
    bare = replace(
        artifact,
        source_text="",
        object=b"",
        programs=tuple(replace(entry, probes=(), lines=()) for entry in artifact.programs),
        probes=tuple(replace(entry, text="", provider="", siblings=()) for entry in artifact.probes),
    )
    code = "\n".join(line for line in ir.splitlines() if not line.startswith("!"))
    return bare, re.sub(r", !dbg !\d+| !dbg !\d+", "", code)
