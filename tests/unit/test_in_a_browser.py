"""Pictures in a real browser, without a screen: what is seen, a zoom, a search, keys, the way back.

Needs a browser (`sh tests/setup.sh` installs Debian's); without one these tests fail, they are not left out.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, Page
from plytrace.compiler.values import Bucket, Frame, Histogram, Stack, Value
from plytrace.runtime.output._flame_output import flamegraph
from plytrace.runtime.output._heat import grid_of_keys
from plytrace.runtime.output._heat_svg import heat_svg
from plytrace.runtime.output._svg import Heading
from plytrace.runtime.results import MapResult, Row

KERNEL_HALF = 0xFFFF_8000_0000_0000
NONE = Stack((), "no user stack")


def stack(*names: str, start: int = 0x1000) -> Stack:
    module = "prog" if start < KERNEL_HALF else ""
    return Stack(tuple(Frame(start + at, name, 4, module) for at, name in enumerate(names)))


ROWS: dict[tuple[Value, ...], Value] = {
    ("dd", stack("vfs_read", "do_syscall_64", start=KERNEL_HALF), stack("read", "main")): 50,
    ("dd", stack("vfs_write", "do_syscall_64", start=KERNEL_HALF), stack("write", "main")): 20,
    ("sh", stack("read_more(<int>)", "vfs_read", "do_syscall_64", start=KERNEL_HALF), NONE): 30,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def svg(tmp_path: Path) -> Path:
    rows = tuple(Row(key, value) for key, value in ROWS.items())
    found = MapResult("@", "count", ("comm", "stack", "ustack"), rows, measure="events")
    path = tmp_path / "flame.svg"
    path.write_text(flamegraph(found, "profile:99hz { @[comm, stack, ustack].count() }", ["1.0 s"], []))
    return path


@pytest.fixture
def page(browser: Browser, svg: Path) -> Page:
    return browser.open(svg)


def box(name: str, nth: int = 0) -> str:
    """The JavaScript of a frame's element."""
    boxes = "[...document.querySelectorAll('svg.f')]"
    return f"{boxes}.filter(f => f.querySelector('title').textContent.split('\\n')[0] === {name!r})[{nth}]"


def place(page: Page, name: str, nth: int = 0) -> tuple[float, float] | None:
    """Where a box begins and how wide it is, in pixels; None where it is not shown."""
    seen = f"(b => [b.x, b.width])({box(name, nth)}.querySelector('rect').getBoundingClientRect())"
    found: list[float] = page.evaluate(f"getComputedStyle({box(name, nth)}).display === 'none' ? null : {seen}")
    return None if found is None else (round(found[0], 1), round(found[1], 1))


def text(page: Page, what: str) -> str:
    return str(page.evaluate(f"document.getElementById({what!r}).textContent"))


def matches(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.match title')].map(t => t.textContent)")
    return [each.split("\n")[0] for each in found]


def test_boxes_are_as_wide_as_their_share(page: Page, tmp_path: Path) -> None:
    assert place(page, "all") == (0, 1200)
    assert place(page, "dd") == (0, 840) and place(page, "sh") == (840, 360)
    assert place(page, "read") == (0, 600) and place(page, "write") == (600, 240)
    assert page.screenshot(tmp_path / "seen.png").startswith(b"\x89PNG")
    assert page.evaluate(f"{box('vfs_write')}.querySelector('text').textContent") == "vfs_write"


def test_a_click_zooms_and_the_browser_goes_back(page: Page) -> None:
    page.click(box("write"))
    page.until("location.hash.length > 1")
    page.until(f"{box('write')}.getAttribute('width') === '100%'")
    assert place(page, "write") == place(page, "main") == place(page, "dd") == place(page, "all") == (0, 1200)
    assert place(page, "vfs_write") == (0, 1200)
    assert place(page, "read") is None and place(page, "sh") is None
    page.evaluate("history.back()")
    page.until("location.hash.length <= 1")
    page.until(f"{box('sh')}.style.display === ''")
    assert place(page, "write") == (600, 240) and place(page, "sh") == (840, 360)


def test_an_address_with_a_zoom_and_a_search_opens_there(page: Page) -> None:
    page.evaluate("location.hash = '#1/vfs_.*e$'")
    page.until(f"{box('dd')}.getAttribute('width') === '100%'")
    assert place(page, "read") == (0, 857.1)
    assert matches(page) == ["vfs_write"] and text(page, "matched") == "matched 28.57 %, 1 frame"


def test_a_search_says_how_much_it_matches(page: Page) -> None:
    page.press("f", control=True)
    page.type("read")
    page.until("document.getElementById('matched').textContent.includes('4 frames')")
    assert sorted(matches(page)) == ["read", "read_more(<int>)", "vfs_read", "vfs_read"]
    assert text(page, "matched").startswith("matched 80.00 %")
    page.press("Escape")
    page.until("document.getElementById('matched').textContent === ''")
    assert matches(page) == []


def test_a_regular_expression_and_one_that_is_not_finished(page: Page) -> None:
    page.press("/")
    page.type("^vfs_(re|wr)")
    page.until("document.querySelectorAll('.match').length === 3")
    assert text(page, "matched") == "matched 100.00 %, 3 frames"
    page.evaluate("document.getElementById('search').select()")
    page.type("read_more(")
    page.until("document.querySelectorAll('.match').length === 1")
    assert matches(page) == ["read_more(<int>)"] and text(page, "matched") == "matched 30.00 %, 1 frame"


def test_keys_walk_and_zoom(page: Page) -> None:
    page.evaluate(f"{box('all')}.focus()")
    page.press("ArrowUp")
    page.press("ArrowUp")
    assert "main" in text(page, "details") and "70 events, 70.00 %" in text(page, "details")
    page.press("ArrowDown")
    page.press("Enter")
    page.until(f"{box('dd')}.getAttribute('width') === '100%'")
    page.press("Backspace")
    page.until(f"{box('dd')}.getAttribute('width') === '70%'")
    page.press("Enter")
    page.until(f"{box('dd')}.getAttribute('width') === '100%'")
    page.press("Escape")
    page.until(f"{box('dd')}.getAttribute('width') === '70%'")


def test_it_is_as_wide_as_the_window_and_labels_follow(page: Page) -> None:
    page.resize(300, 800)
    page.until(f"{box('vfs_write')}.getBoundingClientRect().width < 80")
    page.until(f"{box('vfs_write')}.querySelector('text').textContent.endsWith('…')")
    assert place(page, "dd") == (0, 210)
    page.resize(2000, 800)
    page.until(f"{box('vfs_write')}.querySelector('text').textContent === 'vfs_write'")
    assert place(page, "dd") == (0, 1400)


def test_the_mouse_over_a_frame_shows_its_numbers(page: Page) -> None:
    page.point(box("vfs_write"))
    page.until("document.getElementById('details').textContent.includes('vfs_write')")
    assert "20 events, 20.00 %" in text(page, "details")


def test_without_scripts_it_is_a_picture(browser: Browser, svg: Path, tmp_path: Path) -> None:
    whole = browser.open(svg).screenshot(tmp_path / "scripts.png")
    plain = browser.open(svg, scripts=False).screenshot(tmp_path / "plain.png")
    empty = tmp_path / "empty.svg"
    empty.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert len(plain) > len(whole) / 2 > 2 * len(browser.open(empty).screenshot(tmp_path / "empty.png"))


def test_names_are_text_and_never_run(browser: Browser, tmp_path: Path) -> None:
    names = ("</title><script>window.wrong = 1</script>", "<img src=x onerror='window.wrong = 2'>", '"]]>&amp;')
    rows = tuple(Row((name, stack("f", start=KERNEL_HALF)), 5) for name in names)
    path = tmp_path / "hostile.svg"
    path.write_text(flamegraph(MapResult("@", "count", ("comm", "stack"), rows), names[0], [names[1]], [names[2]]))
    page = browser.open(path)
    shown = page.evaluate("[...document.querySelectorAll('svg.f[data-depth=\"1\"] title')].map(t => t.textContent)")
    assert [title.split("\n")[0] for title in shown] == sorted(names)
    assert page.evaluate("window.wrong === undefined && document.querySelectorAll('script').length === 1")
    for name in names:
        page.evaluate(f"location.hash = '#0/' + encodeURIComponent({name!r})")
        page.until("document.querySelectorAll('.match').length === 1")
    assert page.evaluate("window.wrong === undefined")


def test_a_heat_map(browser: Browser, tmp_path: Path) -> None:
    buckets = Histogram((Bucket(512, 1023, 3), Bucket(1024, 2047, 0), Bucket(2048, 4095, 40)))
    rows = tuple(Row((second,), buckets) for second in range(4))
    grid = grid_of_keys(MapResult("@", "quantize", ("elapsed / 1s",), rows))
    path = tmp_path / "heat.svg"
    path.write_text(heat_svg(grid, Heading("@", "", [], [])))
    cells = "[...document.querySelectorAll('.cells rect')].map(c => c.getBoundingClientRect())"
    boxes = browser.open(path).evaluate(f"{cells}.map(c => [Math.round(c.x), Math.round(c.y), Math.round(c.width)])")
    assert len(boxes) == 8 and len({width for _, _, width in boxes}) == 1
    assert len({x for x, _, _ in boxes}) == 4 and len({y for _, y, _ in boxes}) == 2
    colours = "new Set([...document.querySelectorAll('.cells rect')].map(c => getComputedStyle(c).fill)).size"
    assert [browser.open(path, dark=dark).evaluate(colours) for dark in (False, True)] == [2, 2]


def test_light_and_dark_paper(browser: Browser, svg: Path) -> None:
    paper = "getComputedStyle(document.querySelector('.paper')).fill"
    light, dark = (browser.open(svg, dark=dark).evaluate(paper) for dark in (False, True))
    assert light == "rgb(255, 255, 255)" and dark == "rgb(22, 24, 28)"
