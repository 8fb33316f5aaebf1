"""The quick dataclasses do what those of the standard library do."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plytrace.grammar import frozen

Kind = Callable[..., Any]
VALUES = st.sampled_from([0, 1, -1, "", "a", None, (0,), (1, "b")])


def pair(names: list[str], defaults: list[object]) -> tuple[Kind, Kind]:
    """One class as the standard library makes it, and one as we do."""
    space: dict[str, Any] = {"__annotations__": dict.fromkeys(names, "object"), "__qualname__": "Made"}
    space |= dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    theirs = dataclasses.dataclass(frozen=True, slots=True)(type("Made", (), dict(space)))
    return theirs, frozen.dataclass(frozen=True, slots=True)(type("Made", (), dict(space)))


@given(st.data(), st.integers(0, 4))
def test_built_shown_compared_and_hashed_alike(data: st.DataObject, count: int) -> None:
    names = [f"f{number}" for number in range(count)]
    theirs, ours = pair(names, data.draw(st.lists(VALUES, max_size=count)))
    made = []
    for _ in range(2):
        chosen = data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))
        named = {name: data.draw(VALUES) for name in chosen}
        both = [attempt(kind, named) for kind in (theirs, ours)]
        assert (both[0] is None) == (both[1] is None)
        if both[0] is None:
            return
        assert repr(both[0]) == repr(both[1])
        made.append(both)
    (a, b), (c, d) = made
    assert (a == c) == (b == d)
    assert (hash(a) == hash(c)) == (hash(b) == hash(d))
    assert b != a


def attempt(kind: Kind, named: dict[str, object]) -> Any:
    try:
        return kind(**named)
    except TypeError:
        return None


@frozen.dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 2
    ORIGIN = 0


@frozen.dataclass(frozen=True, slots=True)
class Named(Point):
    """A place with a name."""

    name: str = ""

    def __repr__(self) -> str:
        return self.name


def test_fields_come_in_order_the_base_class_first() -> None:
    assert [field.name for field in frozen.fields(Named)] == ["x", "y", "name"]
    assert Named(1, 3, "a") == Named(x=1, name="a", y=3)
    assert repr(Named(1, 2, "a")) == "a" and repr(Point(1)) == "Point(x=1, y=2)"
    assert isinstance(Named(1), Point) and Named(1) != Point(1)
    assert Point.__doc__ == "A place." and Point.ORIGIN == 0


def test_nothing_can_be_set() -> None:
    point = Point(1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError):
            setattr(point, name, 5)
    with pytest.raises(AttributeError):
        del point.x
    assert not hasattr(point, "__dict__")


def test_values_that_are_missing_or_too_many_are_refused() -> None:
    for values, named in (((), {}), ((1, 2, 3), {}), ((1,), {"z": 1}), ((1,), {"x": 1})):
        with pytest.raises(TypeError):
            Point(*values, **named)


def test_replaced_matched_copied_and_pickled() -> None:
    point = frozen.replace(Point(1), y=5)
    match point:
        case Point(x, y=y):
            assert (x, y) == (1, 5)
    assert copy.deepcopy(point) == point == pickle.loads(pickle.dumps(point))
    assert dataclasses.replace(point, y=6) == Point(1, 6) and dataclasses.is_dataclass(Point)
    assert [field.default for field in dataclasses.fields(point)] == [dataclasses.MISSING, 2]
    assert frozen.is_dataclass(point) and frozen.is_dataclass(Point) and not frozen.is_dataclass(3)
