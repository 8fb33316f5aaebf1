"""Artifacts as bytes and back: frozen dataclasses of a closed list, tuples, numbers, texts and bytes, nothing else.

A digest stands before them: bytes that were not written here, or were damaged, are not even looked at. Reading can
build only these classes, so it gives a value or None, and never code that runs.
"""

import marshal
from typing import Any

from ..compiler import artifact, attachment, effects, schema, types
from ..grammar.frozen import fields, is_dataclass
from .digest import blake2b

CLASSES = {
    name: kind
    for module in (artifact, attachment, effects, schema, types)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind)
}
_NAMES: dict[type, list[str]] = {kind: [field.name for field in fields(kind)] for kind in CLASSES.values()}


_DIGEST = 16


def to_plain(value: object) -> bytes:
    """The bytes of a value."""
    plain: Any = _flatten(value)
    content = marshal.dumps(plain)
    return _digest(content) + content


def from_plain(content: bytes) -> object:
    """The value, or None if these are not the bytes of one."""
    digest, content = content[:_DIGEST], content[_DIGEST:]
    if digest != _digest(content):
        return None
    try:
        return _build(marshal.loads(content))
    except (ValueError, EOFError, TypeError, KeyError):
        return None


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST, person=b"plytrace").digest()


def _flatten(value: object) -> object:
    """A dataclass becomes a list of its name and its fields; a tuple stays one."""
    if isinstance(value, tuple):
        return tuple(_flatten(item) for item in value)
    names = _NAMES.get(type(value))
    if names is not None:
        return [type(value).__name__, *(_flatten(getattr(value, name)) for name in names)]
    assert value is None or isinstance(value, int | str | bytes), f"{type(value)} is not plain"
    return value


def _build(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_build(item) for item in value)
    if isinstance(value, list):
        name, *parts = value
        return CLASSES[name](*(_build(part) for part in parts))
    return value
