"""`uprobe:FILE:FUNCTION`: which places that means, how they are attached, and what is wrong with those that are not."""

import pytest
from hosts import HOSTS
from plytrace.compiler.attachment import Uprobe
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.compiler.registry import providers
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.source import Source


def places(probe: str, host: str = "modern") -> list[Uprobe]:
    artifact = compile_source(Source("<program>", f"{probe} {{ @[func].count() }}"), HOSTS[host], Options())
    found = [program.attachment for program in artifact.programs]
    assert all(isinstance(place, Uprobe) for place in found)
    return [place for place in found if isinstance(place, Uprobe)]


@pytest.mark.parametrize(
    ("probe", "offsets"),
    [
        ("uprobe:libc:malloc", (0x400,)),
        ("u:libc:malloc", (0x400,)),
        ("uprobe:libc:c?lloc", (0x440,)),
        ("uprobe:libc:*alloc", (0x400, 0x440)),
        ("uprobe:libc:*", (0x400, 0x440, 0x480, 0x4C0)),  # not strlen, which is never called itself
        ("uprobe:libc:malloc+16", (0x410,)),
        ("uprobe:libc:malloc+0x10", (0x410,)),
        ("uprobe:libc:0x1050", (0x450,)),
        ('uprobe:python3:"ns::operator+(int)"', (0x3400,)),
        ("uprobe:python3:_ZN2nsplEi", (0x3400,)),
    ],
)
def test_places(probe: str, offsets: tuple[int, ...]) -> None:
    (place,) = places(probe)
    assert (place.offsets, place.on_return, place.multi) == (offsets, False, True)
    assert place.section == "uprobe.multi"


def test_a_return() -> None:
    (place,) = places("ur:bash:readline")
    assert (place.path, place.offsets, place.section) == ("/bin/bash", (0x440,), "uretprobe.multi")
    (place,) = places('uretprobe:python3:"ns::operator+(int)"')
    assert place.offsets == (0x3400,)


def test_perf_events_where_there_are_no_links() -> None:
    (place,) = places("uprobe:libc:*alloc", "old")
    assert (place.multi, place.section) == (False, "uprobe")


@pytest.mark.parametrize(
    ("probe", "code", "words"),
    [
        ("uprobe:libc", "incomplete-probe", "uprobe:libc:malloc"),
        ("uprobe:bahs:readline", "no-such-binary", "did you mean `uprobe:bash:...`"),
        ("uprobe:/bin/absent:main", "no-such-binary", "there is no such file"),
        ("uprobe:libc:maloc", "no-such-symbol", "did you mean `malloc`"),
        ("uprobe:libc:*nothing*", "no-such-symbol", "ply -l"),
        ("uprobe:/bin/stripped:main", "no-such-symbol", "stripped"),
        ("uprobe:libc:strlen", "indirect-function", "lists those"),
        ("uprobe:libc:malloc+64", "no-such-offset", "64 bytes"),
        ("uprobe:libc:0x99", "no-such-offset", "no code at 0x99"),
        ("uretprobe:libc:malloc+4", "return-offset", "leave the offset out"),
        ("uretprobe:libc:0x1004", "return-offset", "leave the offset out"),
    ],
)
def test_errors(probe: str, code: str, words: str) -> None:
    with pytest.raises(PlyError) as caught:
        places(probe)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span is not None
    assert words in f"{diagnostic.message} {diagnostic.help}"


def test_what_is_not_offered() -> None:
    for program in ("uprobe:libc:malloc { print(retval) }", "uretprobe:libc:malloc { print(arg0) }"):
        with pytest.raises(PlyError) as caught:
            compile_source(Source("<program>", program), HOSTS["modern"], Options())
        assert caught.value.diagnostics[0].code == "not-offered"


def test_strings_are_read_from_the_program() -> None:
    artifact = compile_source(Source("", "uprobe:libc:puts { print(str(arg0)) }"), HOSTS["modern"], Options())
    assert artifact.programs


def test_listing() -> None:
    listing = providers()["uprobe"].listing
    found = [probe for probe, _ in listing("libc:*alloc", HOSTS["modern"])]
    assert found == ["uprobe:libc:malloc", "uprobe:libc:calloc"]
    assert len(listing("libc", HOSTS["modern"])) == 4
    assert listing("*", HOSTS["modern"]) == []
    assert listing("absent", HOSTS["modern"]) == []
    with pytest.raises(PlyError):
        listing("absent:*", HOSTS["modern"])
