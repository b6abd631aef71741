"""One open account: market, books and trade server, moved forward before each call is answered."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, TypeVar

from trading.terminal.simulated import admin
from trading.terminal.simulated.book import Book
from trading.terminal.simulated.catalogue import Spec
from trading.terminal.simulated.checks import Permissions
from trading.terminal.simulated.config import Config
from trading.terminal.simulated.engine import Engine, next_midnight
from trading.terminal.simulated.faults import Strikes
from trading.terminal.simulated.feed import Contents
from trading.terminal.simulated.journal import Journal
from trading.terminal.simulated.ledger import Ledger
from trading.terminal.simulated.market import Market, Timeline
from trading.terminal.simulated.requests import Request
from trading.terminal.simulated.retcodes import Refused
from trading.terminal.simulated.trade import TradeServer
from trading.terminal.simulated.views import Login, Views

T = TypeVar("T")


class Session:
    """An account in use by this process."""

    def __init__(self, config: Config, clock: Callable[[], int]) -> None:
        self._config = config
        self._clock = clock
        self.login = Login(config.login, config.server)
        self.selected: set[str] = set()
        self.permissions = Permissions()
        self.must_reload = False
        """Whether what this object holds is not what the account file says."""
        self._journal = Journal(config.account_file)
        try:
            self._load()
        except BaseException:
            self._journal.close()
            raise

    def _load(self) -> None:
        with self._journal.locked():
            self.book = Book(self._journal)
            self.book.read()
            self.market = Market(self._config, self._known_contents())
            self._set_out()
            self.ledger = Ledger(self._config, self.market, self.book)
            self.engine = Engine(self._config, self.market, self.book, self.ledger)
            self.trade = TradeServer(self._config, self.market, self.book, self.ledger, self.engine)
            self.views = Views(self._config, self.market, self.book, self.ledger, self.timeline)
            self._specs = self.market.specs
            self._open_account()
            self.market.skip(self.timeline.feed_ms(self.book.state.looked_ms))
            self.book.commit()

    def close(self) -> None:
        """Let go of the account file."""
        self._journal.close()

    def reload(self) -> None:
        """Forget what could not be written and go on from what the file says."""
        self.must_reload = True
        self._journal.close()
        self._journal = Journal(self._config.account_file)
        self._load()
        self.must_reload = False

    def run(self, strikes: Strikes, instructions: list[dict[str, Any]], work: Callable[[], T]) -> T:
        """Bring the account up to now, do the work and write what changed."""
        with self._journal.locked():
            if self.book.read():
                self.market.skip(self.timeline.feed_ms(self.book.state.looked_ms))
                for symbol in self.symbols_in_use():
                    self.market.lend(symbol)
            self.market.specs = _changed(self._specs, strikes)
            self.permissions = _permissions(strikes)
            if strikes.has("disconnected") or strikes.has("freeze_quotes"):
                self.ledger.now_msc = self._clock() + self._config.offset_ms
            else:
                self.engine.advance(self.timeline, self._clock())
                self._book_late()
            self._obey(instructions)
            answer = work()
            self.book.commit()
        return answer

    def book_later(self, request: Request, seconds: float) -> None:
        """Remember a request that the server answers with a timeout and books afterwards."""
        values = {name: getattr(request, name) for name in request.given}
        plain = {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
        }
        at = self._clock() + round(seconds * 1000)
        self.book.touch_state().due.append({"at": at, "request": plain})

    def symbols_in_use(self) -> set[str]:
        """Return the symbols of open positions and working orders."""
        symbols = {position.symbol for position in self.book.positions.values()}
        return symbols | {order.symbol for order in self.book.orders.values()}

    def _book_late(self) -> None:
        now = self._clock()
        ripe = [one for one in self.book.state.due if one["at"] <= now]
        for one in ripe:
            self.book.touch_state().due.remove(one)
            with suppress(Refused):
                self.trade.plan(_request(one["request"]), Permissions()).run()

    def _obey(self, instructions: list[dict[str, Any]]) -> None:
        state = self.book.state
        for instruction in (*instructions, *state.orders_of_admin):
            identity = str(instruction.get("id", ""))
            if identity not in state.done_by_admin:
                self.book.touch_state().done_by_admin.append(identity)
                admin.carry_out(instruction, self.market, self.book, self.ledger)
        state.orders_of_admin.clear()

    # --- a new or a known account ----------------------------------------------------------

    def _known_contents(self) -> Contents | None:
        known, identity = self.book.state.contents, self._file_identity()
        if identity is None or not known or known[0] != identity:
            return None
        return Contents(known[1], known[2], known[3])

    def _file_identity(self) -> list[Any] | None:
        path = self._config.ticks
        if path is None or not path.exists():
            return None
        stat = path.stat()
        return [str(path), stat.st_size, stat.st_mtime_ns]

    def _set_out(self) -> None:
        """Continue the known timeline; a new feed begins now, a new speed goes on from here."""
        state, market, now = self.book.state, self.market, self._clock()
        name, speed = f"{market.feed_name} from {market.start_ms}", str(self._config.speed)
        if state.feed == name and state.speed == speed:
            self.timeline = Timeline(state.origin_ms, state.start_ms, Decimal(speed))
            return
        start = market.start_ms
        if state.feed == name:
            past = Timeline(state.origin_ms, state.start_ms, Decimal(state.speed))
            start = past.feed_ms(now)
        self.timeline = Timeline(now, start, self._config.speed)
        state = self.book.touch_state()
        state.feed, state.speed = name, speed
        state.origin_ms, state.start_ms, state.looked_ms = now, start, now

    def _open_account(self) -> None:
        state, found = self.book.state, self.market.contents
        contents = [self._file_identity(), found.decimals, found.first_ms, found.last_ms]
        if state.contents != contents:
            self.book.touch_state().contents = contents
        for symbol in self.symbols_in_use():
            self.market.lend(symbol)
        if state.rollover_ms:
            return
        now = self._clock()
        state = self.book.touch_state()
        state.rollover_ms = next_midnight(now, self._config.offset_ms)
        self.ledger.now_msc = now + self._config.offset_ms
        if self._config.balance:
            self.ledger.move_money(self._config.balance, "Initial deposit")


def _permissions(strikes: Strikes) -> Permissions:
    permissions = Permissions(
        is_connected=not strikes.has("disconnected"),
        is_autotrading=not strikes.has("autotrading_off"),
    )
    for rule in strikes.states.get("account", ()):
        permissions = replace(permissions, **rule["set"])
    return permissions


def _changed(specs: dict[str, Spec], strikes: Strikes) -> dict[str, Spec]:
    rules = strikes.states.get("symbol", ())
    if not rules:
        return specs
    changed = dict(specs)
    exact = {field.name for field in fields(Spec) if field.type is Decimal}
    for rule in rules:
        values: dict[str, Any] = {
            name: Decimal(str(value)) if name in exact else value
            for name, value in rule["set"].items()
        }
        changed[rule["symbol"]] = replace(changed[rule["symbol"]], **values)
    return changed


def _request(plain: dict[str, Any]) -> Request:
    exact = {field.name for field in fields(Request) if field.type is Decimal}
    values: dict[str, Any] = {
        name: Decimal(value) if name in exact else value for name, value in plain.items()
    }
    return Request(**values, given=frozenset(values))
