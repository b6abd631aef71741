"""Every message of every source: read, judged by the source's settings, put to the desk once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from trading.clock import Clock
from trading.corrections import suggested_stops
from trading.decisions import Duplicate, Ingested
from trading.ids import MemberId
from trading.incoming import (
    Amends,
    CardOrigin,
    Incoming,
    IntakeStore,
    NewHeld,
    Outcome,
    OutcomeKind,
    Seen,
    Waiting,
)
from trading.model import Quote, SignalDraft
from trading.parser import ParsedSignal, Reading, SignalUpdate, UpdateKind, parse
from trading.signals import Fault, SignalService, digest, faults
from trading.sketch import Sketch, sketch_of
from trading.sources import (
    PERSON,
    NoStop,
    Offer,
    Source,
    SourceMode,
    SourceSettings,
    Unfit,
    may_be_automatic,
    tailor,
)
from trading.words import joined, told

SAME_FOR = 600
"""Seconds in which one signal told in two rooms is one signal."""
DETAILS_WITHIN = timedelta(seconds=120)
"""How long "gold buy now" waits for its stop and targets."""
HELD_FOR = timedelta(minutes=15)
_DETAILS = frozenset({UpdateKind.SET_SL, UpdateKind.SET_TP})


QuoteOf = Callable[[str], Quote | None]
"""The quote of a symbol as last seen, where the desk sees it."""


class IntakeService:
    """The one way in for text; what is answered was written down before."""

    def __init__(
        self,
        store: IntakeStore,
        signals: SignalService,
        amends: Amends,
        quote_of: QuoteOf,
        clock: Clock,
        ttl_seconds: int,
        *,
        limited: bool = False,
    ) -> None:
        """``limited``: members' plans say how many sources their accounts follow."""
        self._store = store
        self._signals = signals
        self._amends = amends
        self._quote_of = quote_of
        self._clock = clock
        self._ttl = ttl_seconds
        self._limited = limited
        self._known: dict[str, Source] = {}

    def changed(self, source: Source) -> None:
        """Take a source's new settings at once."""
        self._known[source.key] = source

    async def source(
        self,
        key: str,
        name: str,
        mode: SourceMode = SourceMode.ASK,
        *,
        forwarded: bool = False,
    ) -> Source:
        """Return the source of a key; its settings are remembered between calls."""
        known = self._known.get(key)
        if known is None:
            known = await self._store.meet(key, name, mode, forwarded=forwarded)
            self._known[key] = known
        return known

    async def behind(self, chat_id: int, message_id: int) -> CardOrigin | None:
        """Return where the signal came from whose card that message is."""
        return await self._store.behind(chat_id, message_id)

    async def take(self, message: Incoming, reading: Reading | None = None) -> Outcome:
        """Judge a message once; again it changes nothing, edited it is judged anew.

        ``reading`` is what a program said field by field; without it the text is read.
        """
        # One person's forward brings no room to everybody: its own posts wait for an owner.
        forwarded = message.by is not None and not message.key.startswith(PERSON)
        source = await self.source(
            message.key, message.name, message.first_mode, forwarded=forwarded
        )
        if source.settings.forwards_only and message.by is None:
            await self._store.introduce(source)
            return Outcome(OutcomeKind.OFF, told("source {id} is off: /channel {id}", id=source.id))
        if source.settings.mode is SourceMode.OFF:
            return Outcome(OutcomeKind.OFF, told("source {id} is off: /channel {id}", id=source.id))
        seen = await self._store.remember(source.id, message)
        again = seen.before not in (None, OutcomeKind.NEW)
        if again and seen.text == message.text[:4096]:
            return Outcome(OutcomeKind.KNOWN, told("it was read before"))
        if again:
            outcome = await self._edited(source, message, seen)
        else:
            outcome = await self._judge(source, message, seen, reading)
        if not (again and outcome.kind is OutcomeKind.CHATTER):
            await self._store.conclude(source, seen.id, outcome.kind, outcome.words)
        return outcome

    # --- a new message -----------------------------------------------------------------------

    async def _judge(
        self, source: Source, message: Incoming, seen: Seen, given: Reading | None = None
    ) -> Outcome:
        reading = given or parse(message.text)
        if reading.is_chatter:
            return Outcome(OutcomeKind.CHATTER)
        age = (self._clock.now() - seen.sent_at).total_seconds()
        limit = source.settings.ttl or self._ttl
        if age > limit:
            return Outcome(
                OutcomeKind.STALE,
                told("it is {age} s old, at most {limit} s", age=int(age), limit=limit),
            )
        if source.settings.limit and seen.lately > source.settings.limit:
            return Outcome(
                OutcomeKind.THROTTLED,
                told("more than {limit} a minute", limit=source.settings.limit),
            )
        return await self._read(source, message, reading)

    async def _read(self, source: Source, message: Incoming, reading: Reading) -> Outcome:
        if reading.held is not None:
            return await self._hold(source, message, reading.held, sketch_of(reading.guess))
        if reading.update is not None:
            completed = await self._complete(source, message, reading.update)
            if completed is not None:
                return completed
            words = await self._amends.take(
                source, message.ref, message.reply_ref, reading.update, message.text, message.by
            )
            return Outcome(OutcomeKind.UPDATE, words)
        outcomes = [
            await self._offer(source, message, parsed, f"{message.ref}:{number}")
            for number, parsed in enumerate(reading.signals)
        ]
        return _together(outcomes)

    async def _offer(
        self, source: Source, message: Incoming, parsed: ParsedSignal, ref: str
    ) -> Outcome:
        draft = parsed.draft
        if draft.stop_loss is None:
            return await self._without_stop(source, message, draft, ref)
        outcome = await self.offer(source, draft, ref, message, parsed)
        if outcome.signals:
            waiting = await self._waiting(source, message.by)
            if waiting is not None and _same_call(waiting.sketch, draft):
                await self._store.completed(waiting.held_id, outcome.signals[0])
        return outcome

    async def offer(
        self,
        source: Source,
        draft: SignalDraft,
        ref: str,
        message: Incoming | None = None,
        parsed: ParsedSignal | None = None,
        by: MemberId | None = None,
    ) -> Outcome:
        """Put a whole signal to the desk as its source's mode says; a person's to their accounts.

        ``by`` is whose it is where there is no message to say it.
        """
        fitted = tailor(source.settings, draft)
        if isinstance(fitted, Unfit):
            return Outcome(OutcomeKind.REFUSED, fitted.words)
        fitted, offer, asked = self.plan(source.settings, fitted)
        offer = replace(
            offer,
            same_for=SAME_FOR if message is not None else 0,
            text="" if message is None else message.text,
            spans={} if parsed is None else parsed.spans,
            sent_at=None if message is None else message.sent_at,
            sized=_is_sized(draft),
            limited=self._limited,
            by=by if message is None else message.by,
            only=None if message is None else message.only,
            post_ref="" if message is None else message.ref.partition(":by")[0],
        )
        result = await self._signals.ingest(fitted, source.name, ref, offer)
        match result:
            case Ingested(signal_id):
                kind = OutcomeKind.SHADOW if offer.mode is SourceMode.SHADOW else OutcomeKind.SIGNAL
                return Outcome(kind, asked, (signal_id,))
            case Duplicate(signal_id, source=elsewhere):
                room = (
                    told(", from {elsewhere}", elsewhere=elsewhere)
                    if elsewhere and elsewhere != source.name
                    else ""
                )
                words = told(
                    "signal {signal_id} is known already{room}", signal_id=signal_id, room=room
                )
                return Outcome(OutcomeKind.KNOWN, words, (signal_id,))
            case tuple():
                return Outcome(OutcomeKind.REFUSED, joined((fault.words for fault in result), "; "))
            case _:
                assert_never(result)

    async def post(
        self, name: str, ref: str, draft: SignalDraft
    ) -> Ingested | Duplicate | tuple[Fault, ...] | Unfit:
        """Put a program's signal to the desk; its reference is its idempotency key."""
        source = await self.source(f"http:{name}", name)
        if source.settings.mode is SourceMode.OFF:
            return Unfit(told("source {id} is off", id=source.id))
        found = faults(draft)
        if found:
            return found
        if draft.stop_loss is None and source.settings.no_stop is NoStop.REFUSE:
            return (Fault("stop_loss", told("a signal of this source needs a stop")),)
        fitted = tailor(source.settings, draft)
        if isinstance(fitted, Unfit):
            return fitted
        fitted, offer, _ = self.plan(source.settings, fitted)
        # The key's content is what was sent: a setting changed since does not make it another.
        offer = replace(offer, digest=digest(draft), sized=_is_sized(draft), limited=self._limited)
        return await self._signals.ingest(fitted, source.name, ref, offer)

    def plan(self, settings: SourceSettings, draft: SignalDraft) -> tuple[SignalDraft, Offer, str]:
        """Return a draft with its risk, how it is offered, and why an auto one is asked about."""
        if settings.mode is not SourceMode.AUTO:
            return draft, Offer(settings.mode), ""
        if draft.risk_percent is None and draft.volume is None:
            draft = replace(draft, risk_percent=settings.auto.max_risk)
        why = may_be_automatic(settings, draft)
        if why is not None:
            return draft, Offer(SourceMode.ASK), told("asked about: {why}", why=why)
        limits = settings.auto
        offer = Offer(SourceMode.AUTO, per_day=limits.max_per_day, most=limits.max_risk)
        return draft, offer, ""

    # --- what is missing ---------------------------------------------------------------------

    async def _without_stop(
        self, source: Source, message: Incoming, draft: SignalDraft, ref: str
    ) -> Outcome:
        why = told("it names no stop loss")
        if source.settings.mode is SourceMode.SHADOW or source.settings.no_stop is NoStop.REFUSE:
            return Outcome(
                OutcomeKind.REFUSED,
                told("{why}, and this source's are refused without one", why=why),
            )
        fitted = tailor(source.settings, draft)
        if isinstance(fitted, Unfit):
            return Outcome(OutcomeKind.REFUSED, fitted.words)
        return await self._hold(
            source, replace(message, ref=ref), why, sketch_of(draft), incomplete=True
        )

    async def _hold(
        self,
        source: Source,
        message: Incoming,
        why: str,
        sketch: Sketch,
        *,
        incomplete: bool = False,
    ) -> Outcome:
        if source.settings.mode is SourceMode.SHADOW:
            return Outcome(OutcomeKind.HELD, why)
        quote = None if sketch.symbol is None else self._quote_of(sketch.symbol)
        stops = suggested_stops(sketch, None if quote is None else (quote.bid, quote.ask))
        new = NewHeld(
            message.ref, message.text, why, sketch, incomplete, stops, HELD_FOR, message.by
        )
        await self._store.hold(source, new)
        return Outcome(OutcomeKind.HELD, why)

    async def _waiting(self, source: Source, by: MemberId | None) -> Waiting | None:
        return await self._store.waiting(source.id, self._clock.now() - DETAILS_WITHIN, by)

    async def _complete(
        self, source: Source, message: Incoming, update: SignalUpdate
    ) -> Outcome | None:
        """Join "gold buy now" with the stop and targets that follow; None where nothing waits."""
        if not _DETAILS.issuperset(update.kinds) or update.price is None:
            return None
        waiting = await self._waiting(source, message.by)
        if waiting is None or update.symbol not in (None, waiting.sketch.symbol):
            return None
        draft = _joined(waiting.sketch, update)
        if draft is None or draft.stop_loss is None or faults(draft):
            return None
        outcome = await self.offer(source, draft, waiting.ref, message)
        if outcome.signals:
            await self._store.completed(waiting.held_id, outcome.signals[0])
        return outcome

    # --- an edited one -----------------------------------------------------------------------

    async def _edited(self, source: Source, message: Incoming, seen: Seen) -> Outcome:
        before = [parsed.draft for parsed in parse(seen.text).signals]
        reading = parse(message.text)
        now = [parsed.draft for parsed in reading.signals]
        if before and before == now:
            return Outcome(seen.before or OutcomeKind.KNOWN, told("edited, the signal is the same"))
        if not before:
            fresh = replace(message, ref=f"{message.ref}:e{seen.edits}")
            return await self._judge(source, fresh, seen)
        found = await self._store.withdraw(
            source, message.ref, told("its source edited the message")
        )
        if found.acted:
            return await self._amended(source, message, seen, before, now)
        if not now:
            return Outcome(
                OutcomeKind.REFUSED, told("edited into no signal: its open cards are closed")
            )
        fresh = replace(message, ref=f"{message.ref}:e{seen.edits}")
        return await self._judge(source, fresh, seen)

    async def _amended(
        self,
        source: Source,
        message: Incoming,
        seen: Seen,
        before: list[SignalDraft],
        now: list[SignalDraft],
    ) -> Outcome:
        """Turn an edit of a signal that was ordered into the update it means."""
        if len(before) != 1 or len(now) != 1:
            return Outcome(
                OutcomeKind.UPDATE, told("edited after it was ordered: nothing was changed")
            )
        update = _difference(before[0], now[0])
        if update is None:
            return Outcome(
                OutcomeKind.UPDATE,
                told(
                    "edited after it was ordered, in more than stop and targets:"
                    " nothing was changed"
                ),
            )
        ref = f"{message.ref}:e{seen.edits}"
        words = await self._amends.take(source, ref, message.ref, update, message.text, message.by)
        return Outcome(OutcomeKind.UPDATE, words)


def _is_sized(draft: SignalDraft) -> bool:
    return draft.volume is not None or draft.risk_percent is not None


def _same_call(sketch: Sketch, draft: SignalDraft) -> bool:
    return sketch.symbol == draft.symbol and sketch.side is draft.side


def _joined(sketch: Sketch, update: SignalUpdate) -> SignalDraft | None:
    if sketch.symbol is None or sketch.side is None:
        return None
    stop = update.price if UpdateKind.SET_SL in update.kinds else sketch.stop_loss
    targets = tuple(price for _, price in sorted(update.take_profits.items()))
    return SignalDraft(
        symbol=sketch.symbol,
        side=sketch.side,
        order_type=sketch.order_type,
        entry=sketch.entry,
        stop_loss=stop,
        take_profits=targets or sketch.take_profits,
    )


def _difference(before: SignalDraft, now: SignalDraft) -> SignalUpdate | None:
    """Return what an edit changes of stop and targets; None where it changes anything else."""
    blank = {"stop_loss": None, "take_profits": ()}
    if replace(before, **blank) != replace(now, **blank) or now.stop_loss is None:  # type: ignore[arg-type]  # both are fields
        return None
    moved = before.stop_loss != now.stop_loss
    retargeted = before.take_profits != now.take_profits
    kinds = [UpdateKind.SET_SL] * moved + [UpdateKind.SET_TP] * retargeted
    return SignalUpdate(
        kinds=tuple(kinds),
        price=now.stop_loss if moved else next(iter(now.take_profits), None),
        symbol=now.symbol,
        side=now.side,
        take_profits=dict(enumerate(now.take_profits, start=1)) if retargeted else {},
    )


def _together(outcomes: list[Outcome]) -> Outcome:
    """Return several signals' outcomes as the one of their message: the weightiest kind."""
    order = (OutcomeKind.SIGNAL, OutcomeKind.SHADOW, OutcomeKind.HELD, OutcomeKind.KNOWN)
    kinds = [outcome.kind for outcome in outcomes]
    kind = next((one for one in order if one in kinds), OutcomeKind.REFUSED)
    words = joined(dict.fromkeys(one.words for one in outcomes if one.words), "; ")
    return Outcome(kind, words, tuple(signal for one in outcomes for signal in one.signals))
