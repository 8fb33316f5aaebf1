"""Records from the kernel become values by their schema."""

import struct
import sys
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.artifact import Artifact, StateLayout
from plytrace.compiler.schema import Field
from plytrace.compiler.types import Bytes, Int, Shown, Str, Tuple, Type, slot_size
from plytrace.compiler.values import Fault, Frame, Value
from plytrace.compiler.world import World
from plytrace.runtime.decode import decoder
from plytrace.runtime.symbols import KernelSymbols
from plytrace.runtime.world import LiveWorld

STACKS = {7: struct.pack("=4Q", 0x1010, 0x1020, 0, 0), 8: struct.pack("=2Q", 0x1010, 0x1020)}


ARTIFACT = Artifact("x.ply", "", b"", (), (), (), (), (), ("zero", "one"), StateLayout(3, 3, 3))
WORLD = LiveWorld(ARTIFACT, KernelSymbols(lambda: b"0000000000001000 T start\n"), STACKS.get)


@pytest.fixture
def world() -> LiveWorld:
    return WORLD


def fields(*types: Type, start: int = 0) -> tuple[Field, ...]:
    offsets = [start + sum(map(slot_size, types[:index])) for index in range(len(types))]
    return tuple(Field(f"f{offset}", kind, offset) for kind, offset in zip(types, offsets, strict=True))


def test_a_string_and_a_number(world: LiveWorld) -> None:
    record = b"dd".ljust(16, b"\0") + struct.pack("=q", 1021)
    assert decoder(fields(Str(16), Int(32)), world)(record) == ("dd", 1021)


def test_fields_after_a_header_and_a_gap(world: LiveWorld) -> None:
    record = memoryview(bytes(16) + struct.pack("=q", -3) + bytes(8) + b"abc\0\0\0\0\0")
    assert decoder((Field("a", Int(), 16), Field("b", Str(4), 32)), world)(record) == (-3, "abc")


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1), st.binary(max_size=20))
def test_extremes_and_any_bytes(signed: int, unsigned: int, raw: bytes) -> None:
    record = struct.pack("=qQ24s", signed, unsigned, raw)
    number, other, memory = decoder(fields(Int(64), Int(64, signed=False), Bytes(20)), WORLD)(record)
    assert (number, other, memory) == (signed, unsigned, raw.ljust(20, b"\0"))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_any_text(text: str) -> None:
    raw = text.encode()
    kind = Str(len(raw) + 1)
    assert decoder(fields(kind), WORLD)(raw.ljust(slot_size(kind), b"\0")) == (text,)


def test_strings_that_are_cut_empty_or_not_utf8(world: LiveWorld) -> None:
    decode = decoder(fields(Str(8)), world)
    assert decode(b"1234567\0") == ("1234567",)
    assert decode(b"1234567\1") == ("1234567…",)
    assert decode(bytes(8)) == ("",)
    assert decode(b"a\xffb\0res\0") == ("a\udcffb",)


def test_a_faulted_read_is_not_an_empty_string(world: LiveWorld) -> None:
    assert decoder(fields(Str(8)), world)(b"\0\xff\0\0\0\0\0\0") == (Fault(),)


def test_tuples_nest(world: LiveWorld) -> None:
    kind = Tuple((Int(), Tuple((Str(6), Int()))))
    record = struct.pack("=qq8sqq", 9, 1, b"ab", 2, 8)
    assert decoder(fields(Int(), kind, Int()), world)(record) == (9, (1, ("ab", 2)), 8)


def test_functions_show_what_is_stored(world: LiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(raw: int | str | bytes, world: World) -> Value:
        return world.string(raw) if isinstance(raw, int) else f"<{raw!r}>"

    name = "plytrace.compiler.functions.shouted"
    module = ModuleType(name)
    monkeypatch.setattr(module, "render", render, raising=False)
    monkeypatch.setitem(sys.modules, name, module)
    decode = decoder(fields(Shown(Int(), "shouted"), Shown(Str(8), "shouted"), Shown(Str(8), "shouted")), world)
    assert decode(struct.pack("=q8s8s", 1, b"x", b"\0\xff")) == ("one", "<'x'>", Fault())


def test_short_records_are_refused(world: LiveWorld) -> None:
    with pytest.raises(struct.error):
        decoder(fields(Int(), Int()), world)(bytes(8))


def test_stacks_end_at_the_first_zero(world: LiveWorld) -> None:
    assert world.stack_frames(7) == world.stack_frames(8) == (0x1010, 0x1020)
    assert world.stack_frames(9) is None
    assert world.stack_frames(-14) is None
    assert world.stack_frames(2**64 - 14) is None


def test_the_world_names_things(world: LiveWorld) -> None:
    assert world.string(0) == "zero"
    assert world.kernel_frame(0x1010) == Frame(0x1010, "start", 0x10)
    assert world.syscall_name(0) == "read"
    assert world.syscall_name(99999) == "99999"
