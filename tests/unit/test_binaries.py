"""Files of programs and libraries: their functions wherever the names are, and files that are none."""

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import which
from subprocess import run

import pytest
from plytrace.compiler.attachment import Uprobe
from plytrace.compiler.host import Missing
from plytrace.runtime import libraries
from plytrace.runtime.binaries import find_binary, is_current, plain
from plytrace.runtime.kernel.demangle import demangle
from plytrace.runtime.rust_names import rust_name

C = "int data; __attribute__((used)) static int hidden(void) { return 2; } int seen(void) { return hidden() + data; }"
Builder = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    if which("cc") is None or which("objcopy") is None:
        pytest.skip("there is no C compiler")

    def builder(*steps: str, name: str = "libtried.so") -> Path:
        (tmp_path / "tried.c").write_text(C)
        run(["cc", "-shared", "-fPIC", "-Wl,--build-id=none", "-o", name, "tried.c"], check=True, cwd=tmp_path)
        for step in steps:
            run(step.split(), check=True, cwd=tmp_path)
        return tmp_path / name

    return builder


def names(path: Path) -> list[str]:
    found = find_binary(str(path))
    assert not isinstance(found, Missing), found
    return [each.name for each in found.functions("*") if each.name in ("hidden", "seen")]


def test_all_functions_of_a_file(build: Builder) -> None:
    assert names(build()) == ["hidden", "seen"]


def test_the_table_for_the_linker_alone(build: Builder) -> None:
    assert names(build("strip libtried.so")) == ["seen"]


def test_a_debug_file(build: Builder) -> None:
    steps = ("objcopy --only-keep-debug libtried.so tried.debug", "strip libtried.so",
             "objcopy --add-gnu-debuglink=tried.debug libtried.so")  # fmt: skip
    path = build(*steps)
    assert names(path) == ["hidden", "seen"]
    path.with_name(".debug").mkdir()
    path.with_name("tried.debug").rename(path.parent / ".debug/tried.debug")
    assert names(path) == ["hidden", "seen"]
    (path.parent / ".debug/tried.debug").write_bytes(b"of another version")
    assert names(path) == ["seen"]


def test_a_small_debug_file_inside(build: Builder) -> None:
    """As Fedora's packages have it."""
    if which("xz") is None:
        pytest.skip("there is no xz")
    steps = ("objcopy --only-keep-debug libtried.so small", "strip libtried.so", "xz small",
             "objcopy --add-section .gnu_debugdata=small.xz libtried.so")  # fmt: skip
    assert names(build(*steps)) == ["hidden", "seen"]


def test_places(build: Builder) -> None:
    found = find_binary(str(build()))
    assert not isinstance(found, Missing)
    (seen,) = found.functions("seen")
    inside = found.at(seen.address + 1)
    assert inside is not None
    assert (inside.shown, inside.offset, inside.size) == ("seen+0x1", seen.offset + 1, seen.size - 1)
    assert found.at(1 << 40) is None
    address = found.address("data")
    assert address is not None
    assert found.at(address) is None
    assert found.address("absent") is None


def test_what_cannot_be_probed(tmp_path: Path) -> None:
    def why(name: str | Path) -> str:
        found = find_binary(str(name))
        assert isinstance(found, Missing)
        return found.why

    script, foreign, damaged = tmp_path / "script", tmp_path / "foreign", tmp_path / "damaged"
    script.write_text("#!/bin/sh\n")
    head = Path("/proc/self/exe").read_bytes()[:64]
    foreign.write_bytes(head[:18] + struct.pack("=H", 8) + head[20:32] + bytes(16) + head[48:54] + bytes(10))  # MIPS
    damaged.write_bytes(head[:40] + b"\xff" * 24)
    assert "no ELF file" in why(script)
    assert "MIPS" in why(foreign)
    assert "no ELF file" in why(damaged)
    assert "folder" in why(tmp_path)
    assert "no such file" in why(tmp_path / "absent")
    assert "neither a library nor a command" in why("no-such-name-anywhere")


def test_an_attachment_is_good_as_long_as_the_file_is_the_same(build: Builder) -> None:
    path = build()
    found = find_binary(str(path))
    assert not isinstance(found, Missing)
    place = Uprobe(str(path), found.path, found.stamp, (1,))
    assert is_current(place)
    path.write_bytes(path.read_bytes() + b"\0")
    assert not is_current(place)
    path.unlink()
    assert not is_current(place)


def test_names_as_their_language_writes_them() -> None:
    assert demangle("main") == "main"
    if demangle("_Z1fv") == "_Z1fv":
        pytest.skip("there is no C++ library")
    assert demangle("_ZN2ns1fEi") == "ns::f(int)"
    assert demangle("_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE") == "core::fmt::Formatter::write_str"
    rust = "_$LT$std..path..Path$u20$as$u20$core..convert..AsRef$LT$T$GT$$GT$"
    assert (
        demangle(f"_ZN{len(rust)}{rust}6as_ref17h0123456789abcdefE")
        == "<std::path::Path as core::convert::AsRef<T>>::as_ref"
    )
    assert demangle("_Znonsense") == "_Znonsense"
    assert [plain(name) for name in ("ns::f(int)", "g(int (*)(int)) const", "operator()(int)", "h")] == [
        "ns::f",
        "g",
        "operator()",
        "h",
    ]


def test_the_cache_of_the_loader() -> None:
    texts = b"libc.so.6\0/lib/libc.so.6\0libc.so.5\0/old/libc.so.5\0"
    start = libraries._HEADER + 2 * libraries._ENTRY.size
    offsets = [start, start + 10, start + 25, start + 35]
    entries = b"".join(libraries._ENTRY.pack(0x303, key, value, 0, 0) for key, value in (offsets[:2], offsets[2:]))
    table = libraries._MAGIC + struct.pack("=II", 2, len(texts)) + bytes(20) + entries + texts
    expected = (("libc.so.6", "/lib/libc.so.6"), ("libc.so.5", "/old/libc.so.5"))
    assert libraries.parse_cache(table) == expected
    assert libraries.parse_cache(b"an older table" + table) == expected
    for broken in (b"", table[:20], table[:60], b"nothing"):
        assert isinstance(libraries.parse_cache(broken), tuple)


def test_libraries_and_commands_by_name() -> None:
    libc = find_binary("libc")
    assert not isinstance(libc, Missing)
    assert any(each.name == "malloc" for each in libc.functions("mall*"))
    shell = find_binary("sh")
    assert not isinstance(shell, Missing)
    assert shell.path == str(Path("/bin/sh").resolve())
    assert "libc" in libraries.names()


def test_damaged_files_have_fewer_functions(build: Builder) -> None:
    """Root reads files of others: no content may do more than hide names."""
    path = build()
    content, random = path.read_bytes(), Random(1)
    tables = struct.unpack_from("=Q", content, 40)[0]  # where the headers of the sections begin
    for _ in range(100):
        damaged = bytearray(content)
        for _ in range(random.choice((1, 3, 10))):
            place = random.choice((random.randrange(16, 64), random.randrange(tables, len(content))))
            damaged[place] = random.choice((0, 255, random.randrange(256)))
        path.write_bytes(damaged)
        found = find_binary(str(path))
        if not isinstance(found, Missing):
            assert len(found.functions("*")) < 100
            assert len(found.notes()) == 0
            found.address("data")


@pytest.mark.parametrize(
    ("mangled", "shown"),
    [
        ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"),
        ("_RNvMNtCs6xxl1lAjzDf_1a5innerNtB2_1P5twice", "a::inner::P::twice"),
        ("_RINvNtCs6xxl1lAjzDf_1a5inner7genericyEB4_", "a::inner::generic<u64>"),
        ("_RNvXCs1_1aNtB2_1PNtNtC4core3fmt7Display3fmt", "<a::P as core::fmt::Display>::fmt"),
        ("_RNCNvCs1_1a4main0B3_", "a::main::{closure#0}"),
        ("_RINvC1a1fTRlShEE", "a::f<(&i32, [u8])>"),
        ("_RINvC1a1fKj2a_KbNe", "_RINvC1a1fKj2a_KbNe"),
        ("_RNvC1a", "_RNvC1a"),
        ("_RB_", "_RB_"),
        ("_R", "_R"),
    ],
)
def test_names_of_rust(mangled: str, shown: str) -> None:
    """By the book; what is none of its names stays as it is."""
    assert rust_name(mangled) == shown


def test_no_text_breaks_the_reader_of_names() -> None:
    names = ["_RNvMNtCs6xxl1lAjzDf_1a5innerNtB2_1P5twice", "_RINvNtCs6xxl1lAjzDf_1a5inner7genericyEB4_"]
    for name in names:
        for at in range(2, len(name)):
            for letter in "BNCIKE_9sMXYFDTu":
                assert rust_name(name[:at] + letter + name[at + 1 :])
                assert rust_name(name[:at])
