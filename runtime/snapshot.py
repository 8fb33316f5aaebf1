"""The kernel's lists gone through once, in a thread of their own: the ring buffer is emptied meanwhile."""

from collections.abc import Sequence
from threading import Thread

from .kernel import bpf
from .kernel.failure import refusal


class Snapshot:
    """Begins at once; `links` are those of attached iterators, in the order in which they are to run."""

    def __init__(self, links: Sequence[int]) -> None:
        self._links = links
        self._error: OSError | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for link in self._links:
                bpf.read_iterator(link)
        except OSError as error:
            self._error = error

    def done(self) -> bool:
        """Whether all entries were seen; HostError `iterator` where the kernel refused."""
        if self._error is not None:
            raise refusal("iterator", "cannot go through a list of the kernel", self._error)
        return not self._thread.is_alive()

    def finish(self) -> None:
        """Wait for its end: programs that are not armed do nothing, so it is near."""
        self._thread.join()
