"""The names that can be used at a place in a program: of its probe, its maps and variables, and of the language.

Names are taken from the tokens before the place, those of a probe from its provider.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from ...compiler.aggregation import Aggregation
from ...compiler.function import Function
from ...compiler.registry import aggregations, documentation, functions
from ...grammar.diagnostic import PlyError
from ...grammar.failure import Lexeme
from .choice import Choice
from .offer import Offer, offered
from .session import Session

_RECORDS = ("args", "data")
_NOTHING = Offer((), frozenset())


class Scope:
    """What is known behind the tokens `before`."""

    def __init__(self, session: Session, before: Sequence[Lexeme]) -> None:
        self.session, self.before = session, before

    def members(self) -> Iterator[Choice]:
        """What may follow the `.` or `->` that comes last: aggregations, fields, variables of the thread."""
        arrow, owner = self.before[-1], self.before[-2]
        if owner.text in _RECORDS:
            yield from (Choice(name, 0, kind) for name, kind, _ in self._offer().fields)
        elif owner.text == "self":
            yield from (Choice(name, 0, "this thread's") for name in self._thread_names())
        elif arrow.kind == "DOT" and self._is_map(len(self.before) - 2):
            yield from map(_aggregation, _distinct(aggregations().values()))

    def names(self) -> Iterator[Choice]:
        """Aggregations where a map is assigned, what the clause's probes offer, builtins, and names of the program."""
        offer, known = self._offer(), functions()
        if self.before and self.before[-1].kind == "EQUAL":
            yield from map(_aggregation, _distinct(aggregations().values()))
        yield from (Choice(f"arg{place}", 0, f"{kind} {name}") for name, kind, place in offer.arguments)
        if offer.fields:
            yield Choice("args.", 0, "the probe's fields: " + ", ".join(name for name, _, _ in offer.fields))
        offered = [entry for entry in _distinct(known.values()) if not self._probes() or entry.needs <= offer.needs]
        yield from map(_function, sorted(offered, key=lambda entry: not entry.needs))  # those of the event first
        own = {it.text for it in self.before if it.kind == "NAME"} - {*known, *aggregations(), *_RECORDS, "self", "nil"}
        members = {name for name, _, _ in offer.fields} | set(self._thread_names())
        yield from (Choice(name, 0, "of this program") for name in sorted(own - members))
        if self._thread_names():
            yield Choice("self->", 0, "variables of the thread: " + ", ".join(self._thread_names()))

    def maps(self) -> Iterator[Choice]:
        """Those of the program so far, and of the last one that ran."""
        own = {it.text for it in self.before if it.kind == "MAP"}
        last = set(self.session.result.maps) if self.session.result else set()
        yield from (Choice(name, 0, "a map of this program" if name in own else "a map") for name in sorted(own | last))

    def parameters(self) -> Iterator[Choice]:
        """What a script is given."""
        yield Choice("$target", 0, "the process of the command, or of `:set pid`")
        yield from (Choice(name, 0) for name in sorted({it.text for it in self.before if it.kind == "PARAMETER"}))

    def _thread_names(self) -> list[str]:
        parts = zip(self.before, self.before[1:], self.before[2:], strict=False)
        return sorted({name.text for owner, arrow, name in parts if owner.text == "self" and arrow.kind == "ARROW"})

    def _is_map(self, place: int) -> bool:
        """Whether the token there ends a map: `@`, or the `]` of its keys."""
        if self.before[place].kind != "RSQB":
            return self.before[place].kind == "MAP"
        depth = 0
        for index in range(place, 0, -1):
            depth += (self.before[index].kind == "RSQB") - (self.before[index].kind == "LSQB")
            if depth == 0:
                return self.before[index - 1].kind == "MAP"
        return False

    def _probes(self) -> list[str]:
        """The probes of the clause that the place is in."""
        found: list[str] = []
        for lexeme in reversed(self.before):
            if lexeme.kind == "PROBE":
                found.append(lexeme.text)
            elif found and lexeme.kind != "COMMA":
                break
        return found[::-1]

    def _offer(self) -> Offer:
        """What all probes of the clause offer; the fields are those of the first one."""
        offers = [self._of_probe(probe) for probe in self._probes()]
        if not offers:
            return _NOTHING
        needs = frozenset.intersection(*(offer.needs for offer in offers))
        return Offer(offers[0].fields, needs, offers[0].arguments if "arguments" in needs else ())

    def _of_probe(self, probe: str) -> Offer:
        known = self.session.offers
        if probe not in known:
            try:
                known[probe] = offered(probe, self.session.index.host)
            except (PlyError, OSError):
                known[probe] = _NOTHING
        return known[probe]


Entry = TypeVar("Entry", Function, Aggregation)


def _distinct(entries: Iterable[Entry]) -> Iterable[Entry]:
    """Those with several names once."""
    return {entry.name: entry for entry in entries}.values()


def _function(entry: Function) -> Choice:
    usage, meaning = _documented("functions", entry.name)
    takes = entry.parameters or getattr(entry, "rest", False)
    return Choice(f"{entry.name}(" if takes else entry.name, 0, meaning, usage)


def _aggregation(entry: Aggregation) -> Choice:
    usage, meaning = _documented("aggregations", entry.name)
    takes = entry.takes_value or entry.parameters
    return Choice(f"{entry.name}(" if takes else f"{entry.name}()", 0, meaning, usage)


def _documented(folder: str, name: str) -> tuple[str, str]:
    """How an entry is written, and what it gives: the first line of its documentation."""
    usage, _, meaning = documentation(folder, name.lower()).strip().partition("\n")[0].partition(": ")
    return usage, meaning
