"""Names of other tracers: none of them is known here, and what is advised instead is."""

import re

import pytest
from plytrace.compiler.foreign import SPELLED
from plytrace.compiler.registry import aggregations, functions


@pytest.mark.parametrize("name", SPELLED)
def test_a_foreign_name_has_a_spelling_that_exists(name: str) -> None:
    assert name not in functions() and name not in aggregations()
    words = {word for text in re.findall(r"`([^`]*)`", SPELLED[name]) for word in re.findall(r"(\w+)\(", text)}
    assert words <= {*functions(), *aggregations()}, "advises what is not there"
