"""What the kernel tests share: privilege or no test, and objects that are closed at the end of one."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest
from plytrace.runtime.kernel import features
from plytrace.runtime.kernel.object import BpfObject

sys.path.insert(0, os.path.dirname(__file__))  # for `objects` and `harness`
from harness import ply, private_cache, work  # noqa: F401 (fixtures)
from objects import Maps, Programs, compiled


@pytest.fixture(autouse=True)
def privileged() -> None:
    """Skip without privilege, or fail where skipping is forbidden."""
    lack = features.privilege()
    if lack is not None:
        (pytest.fail if os.environ.get("PLY_NO_SKIP") else pytest.skip)(lack.why)


@pytest.fixture
def load() -> Iterator[Callable[..., BpfObject]]:
    """Load programs and maps into the kernel."""
    opened: list[BpfObject] = []

    def loader(programs: Programs, maps: Maps | None = None) -> BpfObject:
        opened.append(BpfObject.open(compiled(programs, maps)))
        opened[-1].load()
        return opened[-1]

    yield loader
    for item in opened:
        item.close()
