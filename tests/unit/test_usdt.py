"""Operands of probe notes: where an argument is, its size and sign; and what scripts make of them."""

import pytest
from hosts import HOSTS
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.compiler.registry import providers
from plytrace.compiler.usdt_operands import Fixed, InMemory, InRegister, Place, parse
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.source import Source

DISTANCES = {"table": 0x100, "far.1": -32}


@pytest.mark.parametrize(
    ("operand", "place"),
    [
        ("%rax", InRegister("ax")),
        ("%eax", InRegister("ax")),
        ("%ax", InRegister("ax")),
        ("%al", InRegister("ax")),
        ("%ah", InRegister("ax", 8)),
        ("%dil", InRegister("di")),
        ("%bpl", InRegister("bp")),
        ("%r8", InRegister("r8")),
        ("%r15d", InRegister("r15")),
        ("%r10w", InRegister("r10")),
        ("%r9b", InRegister("r9")),
        ("$5", Fixed(5)),
        ("$-5", Fixed(-5)),
        ("$0x10", Fixed(16)),
        ("(%rsp)", InMemory(0, "sp")),
        ("-16(%rbp)", InMemory(-16, "bp")),
        ("0x20(%r12)", InMemory(32, "r12")),
        ("8(%rax,%rdx)", InMemory(8, "ax", "dx")),
        ("8(%rax,%rdx,4)", InMemory(8, "ax", "dx", 4)),
        ("table(%rip)", InMemory(0x100, "ip")),
        ("table+8(%rip)", InMemory(0x108, "ip")),
        ("8+table(%rip)", InMemory(0x108, "ip")),
        ("far.1-4(%rip)", InMemory(-36, "ip")),
        ("table", InMemory(0x100, "ip")),
        ("unknown(%rip)", None),
        ("table(%rax)", None),
        ("%xmm0", None),
        ("%st(1)", None),
        ("8(%xmm1)", None),
        ("8(%rip)", None),
        ("8(%rax,%rdx,3)", None),
        ("$five", None),
        ("$", None),
        ("%fs:8", None),
        ("", None),
    ],
)
def test_places(operand: str, place: Place | None) -> None:
    (found,) = parse(f"8@{operand}", DISTANCES.get)
    assert found.place == place


def test_sizes_and_signs() -> None:
    found = parse("1@%al -2@%ax 4@%eax -8@%rax 8f@%xmm0 nonsense", DISTANCES.get)
    assert [(each.bits, each.signed) for each in found][:4] == [(8, False), (16, True), (32, False), (64, True)]
    assert [each.place is None for each in found] == [False] * 4 + [True] * 2
    assert parse("", DISTANCES.get) == ()


def code(program: str) -> str:
    with pytest.raises(PlyError) as caught:
        compile_source(Source("<program>", program), HOSTS["modern"], Options())
    return caught.value.diagnostics[0].code


def test_errors() -> None:
    assert code("usdt:libc { @.count() }") == "incomplete-probe"
    assert code("usdt:libc:longjmp { @.count() }") == "no-such-usdt"
    assert code("usdt:bash:x { @.count() }") == "no-such-usdt"
    assert code("usdt:absent:x { @.count() }") == "no-such-binary"
    assert code("usdt:libc:setjmp { @.sum(arg(3)) }") == "no-such-argument"
    assert code("usdt:libc:setjmp { @.sum(retval) }") == "not-offered"


def test_equal_operands_are_one_attachment() -> None:
    artifact = compile_source(Source("", "usdt:python3:function-entry { @.sum(arg2) }"), HOSTS["modern"], Options())
    places = [program.attachment for program in artifact.programs]
    assert [(place.offsets, place.counters) for place in places] == [((0x600,), (0x9000,)), ((0x640,), (0x9000,))]  # type: ignore[union-attr]


def test_listing() -> None:
    listing = providers()["usdt"].listing
    assert listing("libc", HOSTS["modern"]) == [("usdt:libc:libc:setjmp", "u64 arg0, s32 arg1, u64 arg2")]
    assert [probe for probe, _ in listing("python3:*gc*", HOSTS["modern"])] == ["usdt:python3:python:gc__done"]
    assert listing("*", HOSTS["modern"]) == []
