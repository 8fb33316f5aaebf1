"""Events out of the ring buffer, and what each of them makes user space do.

A record is its event's number, its time, then the fields; decoders and formats are prepared once an event.
"""

import os
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol, assert_never

from ..compiler.effects import Cat, ClearMap, Exit, Print, Printf, PrintMap, Shell, ShowTime, ZeroMap
from ..compiler.schema import EventSchema
from ..compiler.types import Units, units_of
from ..compiler.values import Value
from .backlog import FOR_PEOPLE, Backlog
from .decode import Decoder, Record, decoder
from .format import Formatter, format_print, printf
from .output.protocol import Shape
from .results import MapResult
from .show import Escape
from .tracer import Tracer
from .unsafe import cat, shell

if TYPE_CHECKING:
    from .bulk import BulkDrain

Handler = Callable[[int, bytes], None]
"""What to do with an event's record; the other number is its time, nanoseconds of CLOCK_MONOTONIC."""
_HEADER = struct.Struct("=QQ")
FAST = 1 << 16
"""Bytes in the ring at one look, from which on events are fast: Python handles them in some 5 ms."""
_FAST_FROM = {"0": sys.maxsize, "1": -1}
"""The same by the variable PLY_BULK: never, from the first event on."""
_FEWEST_IN_A_ROW, _MOST_IN_A_ROW = 2, 64
WINDOW = 512
"""Records that are put in the order of their times together.

One CPU may take its place in the ring before another one and its time after it: such records lie side by side.
"""
_TIME = itemgetter(1)
_SCARCE = 16
"""Where a sixteenth of the ring is taken, room in it gets scarce."""


class Listener(Protocol):
    """Who is told what a script prints. It gives the handlers itself: nothing stands between a record and its text."""

    def text(self, decode: Decoder, formatter: Callable[[Escape], Formatter]) -> Handler:
        """For `printf` and its like: `decode` gives a record's values, `formatter` what makes text of them.

        `decode` is called once, and does what the event asks for. Values become text at any time, as often as wanted.
        """

    def map(self, read: Callable[[int], MapResult]) -> Handler:
        """For `print(@)`: `read` gives the map as it is then, or was at the event's time or later."""

    def shape(self) -> Shape | None:
        """How many texts are written down at once, where they are only written."""

    def flush(self) -> None:
        """A batch of events is done."""


class Events:
    """Reads a tracer's events and does what they say; `status` is set once `exit` was seen.

    So many bytes of events may wait in this process (`backlog.py`).
    """

    def __init__(self, tracer: Tracer, listener: Listener, waiting: int = FOR_PEOPLE) -> None:
        self.tracer, self.listener = tracer, listener
        self.status: int | None = None
        self._maps = {schema.name: schema for schema in tracer.artifact.maps}
        self._handlers = [self._handler(schema) for schema in tracer.artifact.events]
        self._fast_from = _FAST_FROM.get(os.environ.get("PLY_BULK", ""), FAST)
        self._bulk: BulkDrain | None = None
        self._backlog = Backlog(tracer.ring, waiting) if tracer.ring else None

    @property
    def waiting(self) -> bool:
        """Whether events were taken out of the ring that are not handled yet."""
        return bool(self._backlog)

    def drain(self, most: int = sys.maxsize) -> int:
        """Handle all that is there now, or so many as Python has to handle; how many events that were."""
        ring, backlog = self.tracer.ring, self._backlog
        if ring is None or backlog is None:
            return 0
        count = 0
        if ring.pending > self._fast_from:
            count += self._handle(backlog, len(backlog))  # native code looks at the ring alone
            self._hurry()
        if self._bulk:
            count += self._drain_fast(backlog, self._bulk)
        else:
            backlog.refill()
            count += self._handle(backlog, min(most, len(backlog)), ahead=True)
        if count:
            self.listener.flush()
        return count

    def pull(self) -> None:
        """Make room for further events where it gets scarce: what is there is handled by the next `drain`."""
        ring = self.tracer.ring
        if ring is None or self._backlog is None or self._bulk:
            return
        if ring.pending > ring.size // _SCARCE:
            self._backlog.refill()

    def _handle(self, backlog: Backlog, most: int, ahead: bool = False) -> int:
        """Do what so many records say, in the order of their times; those that come in meanwhile wait."""
        count = 0
        while count < most and (some := self._next(backlog, min(most - count, WINDOW))):
            for number, time, record in some:
                self._handlers[number](time, record)
            count += len(some)
            if ahead:
                self.pull()
        return count

    def _next(self, backlog: Backlog, most: int) -> list[tuple[int, int, bytes]]:
        """So many records, and what is behind them and yet older: number, time, all of it."""
        found = [(*_HEADER.unpack_from(record), record) for record in backlog.take(most)]
        found.sort(key=_TIME)
        latest, behind = found[-1][1] if found else 0, len(found)
        while behind and (head := backlog.peek()) and _HEADER.unpack_from(head)[1] < latest:
            if not backlog:
                backlog.refill(1)
            found += [(*_HEADER.unpack_from(record), record) for record in backlog.take(1)]
        if len(found) > behind:
            found.sort(key=_TIME)
        return found

    def _drain_fast(self, backlog: Backlog, bulk: "BulkDrain") -> int:
        """Leave to native code what it can do; the more records in a row it cannot, the more are done here at once."""
        total, row = 0, _FEWEST_IN_A_ROW
        while True:
            done, strange = bulk.run()
            total += done
            if not strange:
                return total
            row = _FEWEST_IN_A_ROW if done else min(2 * row, _MOST_IN_A_ROW)
            backlog.refill(row)
            total += self._handle(backlog, row)

    def _hurry(self) -> None:
        """Events are fast: use native code, if what they print is simple, and there is any. Asked once."""
        self._fast_from = sys.maxsize
        if self.listener.shape() is None:
            return
        from . import bulk

        if bulk.has_simple(self.tracer.artifact.events) and (code := bulk.machine_code()):
            with suppress(OSError):  # a system where memory cannot become code
                self.use(code)

    def use(self, code: bytes) -> None:
        """From now on have native code (`bulk.machine_code`) do what it can. Raises OSError."""
        from . import bulk

        shape, ring = self.listener.shape(), self.tracer.ring
        assert shape is not None and ring is not None
        self._bulk = bulk.BulkDrain(ring, code, self.tracer.artifact.events, shape)

    def close(self) -> None:
        """No more events."""
        if self._bulk is not None:
            self._bulk.close()
            self._bulk = None

    def _handler(self, schema: EventSchema) -> Handler:
        decode = decoder(schema.fields, self.tracer.world)
        units = [units_of(field.type) for field in schema.fields]
        match schema.effect:
            case Printf(pieces=pieces):
                return self.listener.text(decode, partial(printf, pieces, units=units))
            case Print():
                return self.listener.text(decode, partial(_print, units))
            case PrintMap(map=name, top=top):
                return self.listener.map(partial(self.tracer.map, self._maps[name], top))
            case ClearMap(map=name):
                return lambda time, record: self.tracer.clear(self._maps[name])
            case ZeroMap(map=name):
                return lambda time, record: self.tracer.zero(self._maps[name])
            case ShowTime(layout=layout):
                return self.listener.text(lambda record: (self._time_text(layout, record),), _done)
            case Shell(pieces=pieces):
                run = shell(pieces, str)
                return self.listener.text(lambda record: (run(decode(record)),), _lines)
            case Cat(pieces=pieces):
                read = cat(pieces, str)
                return self.listener.text(lambda record: (read(decode(record)),), _lines)
            case Exit():
                return lambda time, record: self._exit(decode(record))
            case _:
                assert_never(schema.effect)

    def _time_text(self, layout: str, record: Record) -> str:
        _, time = _HEADER.unpack_from(record)
        return self.tracer.world.time_text(layout, time)

    def _exit(self, values: Sequence[Value]) -> None:
        if self.status is None:
            status = values[0] if values else 0
            assert isinstance(status, int)
            self.status = status & 0xFF


def _print(units: Sequence[Units], escape: Escape) -> Formatter:
    return partial(format_print, escape=escape, units=units)


def _done(escape: Escape) -> Formatter:
    """For a value that is the text already, and the script's own."""
    return lambda values: str(values[0])


def _lines(escape: Escape) -> Formatter:
    """For a value that is the content of a file: line ends and tabs stay what they are."""

    def render(values: Sequence[Value]) -> str:
        lines = str(values[0]).split("\n")
        return "\n".join("\t".join(map(escape, line.split("\t"))) for line in lines)

    return render
