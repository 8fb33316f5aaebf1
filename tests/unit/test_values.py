"""Values that answer questions: histograms, estimates."""

import math
import pickle

import pytest
from plytrace.compiler.values import Bucket, Estimate, Histogram


def uniform(*counts: int) -> Histogram:
    return Histogram(tuple(Bucket(10 * index, 10 * index + 9, count) for index, count in enumerate(counts)))


def test_percentiles_of_a_histogram() -> None:
    histogram = uniform(1, 0, 2, 1)
    assert [histogram.percentile(p) for p in (0, 25, 25.1, 75, 75.000001, 100)] == [
        (0, 9), (0, 9), (20, 29), (20, 29), (30, 39), (30, 39),
    ]  # fmt: skip
    assert Histogram((Bucket(None, -1, 1), Bucket(0, None, 1))).percentile(99) == (0, None)
    for wrong in (-1, 100.1, math.nan):
        with pytest.raises(ValueError, match="between 0 and 100"):
            histogram.percentile(wrong)
    with pytest.raises(ValueError, match="without values"):
        Histogram(()).percentile(50)


def test_merging_what_does_not_fit() -> None:
    assert uniform(1).merge(Histogram(())) == uniform(1)
    far = Histogram((Bucket(50, 59, 1),))
    assert uniform(1).merge(far).buckets == (Bucket(0, 9, 1), Bucket(10, 49, 0), Bucket(50, 59, 1))
    assert uniform(1).merge(far).merge(uniform(0, 0, 1)) == uniform(1, 0, 1).merge(far)
    with pytest.raises(ValueError, match="different buckets"):
        uniform(1).merge(Histogram((Bucket(5, 14, 1),)))
    assert uniform(1).merge(Histogram((Bucket(0, 9, 1),), "ns")).unit == ""


def test_an_estimate_is_a_number_that_says_so() -> None:
    estimate = pickle.loads(pickle.dumps(Estimate(100, 0.023)))
    assert estimate == 100 and estimate.error == 0.023 and estimate + 1 == 101
