"""One schema a map, inferred over the whole script; a disagreement is an error that shows both places.

@[pid].count() ... @[comm].count()   ->   error[map-keys-differ], with both spans
"""

from ..grammar.diagnostic import Diagnostic, Label
from ..grammar.frozen import dataclass, replace
from ..grammar.source import Span
from .refusal import Disagreement, Follows
from .schema import Field, MapKind, MapSchema
from .types import U64, Int, Pointer, Shown, Str, Tuple, Type, describe, slot_size


@dataclass(frozen=True, slots=True)
class Use:
    """What one place of the script says about a map; None is silence."""

    span: Span
    keys: tuple[Type, ...] | None = None
    names: tuple[str, ...] = ()
    value: Type | None = None
    aggregation: str = ""
    parameters: tuple[int, ...] = ()
    words: int = 0


def unify(first: Type, second: Type) -> Type | None:
    """The type that holds values of both, None where there is none."""
    match first, second:
        case Int(), Int():
            if first.bits == second.bits and first.signed == second.signed:
                return first if first.unit == second.unit else replace(first, unit="")
            signed = first.signed or second.signed
            return Int(64, signed, first.unit if first.unit == second.unit else "")
        case Str(), Str():
            return first if first.size >= second.size else second
        case Shown(), Shown() if first.by == second.by:
            return first if slot_size(first) >= slot_size(second) else second
        case Pointer(), Pointer():
            return first if first.target == second.target else Int(64, signed=False)
        case Tuple(items=one), Tuple(items=other) if len(one) == len(other):
            merged = [unify(*pair) for pair in zip(one, other, strict=True)]
            return None if None in merged else Tuple(tuple(item for item in merged if item is not None))
    return first if first == second else None


class MapTable:
    """What is known of each map so far; `add` learns from a place, or raises Disagreement."""

    def __init__(self) -> None:
        self.uses: dict[str, Use] = {}
        self.declared: dict[str, tuple[str, int]] = {}
        self.guessed, self.guesses = False, False

    def unknown(self, name: str) -> Type:
        """For a value of which nothing is known yet.

        First what needs it has to wait, then it is a number: of `@n = @n + 1` alone nothing more would ever be known.
        """
        self.guessed = True
        if not self.guesses:
            raise Follows()
        return U64

    def add(self, name: str, use: Use) -> None:
        """Learn what a place says."""
        known = self.uses.get(name)
        self.uses[name] = use if known is None else self._merged(name, known, use)

    def _merged(self, name: str, known: Use, use: Use) -> Use:
        keys = self._keys(name, known, use)
        if known.value is None or use.value is None:
            source = known if known.value is not None else use
            first = replace(known, span=known.span if known.value is not None else use.span)
            return replace(first, keys=keys, names=known.names or use.names, value=source.value, words=source.words,
                           aggregation=source.aggregation, parameters=source.parameters)  # fmt: skip
        if (known.aggregation, known.parameters) != (use.aggregation, use.parameters):
            kinds = [f"`{it.aggregation}`" if it.aggregation else "a plain value" for it in (known, use)]
            raise self._differ(name, "map-values-differ", known, use, *kinds)
        value = unify(known.value, use.value)
        if value is None:
            raise self._differ(name, "map-values-differ", known, use, describe(known.value), describe(use.value))
        return replace(known, keys=keys, value=value, words=max(known.words, use.words))

    def _keys(self, name: str, known: Use, use: Use) -> tuple[Type, ...] | None:
        if known.keys is None or use.keys is None:
            return known.keys if use.keys is None else use.keys
        merged = [unify(one, other) for one, other in zip(known.keys, use.keys, strict=False)]
        if len(known.keys) != len(use.keys) or None in merged:
            shown = [f"[{', '.join(map(describe, it))}]" if it else "no key" for it in (known.keys, use.keys)]
            raise self._differ(name, "map-keys-differ", known, use, *shown)
        return tuple(kind for kind in merged if kind is not None)

    def _differ(self, name: str, code: str, known: Use, use: Use, first: str, second: str) -> Disagreement:
        what = "key" if code == "map-keys-differ" else "value"
        return Disagreement(
            Diagnostic(
                code,
                f"map {name} has {second} as its {what} here, but {first} elsewhere",
                use.span,
                help="use another name for one of them: each map has one kind of key and one kind of value",
                labels=(Label(known.span, f"{first} here"),),
            )
        )

    def schemas(self, entries: int) -> tuple[MapSchema, ...]:
        """The layout of all maps whose keys and values are known."""
        return tuple(
            _schema(name, index, use, *self.declared.get(name, ("hash", entries)))
            for index, (name, use) in enumerate(self.uses.items())
            if use.keys is not None and use.value is not None
        )


KINDS = ("hash", "lru")
"""Kinds of maps that a script may ask for; aggregations have the per-CPU form of each."""


def _schema(name: str, index: int, use: Use, asked: str, entries: int) -> MapSchema:
    assert use.keys is not None and use.value is not None
    offset, keys = 0, []
    for label, kind in zip(use.names, use.keys, strict=True):
        keys.append(Field(label, kind, offset))
        offset += slot_size(kind)
    scalar = bool(use.aggregation) and not keys
    kind_of_map: MapKind = "percpu_array"
    if not scalar and asked == "lru":
        kind_of_map = "lru_percpu_hash" if use.aggregation else "lru_hash"
    elif not scalar:
        kind_of_map = "percpu_hash" if use.aggregation else "hash"
    return MapSchema(
        name=name,
        symbol=f"map{index}" + "".join(c if c.isascii() and c.isalnum() else "_" for c in name),
        kind=kind_of_map,
        keys=tuple(keys),
        key_size=4 if scalar else offset or 8,
        value=use.value,
        value_size=8 * use.words if use.aggregation else slot_size(use.value),
        entries=1 if not keys else entries,
        aggregation=use.aggregation,
        parameters=use.parameters,
    )
