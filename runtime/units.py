"""Numbers with the unit of what they measure: nanoseconds as ns, us, ms, s; counts and bytes with binary suffixes.

duration(1234567) -> "1.234567ms"     duration(1234567, 3) -> "1.23ms"     binary(65536) -> "64k"
"""

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
