"""Which CPUs the kernel may have and has now (Documentation/admin-guide/cputopology.rst)."""

from functools import cache

_FOLDER = "/sys/devices/system/cpu/"


@cache
def possible() -> int:
    """How many CPUs there can ever be: the number of copies in a per-CPU map's value."""
    return len(_listed("possible"))


def limit() -> int:
    """One more than the highest number that a CPU can have."""
    return max(_listed("possible")) + 1


def online() -> tuple[int, ...]:
    """The numbers of the CPUs that run now."""
    return _listed("online")


def _listed(name: str) -> tuple[int, ...]:
    with open(_FOLDER + name, encoding="utf-8") as file:
        return parse(file.read())


def parse(text: str) -> tuple[int, ...]:
    """The numbers in a list such as `0-3,8`."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)
