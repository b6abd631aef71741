"""Quotes against the wall clock, and money across currencies."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from trading.terminal.simulated.catalogue import CATALOGUE, FOREX, Spec, spec_of
from trading.terminal.simulated.config import Config, SetupError
from trading.terminal.simulated.feed import Contents, Quote, Report, TickFile
from trading.terminal.simulated.randomwalk import RandomWalk

BUY, SELL = 0, 1
QUIET_MS = 60_000  # no tick for so long of the feed's time: the session is closed
MODEL_START_MS = 1000  # late enough for every symbol to have a first quote
_LONG_AGO = -(10**12)


@dataclass(frozen=True)
class Timeline:
    """Where on the feed's time scale a wall-clock instant lies."""

    origin_ms: int
    start_ms: int
    speed: Decimal

    def feed_ms(self, wall_ms: int) -> int:
        """Return the feed's instant at a wall-clock instant."""
        return self.start_ms + int((wall_ms - self.origin_ms) * self.speed)

    def wall_ms(self, feed_ms: int) -> int:
        """Return the wall-clock instant at which the feed reaches one of its own."""
        return self.origin_ms + int((feed_ms - self.start_ms) / self.speed)


class Market:
    """The symbols, their newest quotes and the conversion to the account's currency."""

    def __init__(self, config: Config, known: Contents | None = None) -> None:
        self._config = config
        self.specs: dict[str, Spec] = {}
        self._quotes: dict[str, Quote] = {}
        self._now = _LONG_AGO
        self._routes: dict[str, tuple[tuple[str, bool], ...]] = {}
        self._file: TickFile | None = None
        self._model: RandomWalk | None = None
        self.contents = Contents()
        if config.ticks is None:
            self._model = RandomWalk(config.seed, config.shock)
            self.specs = {self._named(spec).name: self._named(spec) for spec in CATALOGUE.values()}
        else:
            self._file = TickFile(config.ticks)
            self.contents = known or self._file.check()
            self._list_file_symbols()
            self._lend_conversions()
        for spec in self.specs.values():
            self._route(spec.profit)
            self._route(spec.margin_currency)

    @property
    def start_ms(self) -> int:
        """Return the feed's instant at which a new account begins."""
        if self._file is None:
            return MODEL_START_MS
        start, first, last = self._config.start_ms, self.contents.first_ms, self.contents.last_ms
        if start is not None and start > last:
            raise SetupError(f"SIMULATED_START is after the last quote of {self._config.ticks}")
        return max(first, start or first)

    @property
    def feed_name(self) -> str:
        """Return what tells this source of prices from another."""
        return f"seed {self._config.seed}" if self._file is None else Path(self._file_name).name

    def report(self) -> dict[str, int | bool | str]:
        """Return the feed's counters of rows used and skipped."""
        counts = Report() if self._file is None else self._file.report
        return {
            "source": self.feed_name,
            "time_msc": self._now,
            "exhausted": self._file is not None and self._file.is_exhausted,
            **vars(counts),
        }

    def ticks(self, until: int, watched: set[str]) -> Iterator[Quote]:
        """Move to an instant, returning each quote of the watched symbols on the way, in order."""
        after, self._now = self._now, max(self._now, until)
        if self._file is not None:
            for quote in self._file.until(self._now):
                named = quote._replace(symbol=quote.symbol + self._config.suffix)
                self._quotes[named.symbol] = named
                if named.symbol in watched:
                    yield named
        elif self._model is not None:
            names = {self._plain(symbol) for symbol in watched}
            for quote in self._model.between(after, self._now, names) if names else ():
                named = quote._replace(symbol=quote.symbol + self._config.suffix)
                self._quotes[named.symbol] = named
                yield named

    def skip(self, until: int) -> None:
        """Move to an instant without looking at what lies between."""
        for _ in self.ticks(until, set()):
            pass

    def quote(self, symbol: str) -> Quote | None:
        """Return the newest quote of a symbol, None before its first."""
        if self._model is not None:
            newest = self._quotes.get(symbol)
            if newest is None or newest.ms < self._now - 2 * 250:
                found = self._model.at(self._plain(symbol), self._now)
                if found is not None:
                    newest = self._quotes[symbol] = found._replace(symbol=symbol)
            return newest
        return self._quotes.get(symbol)

    def is_open(self, symbol: str) -> bool:
        """Return whether the symbol was quoted within the last minute of the feed's time."""
        quote = self.quote(symbol)
        return quote is not None and self._now - quote.ms <= QUIET_MS

    def cents(self, amount: Decimal) -> Decimal:
        """Round an amount to the account currency's smallest unit."""
        return amount.quantize(self.cent, ROUND_HALF_UP)

    @property
    def currency_digits(self) -> int:
        """Return the decimals of the account's currency."""
        return 0 if self._config.currency == "JPY" else 2

    @property
    def cent(self) -> Decimal:
        """Return the account currency's smallest unit."""
        return Decimal(1).scaleb(-self.currency_digits)

    def convert(self, amount: Decimal, currency: str) -> Decimal | None:
        """Return an amount in the account's currency, on the side that is worse for the account."""
        for symbol, is_inverse in self._route(currency):
            quote = self.quote(symbol)
            if quote is None:
                return None
            if is_inverse:
                amount = amount / (quote.ask if amount > 0 else quote.bid)
            else:
                amount = amount * (quote.bid if amount > 0 else quote.ask)
        return amount

    def profit(
        self, spec: Spec, side: int, volume: Decimal, start: Decimal, end: Decimal
    ) -> Decimal:
        """Return the result of a move in the account's currency, to the cent."""
        move = end - start if side == BUY else start - end
        amount = self.convert(move * spec.contract * volume, spec.profit)
        return self.cents(amount if amount is not None else Decimal(0))

    def margin(self, spec: Spec, side: int, volume: Decimal, price: Decimal) -> Decimal:
        """Return the margin of a position in the account's currency, to the cent (F§8)."""
        amount = volume * spec.contract / self._config.leverage
        if spec.calc_mode != FOREX:
            amount *= price
        elif spec.profit == self._config.currency:
            return self.cents(amount * price)
        elif spec.base == self._config.currency:
            return self.cents(amount)
        converted = self.convert(-amount, spec.margin_currency)
        return self.cents(abs(converted) if converted is not None else amount)

    def lend(self, symbol: str) -> None:
        """Keep the terms of a symbol that positions are left in but that is quoted no more."""
        if symbol not in self.specs:
            self.specs[symbol] = self._named(spec_of(self._plain(symbol)))

    def deciding(self, symbol: str) -> set[str]:
        """Return the symbols whose quotes decide the result of a position in one of them."""
        spec = self.specs[symbol]
        return {symbol, *(name for name, _ in self._route(spec.profit))}

    def _route(self, currency: str) -> tuple[tuple[str, bool], ...]:
        if currency not in self._routes:
            self._routes[currency] = self._find_route(currency, self._config.currency)
        return self._routes[currency]

    def _find_route(self, source: str, target: str) -> tuple[tuple[str, bool], ...]:
        if source == target:
            return ()
        for spec in self.specs.values():
            if (spec.base, spec.profit) == (source, target):
                return ((spec.name, False),)
            if (spec.base, spec.profit) == (target, source):
                return ((spec.name, True),)
        if "USD" in (source, target):
            raise SetupError(f"no symbol converts {source} to {target}")
        return self._find_route(source, "USD") + self._find_route("USD", target)

    def _named(self, spec: Spec) -> Spec:
        return replace(spec, name=spec.name + self._config.suffix)

    def _plain(self, symbol: str) -> str:
        return symbol.removesuffix(self._config.suffix)

    @property
    def _file_name(self) -> str:
        return str(self._config.ticks)

    def _list_file_symbols(self) -> None:
        for name, decimals in self.contents.decimals.items():
            spec = self._named(spec_of(name, decimals))
            self.specs[spec.name] = spec

    def _lend_conversions(self) -> None:
        """Offer, at a fixed price and closed, the symbols that conversion needs beyond the file."""
        wanted = {spec.profit for spec in self.specs.values()}
        wanted |= {spec.margin_currency for spec in self.specs.values() if spec.calc_mode == FOREX}
        wanted |= {self._config.currency, "USD"}
        for spec in CATALOGUE.values():
            pair = {spec.base, spec.profit}
            is_hub = bool(pair & {self._config.currency, "USD"})
            if spec.calc_mode == FOREX and is_hub and pair <= wanted:
                lent = self._named(spec)
                if lent.name not in self.specs:
                    mid = Decimal(f"{spec.mid:.{spec.digits}f}")
                    self.specs[lent.name] = lent
                    self._quotes[lent.name] = Quote(_LONG_AGO, lent.name, mid, mid)
