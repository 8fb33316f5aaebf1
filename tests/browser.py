"""A real browser without a screen, driven through a pipe by the Chrome DevTools Protocol: nothing to install but it.

    with Browser() as browser: page = browser.open(path); page.evaluate("document.title"); page.press("Enter")

Protocol: https://chromedevtools.github.io/devtools-protocol/. Messages are JSON, each ended by a zero byte, on the
browser's descriptors 3 (to it) and 4 (from it).
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--remote-debugging-pipe", "--hide-scrollbars", "--force-device-scale-factor=1")  # fmt: skip
_PATIENCE = 30
_KEYS = {"Enter": 13, "Escape": 27, "Backspace": 8, "ArrowUp": 38, "ArrowDown": 40, "Home": 36, "f": 70, "/": 191}


class Browser:
    """One process; gone at the end of the `with` block, with all that it has written."""

    def __init__(self) -> None:
        found = [path for name in NAMES if (path := shutil.which(name))]
        if not found:
            raise FileNotFoundError(f"there is no browser ({', '.join(NAMES)}): `sh tests/setup.sh` installs one")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        words = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', found[0], *_OPTIONS]
        words += [f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            words, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._buffer, self._number = ours_in, ours_out, b"", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def call(self, method: str, session: str = "", **parameters: Any) -> Any:
        """One command, and its result; events in between are dropped."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        deadline = time.monotonic() + _PATIENCE
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _receive(self, deadline: float, what: str) -> Any:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"the browser did not answer {what}"
            more = os.read(self._in, 1 << 20)
            assert more, f"the browser has ended: {what}"
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(
        self, path: Path, width: int = 1200, *, height: int = 800, dark: bool = False, scripts: bool = True
    ) -> "Page":
        """A file in a window of this size, once it has loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        page.resize(width, height)
        page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Page.navigate", url=path.resolve().as_uri())
        if scripts:
            page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        else:
            time.sleep(1)
        return page


class Page:
    """One window."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, **parameters: Any) -> Any:
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, as JSON has it; fails where that throws."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + _PATIENCE
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"waited too long for {condition}"
            time.sleep(0.02)

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def click(self, element: str) -> None:
        """The mouse, on the middle of what an expression gives."""
        x, y = self.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({element}).getBoundingClientRect())")
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def point(self, element: str) -> None:
        """The mouse over it, without a click."""
        x, y = self.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({element}).getBoundingClientRect())")
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def type(self, text: str) -> None:
        """Text, as from a keyboard."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, control: bool = False) -> None:
        """A key, with or without Ctrl."""
        facts = {"key": key, "windowsVirtualKeyCode": _KEYS[key], "modifiers": 2 if control else 0}
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", **facts)
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def screenshot(self, path: Path) -> bytes:
        """What is seen, as PNG; also the bytes."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(data)
        return data
