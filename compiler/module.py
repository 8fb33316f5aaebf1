"""What the programs of a script share while they are written, and what is found out meanwhile."""

from collections.abc import Sequence

from .emitter import ModuleEmitter
from .schema import EventSchema, LossPlace, MapSchema


class Module:
    """What the programs of a script share, and what is found out while they are written."""

    def __init__(
        self, emit: ModuleEmitter, maps: Sequence[MapSchema], events: Sequence[EventSchema], first_lost: int, cpus: int
    ) -> None:
        self.emit, self.cpus = emit, cpus
        self.maps = {schema.name: schema for schema in maps}
        self.events = events
        self.first_lost = first_lost
        self.shared: frozenset[str] = frozenset()
        self.losses: list[LossPlace] = []
        self._strings: dict[str, int] = {}
        self.stacks = False
        self.processes = False
        self.waits = False
        self.scratch = 0
        self.zeros = 0

    @property
    def strings(self) -> tuple[str, ...]:
        """The texts behind interned numbers."""
        return tuple(self._strings)

    def string(self, text: str) -> int:
        """The index of a text that user space is to find again."""
        return self._strings.setdefault(text, len(self._strings))

    def loss(self, place: LossPlace) -> int:
        """The state word that counts a kind of loss."""
        if place not in self.losses:
            self.losses.append(place)
        return self.first_lost + self.losses.index(place)
