"""Names of other tracers: none of them is known here, and what is advised instead is."""

import re

import pytest
from plytrace.compiler.foreign import SPELLED
from plytrace.compiler.provider_names import ELSEWHERE, all_names, meant
from plytrace.compiler.registry import aggregations, functions, providers


@pytest.mark.parametrize("name", SPELLED)
def test_a_foreign_name_has_a_spelling_that_exists(name: str) -> None:
    assert name not in functions() and name not in aggregations()
    words = {word for text in re.findall(r"`([^`]*)`", SPELLED[name]) for word in re.findall(r"(\w+)\(", text)}
    assert words <= {*functions(), *aggregations()}, "advises what is not there"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_foreign_provider_is_told_by_one_that_exists(name: str) -> None:
    assert name not in providers()
    advised = set(re.findall(r"`(?:ply -l ')?(\w+):", ELSEWHERE[name]))
    assert advised <= providers().keys() and (advised or "BEGIN" in ELSEWHERE[name])


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("kprob", "kprobe:x"),
        ("krpobe", "kprobe:x"),
        ("KPROBE", "kprobe:x"),
        ("kp", "kprobe:x"),
        ("kret", "kretprobe:x"),
        ("tracepiont", "tracepoint:x"),
        ("usdtt", "usdt:x"),
    ],
)
def test_the_nearest_provider(word: str, nearest: str) -> None:
    assert meant(word, "x") == f"did you mean `{nearest}`?"


@pytest.mark.parametrize("word", ["foo", "x", "q"])
def test_where_none_is_near_all_are_named_with_their_short_forms(word: str) -> None:
    assert meant(word, "x") == f"there are {all_names()}"
    assert "kprobe (k)," in all_names() and "tracepoint (t, trace)" in all_names()
