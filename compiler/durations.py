"""Spans of time as text: `10ms` -> 10,000,000 nanoseconds."""

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def nanoseconds(text: str) -> int:
    """The span of time that `text` names, in nanoseconds; zero where it names none."""
    name, colon, amount = text.partition(":")  # bpftrace's `interval:s:1`
    text = amount + name if colon else text
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = UNITS.get(text[len(number) :], 0)
    return int(number) * unit if number.isascii() and number.isdecimal() else 0
