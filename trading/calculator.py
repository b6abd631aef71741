"""What a stop would cost: the sizing of a signal, without a signal."""

from dataclasses import dataclass
from decimal import Decimal

from trading.drawdown.budget import worst_case
from trading.errors import TerminalError, TerminalRefused
from trading.ids import AccountId
from trading.loop import AccountLoop, TradingLoop
from trading.model import Quote, Side, SymbolSpec
from trading.money import HUNDRED, floor_to_step
from trading.planning import open_exposure
from trading.risk import RiskLimits
from trading.sizing import Refusal, lots_for_risk
from trading.words import capital, told

ONE_LOT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Calculation:
    """The volume for a risk to a stop, and what it would mean now."""

    symbol: str
    side: Side
    digits: int
    currency: str
    entry: Decimal
    stop: Decimal
    points: Decimal
    loss_per_lot: Decimal
    percent: Decimal
    risk_asked: Decimal
    volume: Decimal
    risk_taken: Decimal
    margin: Decimal
    capped_at: Decimal | None
    """The desk's largest volume, where the risk would have allowed more."""
    worst_equity: Decimal | None
    floor: Decimal | None


@dataclass(frozen=True, slots=True)
class NotCalculated:
    """Why there is no answer, in words."""

    words: str


class Calculator:
    """Answers from the account's last snapshot and the terminal's own profit calculation."""

    def __init__(self, loop: TradingLoop, limits: RiskLimits) -> None:
        self._loop = loop
        self._limits = limits

    async def calculate(
        self, account_id: AccountId, symbol: str, stop: Decimal, percent: Decimal | None
    ) -> Calculation | NotCalculated:
        """Return the lots that lose that percent of own equity from the price of now to the stop.

        The side follows from where the stop lies. Nothing is traded or kept.
        """
        loop = self._loop.of(account_id)
        if loop is None or loop.snapshot is None or loop.blind:
            return NotCalculated(told("The account cannot be seen now: ask again once it can."))
        percent = self._limits.risk_percent if percent is None else percent
        if not 0 < percent <= HUNDRED:
            return NotCalculated(told("The risk must be more than 0 and at most 100 %."))
        try:
            return await self._calculate(loop, symbol, stop, percent)
        except TerminalRefused as error:
            return NotCalculated(
                told("The terminal would not calculate it: {text}", text=error.text)
            )
        except TerminalError as error:
            return NotCalculated(told("The terminal did not answer: {error}", error=error))

    async def _calculate(
        self, loop: AccountLoop, symbol: str, stop: Decimal, percent: Decimal
    ) -> Calculation | NotCalculated:
        names = await loop.symbols.candidates(symbol)
        if len(names) != 1:
            several = told(": say which of {names}", names=", ".join(names[:4])) if names else ""
            return NotCalculated(
                told("The broker has no symbol {symbol}{several}.", symbol=symbol, several=several)
            )
        snapshot = await loop.terminal.snapshot(names)
        held = [one.symbol for one in snapshot.positions]
        held += [one.symbol for one in snapshot.orders]
        specs = await loop.symbols.specs([names[0], *held])
        spec, quote = specs[names[0]], snapshot.quotes.get(names[0])
        if quote is None or quote.bid <= 0 or quote.ask < quote.bid:
            return NotCalculated(told("There is no price of {names} now.", names=names[0]))
        side, entry = _side(stop, quote)
        if entry is None:
            return NotCalculated(
                told("The stop lies between bid and ask: it would be hit at once.")
            )
        loss = -await loop.terminal.profit(side, spec.name, ONE_LOT, entry, stop)
        own, currency = snapshot.account.own_equity, snapshot.account.currency
        risk = own * percent / HUNDRED
        lots = lots_for_risk(risk, loss, spec)
        if isinstance(lots, Refusal):
            words = told("{words} (in {currency}).", words=lots.words, currency=currency)
            return NotCalculated(capital(words))
        most = floor_to_step(self._limits.max_volume, spec.volume_step)
        volume = min(lots, most)
        exposure, floor = open_exposure(snapshot, specs, self._limits.stress_percent), None
        worst = None
        if exposure is not None and loop.verdict.floor is not None:
            floor = loop.verdict.floor
            worst = worst_case(own, floor, [exposure], loss * volume).worst_equity
        return Calculation(
            symbol=spec.name,
            side=side,
            digits=spec.digits,
            currency=currency,
            entry=entry,
            stop=stop,
            points=_points(entry, stop, spec),
            loss_per_lot=loss,
            percent=percent,
            risk_asked=risk,
            volume=volume,
            risk_taken=loss * volume,
            margin=await loop.terminal.margin(side, spec.name, volume, entry),
            capped_at=most if lots > most else None,
            worst_equity=worst,
            floor=floor,
        )


def _side(stop: Decimal, quote: Quote) -> tuple[Side, Decimal | None]:
    if stop < quote.bid:
        return Side.BUY, quote.ask
    if stop > quote.ask:
        return Side.SELL, quote.bid
    return Side.BUY, None


def _points(entry: Decimal, stop: Decimal, spec: SymbolSpec) -> Decimal:
    return (abs(entry - stop) / spec.point).quantize(Decimal(1))
