"""A scripted trader: approves, rejects, lets expire, sets a cap, and is driven into a breach."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from bot.sandbox.chats import ChatMessage
from bot.sandbox.person import Person
from trading.clock import Clock
from trading.model import Quote, Side, SymbolSpec

CAP_PERCENT = 1
BREACH_TIMES = Decimal("2.5")
"""How many times the cap the expected fall is sized to lose."""

Post = Callable[[dict[str, object]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Market:
    """What the script needs to know of the market it trades in."""

    symbol: str
    """What is going to fall."""
    fall: Decimal
    """By how much, in price."""
    other: str
    """What the first trades are made in."""
    quotes: Callable[[], Awaitable[dict[str, tuple[Quote, SymbolSpec]]]]


class Autopilot:
    """Plays a person for a number of seconds and says line by line what was seen."""

    def __init__(
        self, person: Person, post: Post, market: Market, clock: Clock, seconds: float
    ) -> None:
        self._person = person
        self._post = post
        self._market = market
        self._clock = clock
        self._began = clock.monotonic()
        self._ends = self._began + seconds
        self._number = 0

    async def play(self) -> bool:
        """Run every step; False, and which one, as soon as one was not seen in the chat."""
        try:
            await self._start()
            await self._approve()
            await self._reject()
            await self._expire()
            held = await self._buy_what_falls()
            await self._tighten()
            await self._breach(held)
            await self._results()
            await self._refused_while_halted()
            await self._resume()
        except AssertionError as error:
            self._say(f"NOT SEEN: {error}")
            return False
        self._say("every step was seen in the chat")
        return True

    async def _start(self) -> None:
        sent = await self._person.presses_start()
        await self._person.sees("Welcome", timeout=10, after=sent)
        sent = await self._person.sends("/status")
        status = await self._person.sees("Equity", timeout=10, after=sent)
        self._say("the desk answers /status", status)

    async def _approve(self) -> None:
        card = await self._signal(self._market.other, Side.BUY, "take it")
        self._say("a signal became a card", card)
        toast = await self._person.taps(card, "Approve")
        assert toast is not None
        await self._person.sees_in(card, "Filled", 10)
        self._say(f"approved, toast {toast.text!r}: the same card says", card)

    async def _reject(self) -> None:
        card = await self._signal(self._market.other, Side.SELL, "no thanks")
        await self._person.taps(card, "Reject")
        await self._person.sees_in(card, "Rejected by", 10)
        self._say("rejected", card)

    async def _expire(self) -> None:
        card = await self._signal(self._market.other, Side.BUY, "nobody answers", expires_in=2)
        await self._person.sees_in(card, "Expired", 10)
        self._say("nobody answered: no trade", card)

    async def _buy_what_falls(self) -> ChatMessage:
        quote, spec = (await self._market.quotes())[self._market.symbol]
        loss = spec.tick_value_loss * self._market.fall / spec.tick_size
        wanted = Decimal(10000) * CAP_PERCENT / 100 * BREACH_TIMES / loss
        volume = (wanted / spec.volume_step).to_integral_value(ROUND_UP) * spec.volume_step
        card = await self._signal(
            self._market.symbol,
            Side.BUY,
            "before the fall",
            volume=str(min(volume, Decimal(1))),
            distance=self._market.fall * 3,
        )
        await self._person.taps(card, "Approve")
        await self._person.sees_in(card, "Filled", 10)
        self._say(f"bought {self._market.symbol} at bid {quote.bid}", card)
        return card

    async def _tighten(self) -> None:
        sent = await self._person.sends(f"/cap {CAP_PERCENT}")
        answer = await self._person.sees(f"total {CAP_PERCENT} %", timeout=10, after=sent)
        self._say("tightened the cap", answer)

    async def _breach(self, after: ChatMessage) -> None:
        left = self._ends - self._clock.monotonic()
        report = await self._person.sees(
            "DRAWDOWN CAP REACHED", timeout=max(5.0, left), after=after
        )
        await self._person.sees_in(report, "Flat", 20)
        self._say("the cap was reached and everything closed", report)
        sent = await self._person.sends("/positions")
        empty = await self._person.sees("No open positions", timeout=10, after=sent)
        self._say("the account is flat", empty)

    async def _results(self) -> None:
        for said, wanted in (
            ("/profit", "Realised"),
            ("/daily 3", "trades"),
            ("/performance exit", "drawdown cap"),
        ):
            sent = await self._person.sends(said)
            answer = await self._person.sees(wanted, timeout=10, after=sent)
            self._say(f"the desk answers {said}", answer)
        sent = await self._person.sends("/export")
        answer = await self._person.sees("✅", timeout=20, after=sent)
        self._say("the trades came as a file", answer)

    async def _refused_while_halted(self) -> None:
        card = await self._signal(self._market.other, Side.BUY, "while halted")
        assert not card.buttons, "a card offered buttons on a halted account"
        self._say("a signal while halted is not offered", card)

    async def _resume(self) -> None:
        sent = await self._person.sends("/resume")
        question = await self._person.sees("Resume trading?", timeout=10, after=sent)
        await self._person.taps(question, "Confirm")
        await self._person.sees_in(question, "active again", 10)
        self._say("an owner resumed", question)

    async def _signal(
        self,
        symbol: str,
        side: Side,
        comment: str,
        *,
        volume: str | None = None,
        distance: Decimal | None = None,
        expires_in: int = 60,
    ) -> ChatMessage:
        """Post a signal round the present price and wait for its card."""
        self._number += 1
        quote, spec = (await self._market.quotes())[symbol]
        price = quote.entry_price(side)
        away = distance or max(price / 200, spec.stops_level * spec.point * 3)
        stop = (price - away * side.sign).quantize(spec.point)
        target = (price + away * 2 * side.sign).quantize(spec.point)
        last = self._person.messages[-1]
        status = await self._post(
            {
                "source": "autopilot",
                "ref": f"step-{self._number}",
                "symbol": symbol,
                "side": side.value,
                "type": "market",
                "stop_loss": str(stop),
                "take_profits": [str(target)],
                "volume": volume,
                "expires_in": expires_in,
                "comment": comment,
            }
        )
        assert status == 201, f"the signal was answered {status}"
        return await self._person.sees(f"{side.value.upper()} {symbol}", timeout=10, after=last)

    def _say(self, what: str, message: ChatMessage | None = None) -> None:
        seconds = self._clock.monotonic() - self._began
        sys.stdout.write(f"{seconds:6.2f} s  {what}\n")
        if message is not None:
            for line in message.text.splitlines():
                sys.stdout.write(f"            | {line}\n")
        sys.stdout.flush()
