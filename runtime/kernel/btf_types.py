"""The kernel's types, one by one as they are asked for: BTF records -> the compiler's types and layouts.

    record("struct task_struct")   ->   RecordLayout("struct task_struct", 9792, (MemberLayout("pid", Int(32), 0), ...))

Layout of the records: Documentation/bpf/btf.rst. Names are found by libbpf, in C; only what is asked for is decoded.

Types of modules go on where the kernel's end, in each module anew. Here, a type of module number N (from one) has N in
the upper half of its number, and one of the kernel has zero there, whoever speaks of it.
"""

import ctypes
import struct
from collections.abc import Iterator
from functools import cache

from ...compiler.host import MemberLayout, Prototype, RecordLayout
from ...compiler.types import Array, Int, Pointer, Struct, Type
from . import btf, libbpf

_STRUCT, _UNION, _ENUM, _FWD, _TYPEDEF, _FUNC, _PROTO, _TYPE_TAG, _ENUM64 = 4, 5, 6, 7, 8, 12, 13, 18, 19
_THROUGH = frozenset({_TYPEDEF, 9, 10, 11, 17, _TYPE_TAG})
"""typedef, volatile, const, restrict and tags: what they are about is another type."""
_UNNAMED = "struct #"
_TAILS = {1: (4, 0), 3: (12, 0), _STRUCT: (0, 12), _UNION: (0, 12), _ENUM: (0, 8), _PROTO: (0, 8), 14: (4, 0),
          15: (0, 12), 17: (4, 0), _ENUM64: (0, 12)}  # fmt: skip
"""Bytes after the head of a record of a kind: so many, and so many for each of its parts."""


def record(name: str) -> RecordLayout | None:
    """The layout of `struct NAME` or `union NAME`; None where the kernel has no such type."""
    if name.startswith(_UNNAMED):
        number = int(name.removeprefix(_UNNAMED))
    else:
        keyword, _, bare = name.partition(" ")
        number = _find_anywhere(bare, _UNION if keyword == "union" else _STRUCT)
    return _layout(number, name) if number > 0 else None


def named(name: str) -> Type | None:
    """The type behind a typedef's name, or `enum NAME`."""
    kind = _ENUM if name.startswith("enum ") else _TYPEDEF
    number = _find_anywhere(name.removeprefix("enum "), kind)
    return _type(number) if number > 0 else None


@cache
def prototype(function: str) -> Prototype | None:
    """What a function takes and gives; None where the kernel has none of this name, or does not describe it."""
    return _of_function(_find(function, _FUNC))


def _of_function(number: int) -> Prototype | None:
    return _prototype(_at(number, _head(number)[4])) if number > 0 else None


@cache
def raw_tracepoint(name: str) -> Prototype | None:
    """What a raw tracepoint of the kernel or of a module gives, by `__traceiter_NAME`, which calls its programs
    (linux/tracepoint.h).

    Where that is not described, `btf_trace_NAME` has the types alone (include/trace/bpf_probe.h): arguments are then
    called `arg0`, `arg1`, ... The first parameter of both is not the tracepoint's own.
    """
    found = _of_function(_find_anywhere(f"__traceiter_{name}", _FUNC))
    if found is None:
        number = _find_anywhere(f"btf_trace_{name}", _TYPEDEF)
        found = _prototype(_resolved(_target(_resolved(number)))) if number > 0 else None
    if found is None:
        return None
    own = found.parameters[1:]
    return Prototype(tuple((given or f"arg{index}", kind) for index, (given, kind) in enumerate(own)))


_OF_ONE_MAP = frozenset({"bpf_map_elem", "bpf_sk_storage_map", "sockmap"})
"""Lists that have to be told which map is meant."""


@cache
def iterators() -> list[str]:
    """Names with a function `bpf_iter_NAME`, as made by `DEFINE_BPF_ITER_FUNC` (linux/bpf.h), and with a context."""
    known = (name for name in btf.iterators() if name not in _OF_ONE_MAP and _find(f"bpf_iter__{name}", _STRUCT) > 0)
    return [name for name in known if prototype(f"bpf_iter_{name}")]


def _prototype(number: int) -> Prototype:
    address, _, count, _, result = _head(number)
    parts = struct.iter_unpack("=II", ctypes.string_at(address, 8 * count))
    parameters = tuple((_text(number, name), _type(_at(number, kind))) for name, kind in parts)
    return Prototype(parameters, _type(_at(number, result)))


_MANY = 100
"""Names that libbpf may look for one by one: it goes through all types for each, which takes 0.2 ms."""


@cache
def _find(name: str, kind: int) -> int:
    if kind == _FUNC and _find.cache_info().misses > _MANY:
        return _functions().get(name.encode(), 0)
    return int(libbpf.library().btf__find_by_name_kind(btf.parsed(), name.encode(), kind))


@cache
def _find_anywhere(name: str, kind: int) -> int:
    """The kernel's own, or else that of the first module that has one."""
    found = _find(name, kind)
    if found > 0:
        return found
    for part in btf.modules_that_mention(name):
        own = int(libbpf.library().btf__find_by_name_kind(btf.of_module(part), name.encode(), kind))
        if own > 0:
            return part << _HALF | own
    return 0


_HALF = 32


def _handle(number: int) -> int:
    return btf.of_module(number >> _HALF) if number >> _HALF else btf.parsed()


def _at(number: int, reference: int) -> int:
    """The type that the record of another one refers to."""
    return number >> _HALF << _HALF | reference if reference >= btf.count() else reference


def _head(number: int) -> tuple[int, int, int, int, int]:
    """Address after the head, kind, number of parts, flag, and size or type of a record."""
    address = libbpf.library().btf__type_by_id(_handle(number), number & 0xFFFFFFFF)
    _, info, size = struct.unpack("=III", ctypes.string_at(address, 12))
    return address + 12, info >> 24 & 0x1F, info & 0xFFFF, info >> 31, size


def _target(number: int) -> int:
    """What a pointer, a typedef and the like are about."""
    return _at(number, _head(number)[4])


def _name(number: int) -> str:
    address = libbpf.library().btf__type_by_id(_handle(number), number & 0xFFFFFFFF)
    return _text(number, *struct.unpack("=I", ctypes.string_at(address, 4)))


def _text(number: int, offset: int) -> str:
    found: bytes = libbpf.library().btf__name_by_offset(_handle(number), offset)
    return found.decode()


@cache
def _type(number: int) -> Type | None:
    """The compiler's type; None for void and for what it has none."""
    if number == 0:
        return None
    address, kind, _, flag, size = _head(number)
    match kind:
        case 1:
            (encoding,) = struct.unpack("=I", ctypes.string_at(address, 4))
            return Int(encoding & 0xFF, signed=bool(encoding >> 24 & 1))
        case 2:
            target = _at(number, size)
            return Pointer(None if _is_opaque(target) else _type(target), "user" if _is_user(target) else "")
        case 3:
            item, _, length = struct.unpack("=III", ctypes.string_at(address, 12))
            inner = _type(_at(number, item))
            return Array(inner, length) if inner else None
        case 4 | 5:
            name = _name(number)
            return Struct(f"{'union' if kind == _UNION else 'struct'} {name}" if name else f"{_UNNAMED}{number}")
        case 6 | 19:
            return Int(8 * size, signed=bool(flag))
        case 16:
            return Int(8 * size, signed=False)
        case _ if kind in _THROUGH:
            return _type(_at(number, size))
    return None


def _is_opaque(number: int) -> bool:
    """Whether a pointer's target has no layout here: void, a forward declaration, a function."""
    while number:
        kind = _head(number)[1]
        if kind not in _THROUGH:
            return kind in (_FWD, _FUNC, _PROTO)
        number = _target(number)
    return True


def _is_user(number: int) -> bool:
    """Whether the target is tagged as user memory (`__user`, where the compiler that built the kernel keeps it)."""
    return bool(number) and _head(number)[1] == _TYPE_TAG and _name(number) == "user"


@cache
def _layout(number: int, name: str) -> RecordLayout:
    return RecordLayout(name, _head(number)[4], tuple(_members(number, 0)))


def _members(number: int, start: int) -> Iterator[MemberLayout]:
    """The members of a struct that begins `start` bits into another, those of unnamed structs as its own."""
    address, _, count, flag, _ = _head(number)
    for name, kind, place in struct.iter_unpack("=III", ctypes.string_at(address, 12 * count)):
        offset, bits = (place & 0xFFFFFF, place >> 24) if flag else (place, 0)
        text = _text(number, name)
        if not text:
            yield from _members(_resolved(_at(number, kind)), start + offset)
            continue
        inner = _type(_at(number, kind))
        if inner is not None:
            yield MemberLayout(text, inner, start + offset, bits)


def _resolved(number: int) -> int:
    while True:
        if _head(number)[1] not in _THROUGH:
            return number
        number = _target(number)


@cache
def enumerator(name: str) -> int | None:
    """The value of a constant of any of the kernel's enums; goes through all types, where the name exists at all."""
    offset = btf.string_offset(name)
    if not offset:
        return None
    types = btf.type_section()
    position = 0
    while position < len(types):
        _, info, _ = struct.unpack_from("=III", types, position)
        kind, count = info >> 24 & 0x1F, info & 0xFFFF
        position += 12
        fixed, each = _TAILS.get(kind, (0, 0))
        end = position + fixed + each * count
        if kind in (_ENUM, _ENUM64):
            value = _value(types[position:end], kind, bool(info >> 31), offset)
            if value is not None:
                return value
        position = end
    return None


@cache
def _functions() -> dict[bytes, int]:
    """The numbers of all functions of the kernel by name: 60 to 100 ms."""
    types, text = btf.type_section(), btf.text_at
    heads, kinds = struct.Struct("=II").unpack_from, [_TAILS.get(kind, (0, 0)) for kind in range(32)]
    found: dict[bytes, int] = {}
    position, number = 0, 1
    while position < len(types):
        name, info = heads(types, position)
        if info >> 24 & 0x1F == _FUNC:
            found[text(name)] = number
        fixed, each = kinds[info >> 24 & 0x1F]
        position += 12 + fixed + each * (info & 0xFFFF)
        number += 1
    return found


def _value(parts: bytes, kind: int, signed: bool, offset: int) -> int | None:
    """The value of the enumerator whose name is at `offset`, if it is one of these."""
    if kind == _ENUM:
        for name, value in struct.iter_unpack("=Ii", parts):
            if name == offset:
                return int(value) if signed else int(value) & 0xFFFFFFFF
    else:
        for name, low, high in struct.iter_unpack("=III", parts):
            if name == offset:
                return int(low) | int(high) << 32
    return None
