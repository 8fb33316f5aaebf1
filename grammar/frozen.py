"""Frozen dataclasses that cost little to define: `from ..grammar.frozen import dataclass`.

The standard library writes source code for each class and compiles it: 0.7 ms a class at every start, 9 ms more to
import `dataclasses` itself. Here the methods are closures that all classes share in kind. Type checkers are shown the
real thing, which this does the same as, within what the first assertion allows:

    @dataclass(frozen=True, slots=True)
    class Span:
        start: int
        end: int
"""

from collections.abc import Callable
from operator import attrgetter

TYPE_CHECKING = False  # as `typing` has it, which need not be imported for that
if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import fields as fields
    from dataclasses import is_dataclass as is_dataclass
    from dataclasses import replace as replace
    from typing import Any

    Class = Any


class _Field:
    """What is known of a field, under the names that `dataclasses` has for it."""

    __slots__ = ("default", "name")

    def __init__(self, name: str, default: object) -> None:
        self.name, self.default = name, default


_MISSING = object()
"""The default of a field that has none."""


class _ForTheLibrary:
    """The attribute by which `dataclasses` knows its own: made when somebody asks it about one of our classes."""

    def __get__(self, instance: object, owner: "Class") -> object:
        import dataclasses

        given = [
            (it.name, object) if it.default is _MISSING else (it.name, object, dataclasses.field(default=it.default))
            for it in owner._fields_
        ]
        return {field.name: field for field in dataclasses.fields(dataclasses.make_dataclass(owner.__name__, given))}


def _dataclass(*, frozen: bool, slots: bool) -> "Callable[[Class], Class]":
    """The class once more, with a slot for each annotation, compared and hashed by them all, and never changed."""
    assert frozen and slots, "others are rare enough for the standard library"
    return _define


def _define(plain: "Class") -> "Class":
    space = dict(plain.__dict__)
    del space["__dict__"], space["__weakref__"]
    inherited = {field.name: field for field in getattr(plain, "_fields_", ())}
    annotations = space.get("__annotations__", {})
    own = {name: _Field(name, space.pop(name, _MISSING)) for name in annotations}
    every = {**inherited, **own}
    names = tuple(every)
    space |= {
        "__slots__": tuple(name for name in own if name not in inherited),
        "__match_args__": names,
        "__dataclass_fields__": _ForTheLibrary(),
        "_fields_": tuple(every.values()),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
    }
    values = _values(names)
    space.setdefault("__repr__", _repr)
    space.setdefault("__eq__", _equality(values))
    space.setdefault("__hash__", lambda self: hash(values(self)))
    made: Class = type(plain)(plain.__name__, plain.__bases__, space)
    made.__init__ = _initialiser(made, tuple(every.values()))
    return made


def _values(names: tuple[str, ...]) -> "Callable[[Any], object]":
    """A function from an instance to what is compared and hashed."""
    return attrgetter(*names) if names else lambda self: ()


def _equality(values: "Callable[[Any], object]") -> "Callable[[Any, object], bool]":
    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return equal


def _initialiser(made: "Class", every: tuple[_Field, ...]) -> Callable[..., None]:
    """Values go straight to their slots: the class itself refuses to have attributes set."""
    put = tuple(getattr(made, field.name).__set__ for field in every)
    count = len(put)

    def initialise(self: object, *values: object, **named: object) -> None:
        if named or len(values) != count:
            values = _complete(made, every, values, named)
        for one, value in zip(put, values):  # noqa: B905 (as long as each other: checked above)
            one(self, value)

    return initialise


def _complete(
    made: "Class", every: tuple[_Field, ...], values: tuple[object, ...], named: dict[str, object]
) -> tuple[object, ...]:
    """The values of all fields: those in order, those by name, defaults; TypeError as a function raises it."""
    if len(values) > len(every):
        raise TypeError(f"{made.__name__} takes {len(every)} values, not {len(values)}")
    found = list(values)
    for field in every[len(values) :]:
        if field.name in named:
            found.append(named.pop(field.name))
        elif field.default is not _MISSING:
            found.append(field.default)
        else:
            raise TypeError(f"{made.__name__} needs a value for {field.name!r}")
    if named:
        raise TypeError(f"{made.__name__} got unexpected values for {', '.join(named)}")
    return tuple(found)


def _refuse(self: object, name: str, *value: object) -> None:
    raise AttributeError(f"cannot assign to or delete field {name!r} of {type(self).__name__}")


def _repr(self: object) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in _names(self))
    return f"{type(self).__qualname__}({inside})"


def _reduce(self: object) -> tuple[object, ...]:
    return type(self), tuple(getattr(self, name) for name in _names(self))


def _names(item: "Any") -> tuple[str, ...]:
    names: tuple[str, ...] = item.__match_args__
    return names


def _fields(item: "Any") -> tuple[object, ...]:
    """The fields of a dataclass or of an instance, in order; each has at least `name` and `default`."""
    found: tuple[object, ...] = item._fields_
    return found


def _is_dataclass(item: object) -> bool:
    """Whether this is a dataclass or an instance of one."""
    return hasattr(item if isinstance(item, type) else type(item), "_fields_")


def _replace(item: object, /, **changes: object) -> object:
    """The same with other values for some fields."""
    return type(item)(**{name: getattr(item, name) for name in _names(item)} | changes)


if not TYPE_CHECKING:
    dataclass, fields, is_dataclass, replace = _dataclass, _fields, _is_dataclass, _replace
