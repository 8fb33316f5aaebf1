"""Steps that an interrupt must not cut in two: what is open in the kernel is closed later only if it was noted.

Python raises KeyboardInterrupt between any two calls of the main thread, and drops it where C code has called Python
(libbpf's messages). In other threads it never comes; so these steps are taken in one, while this one waits.
"""

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from itertools import starmap
from threading import current_thread, main_thread

_LOOK = 1.0
"""Seconds between two looks at whether it is done, should an interrupt have come just after the news of that."""


def undisturbed(work: Callable[[], object]) -> None:
    """Call it to its end, and raise what it raises; a KeyboardInterrupt that comes meanwhile passes after that."""
    if current_thread() is not main_thread():
        work()
        return
    started: list[int] = []
    results: list[BaseException | None] = []
    news = allocate_lock()
    news.acquire()

    def attempt() -> None:
        try:
            work()
        except BaseException as error:
            results.append(error)
        else:
            results.append(None)
        news.release()

    interrupt: KeyboardInterrupt | None = None
    try:
        started.extend(starmap(start_new_thread, [(attempt, ())]))  # one step for Python: started, and noted
    except KeyboardInterrupt as pressed:
        interrupt = pressed
    while started and not results:
        try:
            news.acquire(timeout=_LOOK)
        except KeyboardInterrupt as pressed:
            interrupt = pressed
    problem = next(iter(results), None) or interrupt
    if problem:
        raise problem
