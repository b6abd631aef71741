"""The same desk against a local Bot API and the simulated terminal: no token, no Windows."""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp

from bot.app import App, open_app
from bot.logs import configure
from bot.sandbox import TOKEN, Person, Sandbox
from bot.sandbox.autopilot import Autopilot, Market
from bot.sandbox.market import Fall, steepest_fall
from bot.settings import Settings, load_settings
from bot.signal_command import PATH, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from bot.stopping import stop_on_signal
from bot.terminals import check_ticks, terminal_config
from trading.clock import SystemClock
from trading.model import Quote, SymbolSpec
from trading.terminal.factory import TerminalConfig

YOU = 1001
SECRET = "demo-signals"  # noqa: S105 - a key of a demonstration on loopback
LEAD = 0.65
"""Of an autopilot's time, how much lies before the bottom of the fall."""
SHOCK_PERCENT = 2


def main(arguments: argparse.Namespace) -> int:
    """Run the demonstration until Ctrl+C, or an autopilot's script; 0 when all was well."""
    with tempfile.TemporaryDirectory(prefix="desk-demo-") as folder:
        check_ticks(_settings(arguments, Path(folder), "http://127.0.0.1"))
        return asyncio.run(_demo(arguments, Path(folder)))


async def _demo(arguments: argparse.Namespace, folder: Path) -> int:
    seconds = None if arguments.autopilot is None else float(arguments.autopilot)
    sandbox = Sandbox()
    await sandbox.start(port=arguments.port)
    try:
        return await _play(arguments, folder, seconds, sandbox)
    finally:
        await sandbox.stop()


async def _play(
    arguments: argparse.Namespace, folder: Path, seconds: float | None, sandbox: Sandbox
) -> int:
    settings = _settings(arguments, folder, sandbox.url)
    configure(settings.log, settings.secrets())
    config, fall = _terminal(arguments, settings, seconds)
    person = sandbox.person(YOU, "You")
    async with open_app(settings, terminal=config) as app, asyncio.TaskGroup() as group:
        running = group.create_task(app.run())
        with stop_on_signal(app.stopping):
            well = await _use(app, settings, person, fall, seconds, sandbox.url)
        app.stopping.set()
        await running
    return 0 if well else 1


async def _use(
    app: App,
    settings: Settings,
    person: Person,
    fall: Fall,
    seconds: float | None,
    url: str,
) -> bool:
    sys.stdout.write(f"Chat with the desk at {url} (Ctrl+C ends it)\n")
    sys.stdout.flush()
    if seconds is None:
        said = await person.presses_start()
        await person.sees("Welcome", timeout=10, after=said)  # so that the card comes last
        await _sample(_Quotes(app), _Poster(settings), fall.symbol)
        await app.stopping.wait()
        return True
    quotes = _Quotes(app)
    await quotes.ready()
    others = [name for name in await quotes.names() if name != fall.symbol]
    market = Market(
        fall.symbol,
        fall.size,
        "EURUSD" if "EURUSD" in others else (others or [fall.symbol])[0],
        quotes,
    )
    script = Autopilot(person, _Poster(settings), market, SystemClock(), seconds)
    return await script.play()


async def _sample(quotes: "_Quotes", post: "_Poster", symbol: str) -> None:
    """Put one signal round the present price, so that there is a card to tap."""
    await quotes.ready()
    known = await quotes()
    if symbol not in known:
        return
    quote, spec = known[symbol]
    away = quote.ask / 250
    await post(
        {
            "source": "demo",
            "ref": "welcome",
            "symbol": symbol,
            "side": "buy",
            "type": "market",
            "stop_loss": str((quote.ask - away).quantize(spec.point)),
            "take_profits": [str((quote.ask + away * n).quantize(spec.point)) for n in (1, 2)],
            "expires_in": 900,
            "comment": "Tap Approve: it fills on the simulated account.",
        }
    )


class _Quotes:
    """Asks the desk's own terminal for the prices a script's signals are made of."""

    def __init__(self, app: App) -> None:
        self._loop = app.loop.loops[0]

    async def ready(self) -> None:
        while self._loop.last_pass is None:  # noqa: ASYNC110 - a demonstration may look
            await asyncio.sleep(0.05)

    async def names(self) -> tuple[str, ...]:
        return await self._loop.terminal.symbol_names()

    async def __call__(self) -> dict[str, tuple[Quote, SymbolSpec]]:
        names = await self.names()
        snapshot = await self._loop.terminal.snapshot(names)
        specs = await self._loop.terminal.specs(names)
        return {
            name: (quote, specs[name]) for name, quote in snapshot.quotes.items() if name in specs
        }


class _Poster:
    """Posts signals to the desk as any outside program would."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://{settings.http.host}:{settings.http.port}{PATH}"

    async def __call__(self, signal: dict[str, object]) -> int:
        body = json.dumps(signal).encode()
        timestamp = str(int(SystemClock().now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(SECRET, timestamp, body),
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._url, data=body, headers=headers) as answer,
        ):
            return answer.status


def _settings(arguments: argparse.Namespace, folder: Path, api_url: str) -> Settings:
    given = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_OWNER_IDS": str(YOU),
        "TELEGRAM_API_URL": api_url,
        "DATABASE_PATH": str(folder / "demo.db"),
        "HTTP_PORT": str(_free_port()),
        "SIGNAL_SECRET": SECRET,
        "TERMINAL_KIND": "simulated",
        "TERMINAL_TICKS": "" if arguments.ticks is None else str(arguments.ticks.resolve()),
        "TERMINAL_SPEED": "" if arguments.speed is None else str(arguments.speed),
        "LOG_LEVEL": "WARNING",
    }
    return load_settings(given, None, need_telegram=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _terminal(
    arguments: argparse.Namespace, settings: Settings, seconds: float | None
) -> tuple[TerminalConfig, Fall]:
    """Return the terminal, started before the steepest fall when a script is to meet it."""
    config = terminal_config(settings, settings.database_path)
    lead = (seconds or 0.0) * LEAD
    if arguments.ticks is not None:
        fall = steepest_fall(arguments.ticks)
        start = fall.lead(lead * float(arguments.speed or Decimal(1)))
        extra = {} if seconds is None else {"SIMULATED_START": start}
    else:
        price = Decimal(2650)
        fall = Fall("XAUUSD", 0, price * SHOCK_PERCENT / 100, price)
        extra = {"SIMULATED_SHOCK": f"XAUUSD:{SHOCK_PERCENT}:{lead:.0f}:10"}
        if seconds is None:
            extra = {}
    return replace(config, extra={**config.extra, **extra}), fall
