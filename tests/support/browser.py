"""A headless Chromium, driven over the DevTools protocol: no driver program, no heavy library."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

CHROMIUM: Final = Path("/usr/bin/chromium")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    # Nothing but this machine: Telegram's own script must not be needed.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
_PATIENCE: Final = 20.0
PHONE: Final = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class BrowserError(Exception):
    """The browser said no, or a script in the page failed."""


@dataclass
class _Wire:
    """The one websocket to the browser: answers by number, events by session."""

    socket: aiohttp.ClientWebSocketResponse
    waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def read(self) -> None:
        async for message in self.socket:
            told = json.loads(message.data)
            if "id" in told:
                self.waiting.pop(told["id"]).set_result(told)
            else:
                self.events.append(told)

    async def ask(self, method: str, session: str | None = None, **values: Any) -> dict[str, Any]:
        number = next(self.numbers)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        given = {"id": number, "method": method, "params": values}
        await self.socket.send_json(given if session is None else {**given, "sessionId": session})
        async with asyncio.timeout(_PATIENCE):
            told = await answer
        if "error" in told:
            raise BrowserError(f"{method}: {told['error']['message']}")
        found: dict[str, Any] = told["result"]
        return found


@dataclass
class Tab:
    """One page of one browser profile."""

    wire: _Wire
    session: str

    async def ask(self, method: str, **values: Any) -> dict[str, Any]:
        return await self.wire.ask(method, self.session, **values)

    async def go(self, address: str) -> None:
        """Load a page and wait until it is there."""
        told = await self.ask("Page.navigate", url=address)
        if "errorText" in told:
            raise BrowserError(f"{address}: {told['errorText']}")
        await self.settled()

    async def settled(self) -> None:
        """Wait until what is loading is loaded."""
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """Return what an expression is in the page."""
        told = await self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise BrowserError(told["exceptionDetails"]["exception"].get("description", script))
        return told["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true in the page, whichever page that is by then."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                with suppress(BrowserError):  # a page that goes away takes its question along
                    if await self.run(f"Boolean({script})"):
                        return
                await asyncio.sleep(0.02)

    async def press(self, words: str) -> None:
        """Press the button or link with these words, and wait for the page it leads to."""
        await self.run("window.pressed = true")
        found = await self.run(
            "(() => { const all = [...document.querySelectorAll('button, a')];"
            f" const one = all.find((each) => each.textContent.includes({json.dumps(words)}));"
            " if (!one) return false; one.click(); return true; })()"
        )
        if not found:
            raise BrowserError(f"nothing says {words!r}: {await self.text()}")
        await self.until("!window.pressed && document.readyState === 'complete'")

    async def key(self, name: str) -> None:
        """Press a key."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=9)

    async def text(self) -> str:
        """Return what a person reads of the page."""
        return str(await self.run("document.querySelector('main').innerText"))

    async def look(self, theme: str) -> None:
        """Be a phone, light or dark."""
        await self.ask("Emulation.setDeviceMetricsOverride", **PHONE)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        await self.ask("Emulation.setEmulatedMedia", features=features)

    async def picture(self) -> bytes:
        """Return what the whole page looks like, as a PNG."""
        told = await self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(told["data"])

    def complaints(self) -> list[str]:
        """Return what the browser refused or missed on this tab so far, and how scripts failed."""
        found = []
        for one in self.wire.events:
            if one.get("sessionId") != self.session:
                continue
            if one["method"] == "Log.entryAdded":
                found.append(str(one["params"]["entry"]["text"]))
            elif one["method"] == "Runtime.exceptionThrown":
                found.append(str(one["params"]["exceptionDetails"]["text"]))
        return found


@dataclass
class Browser:
    """A running Chromium."""

    wire: _Wire

    async def tab(self) -> Tab:
        """Open a page in a profile of its own."""
        made = await self.wire.ask("Target.createBrowserContext")
        target = await self.wire.ask(
            "Target.createTarget", url="about:blank", browserContextId=made["browserContextId"]
        )
        told = await self.wire.ask(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        tab = Tab(self.wire, told["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            await tab.ask(f"{domain}.enable")
        return tab


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """Run a browser with a fresh profile in a folder until the context ends."""
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM),
        *_FLAGS,
        f"--user-data-dir={folder}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await _address(folder, process)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=0) as socket,
        ):
            wire = _Wire(socket)
            reading = asyncio.ensure_future(wire.read())  # noqa: TID251 - a test has no task group
            try:
                yield Browser(wire)
            finally:
                with suppress(BrowserError, TimeoutError):
                    await wire.ask("Browser.close")
                reading.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _address(folder: Path, process: asyncio.subprocess.Process) -> str:
    file = folder / "DevToolsActivePort"
    async with asyncio.timeout(_PATIENCE):
        while not (file.exists() and file.read_text().count("\n")):
            if process.returncode is not None:
                raise BrowserError(f"Chromium ended with {process.returncode}")
            await asyncio.sleep(0.02)
    port, path = file.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"
