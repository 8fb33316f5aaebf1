"""Numbers with the unit of what they measure: nanoseconds as ns, us, ms, s; counts and bytes with binary suffixes.

duration(1234567) -> "1.234567ms"     duration(1234567, 3) -> "1.23ms"     binary(65536) -> "64k"
exact(4096, "bytes") -> "4096B"       size(4096) -> "4KiB"     interval(1048576, 1114111, "ns") -> "1.048..1.115ms"
"""

from ..compiler.types import Unit, Units

DIGITS = 4
"""Of times that need not be exact."""
_TIMES = ((10**9, "s"), (10**6, "ms"), (10**3, "us"))
_SUFFIXES = "kMGTPE"


def duration(nanoseconds: int, digits: int = 30) -> str:
    """A time in the largest unit that leaves a number of at least one, rounded to so many digits (default: exact)."""
    if nanoseconds < 0:
        return "-" + duration(-nanoseconds, digits)
    for size, unit in _TIMES:
        if nanoseconds >= size:
            decimals = min(max(digits - len(str(nanoseconds // size)), 0), len(str(size)) - 1)
            rounded = (nanoseconds * 10**decimals + size // 2) // size
            whole, part = divmod(rounded, 10**decimals)
            return f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") + unit if decimals else f"{whole}{unit}"
    return f"{nanoseconds}ns"


def binary(number: int) -> str | None:
    """A number with the suffix for 1024, 1024^2, ..., in eighths at most; None where that would not be exact."""
    size, power = abs(number), 0
    while power < len(_SUFFIXES) and size >= 1024 ** (power + 1):
        power += 1
    if power == 0:
        return str(number)
    if number * 8 % 1024**power:
        return None
    whole, eighths = divmod(size * 8 // 1024**power, 8)
    part = f"{eighths * 125:03}".rstrip("0")
    return f"{'-' if number < 0 else ''}{whole}{'.' + part if part else ''}{_SUFFIXES[power - 1]}"


def size(number: int) -> str:
    """A number of bytes as the language writes it: `0`, `512B`, `4KiB`; in bytes where a suffix would not be exact."""
    text = binary(number) or str(number)
    if not number:
        return "0"
    return f"{text[:-1]}{text[-1].upper()}iB" if text[-1] in _SUFFIXES else f"{text}B"


def exact(number: int, unit: Units | str) -> str:
    """A whole number with its unit: `1.234567ms`, `512B`, `512`."""
    match unit:
        case "ns":
            return duration(number)
        case "bytes":
            return f"{number}B"
        case _:
            return str(number)


def interval(low: int | None, high: int | None, unit: Unit | str) -> str:
    """`4096..4351`, both ends included, or the one number that it is; times are rounded outwards to DIGITS."""
    if low == high and low is not None:
        return exact(low, unit)
    if unit != "ns":
        return f"{'' if low is None else low}..{'' if high is None else exact(high, unit)}"
    first, last = _outwards(low, -1), _outwards(high, 1)
    shared = last.lstrip("-.0123456789")
    return f"{first.removesuffix(shared) if first.lstrip('-.0123456789') == shared else first}..{last}"


def _outwards(time: int | None, direction: int) -> str:
    """A time, not nearer to the middle of its interval than it is; nothing for an open end."""
    if time is None:
        return ""
    step = 10 ** max(0, len(str(abs(time))) - DIGITS)
    return duration(-(-time // step) * step if direction > 0 else time // step * step)
