"""From a signal's symbol to the broker's, and what the broker says of it."""

from collections.abc import Iterable, Mapping, Sequence

from trading.clock import Clock
from trading.model import SymbolSpec
from trading.ports import Terminal

NAMES_TTL = 600.0
SPEC_TTL = 60.0
LIQUID = ("EURUSD", "GBPUSD", "USDJPY", "XAUUSD", "BTCUSD")
"""Symbols whose quotes move all the time their market is open: they tell the broker's clock."""
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "XAUUSD": ("GOLD",),
    "XAGUSD": ("SILVER",),
    "US30": ("DJ30", "DJI30", "WS30", "DOW30"),
    "NAS100": ("US100", "USTEC", "NDX100", "USTECH"),
    "US100": ("NAS100", "USTEC", "NDX100", "USTECH"),
    "GER30": ("GER40", "DE30", "DE40", "DAX40"),
    "GER40": ("GER30", "DE40", "DE30", "DAX40"),
    "USOIL": ("WTI", "XTIUSD", "CL-OIL"),
    "UKOIL": ("BRENT", "XBRUSD"),
}


def match(symbol: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the broker's names a signal's symbol can mean, best first.

    One name is an answer; several are a question for a person, none is a refusal. A broker's
    name is the symbol itself, or with a short suffix (``XAUUSDc``, ``EURUSD.r``) or prefix.
    """
    offered = list(names)
    for wanted in (symbol, *_SYNONYMS.get(symbol, ())):
        exact = [name for name in offered if name.upper() == wanted]
        if exact:
            return (exact[0],)
        decorated = sorted(
            (name for name in offered if _is_decorated(name.upper(), wanted)), key=len
        )
        if decorated:
            return tuple(decorated)
    return ()


def _is_decorated(name: str, wanted: str) -> bool:
    extra = len(name) - len(wanted)
    return 0 < extra <= 4 and (name.startswith(wanted) or name.endswith(wanted))


class SymbolBook:
    """The broker's names and properties, remembered for a little while."""

    liquid = LIQUID

    def __init__(self, terminal: Terminal, clock: Clock) -> None:
        self._terminal = terminal
        self._clock = clock
        self._names: tuple[str, ...] = ()
        self._names_until = 0.0
        self._specs: dict[str, tuple[float, SymbolSpec]] = {}
        self._found: dict[str, tuple[str, ...]] = {}

    async def candidates(self, symbol: str) -> tuple[str, ...]:
        """Return the broker's names the symbol can mean, best first."""
        now = self._clock.monotonic()
        if now >= self._names_until:
            self._names = await self._terminal.symbol_names()
            self._names_until = now + NAMES_TTL
            self._found.clear()
        if symbol not in self._found:
            self._found[symbol] = match(symbol, self._names)
        return self._found[symbol]

    async def broker_symbols(self, symbols: Sequence[str]) -> dict[str, str]:
        """Return the broker's name of each symbol that means exactly one."""
        found = {symbol: await self.candidates(symbol) for symbol in symbols}
        return {symbol: names[0] for symbol, names in found.items() if len(names) == 1}

    async def specs(self, names: Iterable[str]) -> Mapping[str, SymbolSpec]:
        """Return the properties of the broker's symbols, at most a minute old."""
        now = self._clock.monotonic()
        wanted = set(names)
        stale = [name for name in wanted if name not in self._specs or self._specs[name][0] <= now]
        if stale:
            for name, spec in (await self._terminal.specs(stale)).items():
                # A symbol just selected can show a tick value of zero for a moment (F§8).
                ttl = SPEC_TTL if spec.tick_value_loss > 0 else 0.0
                self._specs[name] = (now + ttl, spec)
        return {name: self._specs[name][1] for name in wanted if name in self._specs}

    def known(self, names: Iterable[str]) -> Mapping[str, SymbolSpec]:
        """Return the properties already read, however old: asks the terminal nothing."""
        return {name: self._specs[name][1] for name in names if name in self._specs}

    def spec(self, name: str) -> SymbolSpec | None:
        """Return the properties as last read, without asking the terminal."""
        found = self._specs.get(name)
        return None if found is None else found[1]

    def forget(self) -> None:
        """Ask anew next time: the terminal was restarted."""
        self._names_until = 0.0
        self._specs.clear()
