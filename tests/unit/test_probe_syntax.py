"""Where a probe ends, where a predicate ends: both take nearly any text."""

import pytest
from plytrace.grammar.parser import Token, Tree, parse
from plytrace.grammar.source import Source


def shape(node: Tree[Token] | Token) -> str:
    if isinstance(node, Token):
        return str(node)
    return f"{node.data}({' '.join(shape(child) for child in node.children)})"


def tree(text: str) -> str:
    return shape(parse(Source("<program>", text)))


@pytest.mark.parametrize(
    "probe",
    [
        "kprobe:SyS_*",
        "BEGIN",
        "END",
        "tracepoint:sched/sched_switch",
        "tracepoint:sched:sched_switch",
        "tracepoint:sched/*",
        "profile:99hz",
        "interval:1s",
        "kprobe:vfs_read+0x10",
        "kprobe:[a-c]?_x.isra.0",
        "uprobe:/usr/lib/lib*.so:malloc",
        'uprobe:"/a b/c,d":main',
        'uprobe:"/a\\"b/x":main',
        "uprobe:./a-b@2:f$1",
        "uprobe:/bin/x:operator==",
        "uprobe:/opt/a/b",
        "usdt:$target:x:y",
        "syscall::read:entry",
        "kprobe:a#b",
    ],
)
def test_probe_is_one_token(probe: str) -> None:
    for rest in ("{}", " { }", "\n{ }", " / pid / { }", " < >", " if (pid) f();", " # comment\n{ }"):
        if probe not in ("BEGIN", "END") or rest != "{}":
            assert tree(probe + rest).startswith(f"program(clause(probes({probe})")
    assert tree(f"{probe}, {probe},{probe} {{}}").startswith(f"program(clause(probes({probe} {probe} {probe})")


@pytest.mark.parametrize(
    ("program", "probe"),
    [
        ("kprobe:SyS_read/arg(2)>1024/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/arg(2) > 1024/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/(arg(2)>1024)/{ }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/pid==3/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/!pid/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/ pid / { }", "kprobe:SyS_read"),
        ('kprobe:SyS_read/comm=="a b"/ { }', "kprobe:SyS_read"),
        ("tracepoint:sched/sched_switch/pid==3/ { }", "tracepoint:sched/sched_switch"),
        ("uprobe:/bin/bash:readline/pid==3/ { }", "uprobe:/bin/bash:readline"),
    ],
)
def test_predicate_glued_to_a_probe(program: str, probe: str) -> None:
    assert tree(program).startswith(f"program(clause(probes({probe}) predicate(")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("/ arg(2) / 2 > 3 / {}", "chain(call(arg 2) / 2 > 3)"),
        ("/pid/{}", "pid"),
        ("/ a / b / <>", "chain(a / b)"),
        ("/ a / # { comment\n {}", "a"),
        ("/ a / /* if */ if (b) f()", "a"),
        ("/ a /\n// <\n\t<>", "a"),
        ("/ a / iffy / {}", "chain(a / iffy)"),
        ("/ a > b / {}", "chain(a > b)"),
        ("/ a >> 1 / <>", "chain(a >> 1)"),
        ("/ (a / b) / {}", "group(chain(a / b))"),
        ("/ a ? b > c:d / {}", "ternary(a chain(b > c) d)"),
    ],
)
def test_end_of_a_predicate(predicate: str, expected: str) -> None:
    assert tree(f"kprobe:x {predicate}").startswith(f"program(clause(probes(kprobe:x) predicate({expected}) ")
