"""What a result is made of: neutral values, without a thought for how they are printed."""

from math import sqrt
from typing import Self, Union

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A read of memory that was not there; text shows `<fault>`, JSON null."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A stack frame: address, symbol name (empty where unknown), offset into it, module ("" for the kernel)."""

    address: int
    symbol: str = ""
    offset: int = 0
    module: str = ""

    def __str__(self) -> str:
        where = f" [{self.module}]" if self.module else ""
        if not self.symbol:
            return f"{self.address:#x}{where}"
        return f"{self.symbol}+{self.offset:#x}{where}"


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames, innermost first; `problem` says why there are none, where that is so."""

    frames: tuple[Frame, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`count` values between `low` and `high`, both inclusive; None is an open end."""

    low: int | None
    high: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets from low to high, side by side, from the first to the last that is not empty."""

    buckets: tuple[Bucket, ...]
    unit: str = ""

    @property
    def count(self) -> int:
        """How many values there are in all buckets."""
        return sum(bucket.count for bucket in self.buckets)

    def percentile(self, p: float) -> tuple[int | None, int | None]:
        """The bounds, both inclusive, of the smallest value that is not below `p` percent of all; None is an open end.

        The nearest-rank definition: of 1, 2, 3, 4 the 50th percentile is 2. Where `p` percent of the count is not
        whole it is rounded up; `p` counts to six decimals. ValueError for an empty histogram, or a `p` beyond 0 to 100.
        """
        if not 0 <= p <= 100:
            raise ValueError(f"a percentile is between 0 and 100, not {p}")
        rank = max(1, -(-round(p * 10**6) * self.count // 10**8))
        for bucket in self.buckets:
            rank -= bucket.count
            if rank <= 0:
                return bucket.low, bucket.high
        raise ValueError("a histogram without values has no percentiles")

    def merge(self, other: "Histogram") -> "Histogram":
        """Both together; ValueError where their buckets do not fit each other."""
        found: list[Bucket] = []
        for bucket in sorted((*self.buckets, *other.buckets), key=_edges):
            if found and _edges(found[-1]) == _edges(bucket):
                found[-1] = Bucket(bucket.low, bucket.high, found[-1].count + bucket.count)
            elif not found or _edges(found[-1])[1] < _edges(bucket)[0]:
                found.append(bucket)
            elif not found[-1].count:  # what filled a gap here is divided there
                found[-1] = bucket
            elif bucket.count:
                raise ValueError("histograms of different buckets cannot be merged")
        return Histogram(_without_gaps(found), self.unit if self.unit == other.unit else "")

    def __add__(self, other: "Histogram") -> "Histogram":
        """As `merge`."""
        return self.merge(other) if isinstance(other, Histogram) else NotImplemented


def _edges(bucket: Bucket) -> tuple[float, float]:
    """Where a bucket begins and ends, to compare with integers: a comparison of int and float is exact."""
    low: float = float("-inf") if bucket.low is None else bucket.low
    return low, float("inf") if bucket.high is None else bucket.high


def _without_gaps(buckets: list[Bucket]) -> tuple[Bucket, ...]:
    """The buckets, with an empty one wherever two are not side by side."""
    whole = buckets[:1]
    for bucket in buckets[1:]:
        before = whole[-1].high
        assert before is not None and bucket.low is not None
        if before + 1 < bucket.low:
            whole.append(Bucket(before + 1, bucket.low - 1, 0))
        whole.append(bucket)
    return tuple(whole)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A histogram of narrow buckets, of which the percentiles in `asked` are of interest."""

    histogram: Histogram
    asked: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.histogram.count

    def percentile(self, p: float) -> tuple[int | None, int | None]:
        """Any percentile, not only those asked for, as `Histogram.percentile` gives it."""
        return self.histogram.percentile(p)

    def merge(self, other: "Percentiles") -> "Percentiles":
        """Both together."""
        return Percentiles(self.histogram.merge(other.histogram), self.asked)

    def __add__(self, other: "Percentiles") -> "Percentiles":
        """As `merge`."""
        return self.merge(other) if isinstance(other, Percentiles) else NotImplemented


@dataclass(frozen=True, slots=True)
class Stats:
    """Exact sums over `count` values, at least one; `squares` is the sum of their squares."""

    count: int
    sum: int
    squares: int
    min: int
    max: int
    unit: str = ""

    @property
    def avg(self) -> float:
        """The mean."""
        return self.sum / self.count

    @property
    def stddev(self) -> float:
        """The standard deviation of these values, the root of their mean square distance from the mean."""
        return deviation(self.count, self.sum, self.squares)

    def merge(self, other: "Stats") -> "Stats":
        """Both together."""
        unit = self.unit if self.unit == other.unit else ""
        low, high = min(self.min, other.min), max(self.max, other.max)
        return Stats(self.count + other.count, self.sum + other.sum, self.squares + other.squares, low, high, unit)

    def __add__(self, other: "Stats") -> "Stats":
        """As `merge`."""
        return self.merge(other) if isinstance(other, Stats) else NotImplemented


def deviation(count: int, total: int, squares: int) -> float:
    """The standard deviation of `count` values with this sum and sum of squares (of all of them: not of a sample).

    It is taken from integers, so that large values with small differences lose nothing.
    """
    return sqrt(max(0, count * squares - total * total)) / count


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` events, the first at `since` and none later than `until`, in nanoseconds of one clock."""

    count: int
    since: int
    until: int

    @property
    def per_second(self) -> float:
        """How many events a second followed the first; one event alone has followed nothing: 0."""
        return (self.count - 1) * 1e9 / max(1, self.until - self.since)


class Estimate(int):
    """A whole number that is not exact: `error` is its relative standard error, 0.02 for two percent."""

    error: float

    def __new__(cls, number: int, error: float = 0.0) -> Self:
        """A number, and how far it may be off."""
        made = super().__new__(cls, number)
        made.error = error
        return made


Value = Union[int, float, str, bytes, Fault, Stack, Histogram, Percentiles, Stats, Rate, "tuple[Value, ...]"]
