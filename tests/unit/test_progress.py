"""Progress is shown to who has to wait, and to nobody else."""

import time
from io import StringIO

import pytest
from plytrace.runtime.progress import Progress


def test_what_is_done_at_once_is_not_shown() -> None:
    stream = StringIO()
    with Progress(stream).of("attaching", 1000) as progress:
        for _ in range(1000):
            progress.step()
    assert stream.getvalue() == ""


def test_what_takes_long_is_shown_and_goes_away() -> None:
    stream = StringIO()
    with Progress(stream).of("detaching", 600) as progress:
        progress.at(0)
        time.sleep(0.6)
        progress.at(120)
        progress.at(121)  # too soon after the last one
    assert stream.getvalue() == "\rdetaching: 120 of 600 probes\x1b[K\r\x1b[K"


def test_an_interrupt_ends_it_at_the_next_step() -> None:
    caught: list[int] = []
    done = 0
    with pytest.raises(KeyboardInterrupt), Progress(None, lambda: caught).of("attaching", 100) as progress:
        for done in range(100):
            progress.step()
            if done == 7:
                caught.append(2)
    assert done == 8
