"""Maps of two copies: what programs have counted is taken out of one of them while they count on in the other.

    spares.turn()            programs go on in the other copies; those that rest are emptied into user space
    spares.items(schema)     what was found under each key, as the map itself would give it
    spares.clear(schema)     forget what has been shown; what came in since is kept

So what a script prints between two `clear`s, taken together, is what has happened: compiler/swapping.py.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from ..compiler.schema import MapSchema
from .kernel.maps import BpfMap
from .kernel.syscalls import wait_for_programs
from .maps import Entry


class Spares:
    """The copies of one run; `side` is the state's word that says which of them programs use."""

    def __init__(
        self, schemas: Sequence[MapSchema], find: Callable[[str], BpfMap], side: Callable[[int], None]
    ) -> None:
        self._copies = {schema.name: (find(schema.symbol), find(schema.spare)) for schema in schemas if schema.spare}
        self._found: dict[str, list[Entry]] = {name: [] for name in self._copies}
        self._shown: dict[str, int] = {}
        self._set, self._side, self._turned = side, 0, 0

    def turn(self, since: int = 0) -> None:
        """Empty the copies that programs have used so far, unless that was done after `since` (CLOCK_MONOTONIC)."""
        if self._turned > since > 0:
            return
        used, self._side = self._side, 1 - self._side
        self._turned = time.monotonic_ns()
        self._set(self._side)
        wait_for_programs()
        for name, copies in self._copies.items():
            self._found[name] += copies[used].drain()

    def items(self, schema: MapSchema) -> Iterator[Entry]:
        """What has been found since the last `clear`: a key may be there more than once."""
        found = self._found[schema.name]
        self._shown[schema.name] = len(found)
        return iter(found.copy())

    def clear(self, schema: MapSchema) -> None:
        """Forget what was shown; where nothing was, what there is."""
        if schema.name not in self._shown:
            self.turn()
        found = self._found[schema.name]
        del found[: self._shown.pop(schema.name, len(found))]
