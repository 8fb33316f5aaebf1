"""Events out of the ring buffer, and what each of them makes user space do.

A record is its event's number, its time, then the fields; decoders and formats are prepared once an event.
"""

import struct
from collections.abc import Callable
from typing import assert_never

from ..compiler.effects import ClearMap, Exit, Print, Printf, PrintMap
from ..compiler.schema import EventSchema
from .decode import decoder
from .format import format_print, printf
from .output.protocol import Output
from .tracer import Tracer

Handler = Callable[[int, bytes], None]
_HEADER = struct.Struct("=QQ")


class Events:
    """Reads a tracer's events and does what they say; `status` is set once `exit` was seen."""

    def __init__(self, tracer: Tracer, output: Output) -> None:
        self.tracer, self.output = tracer, output
        self.status: int | None = None
        self._maps = {schema.name: schema for schema in tracer.artifact.maps}
        self._handlers = [self._handler(schema) for schema in tracer.artifact.events]

    def drain(self) -> int:
        """Handle all that is there now; how many events that were."""
        ring = self.tracer.ring
        if ring is None:
            return 0
        count = 0
        for record in ring.records():
            number, time = _HEADER.unpack_from(record)
            self._handlers[number](time, record)
            count += 1
        if count:
            self.output.flush()
        return count

    def _handler(self, schema: EventSchema) -> Handler:
        decode = decoder(schema.fields, self.tracer.world)
        output = self.output
        match schema.effect:
            case Printf(pieces=pieces):
                render = printf(pieces, output.escape)
                return lambda time, record: output.printed(time, render(decode(record)))
            case Print():
                return lambda time, record: output.printed(time, format_print(decode(record), output.escape))
            case PrintMap(map=name, top=top):
                return lambda time, record: output.map(self.tracer.map(self._maps[name], top))
            case ClearMap(map=name):
                return lambda time, record: self.tracer.clear(self._maps[name])
            case Exit():
                return lambda time, record: self._exit(decode(record))
            case _:
                assert_never(schema.effect)

    def _exit(self, values: tuple[object, ...]) -> None:
        if self.status is None:
            status = values[0] if values else 0
            assert isinstance(status, int)
            self.status = status & 0xFF
