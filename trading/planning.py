"""From a signal to what would be sent: size, levels, and the first reason not to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from trading.cards import at_once
from trading.clock import Clock
from trading.drawdown.budget import loss_per_lot, open_risk
from trading.errors import TerminalRefused
from trading.ids import mint_client_order_id, order_comment
from trading.model import (
    Account,
    Action,
    Approval,
    ApprovalStatus,
    Denial,
    DenialReason,
    OrderRequest,
    OrderType,
    Proposal,
    Quote,
    Side,
    SignalDraft,
    Snapshot,
    SymbolSpec,
)
from trading.money import HUNDRED, floor_to_step, percent_of, round_to_tick
from trading.ports import Terminal
from trading.positions.rules import broker_target, ladder
from trading.risk import Finding, Held, OrderContext, RiskLimits, assess, deny
from trading.sizing import Refusal, lots_for_risk
from trading.spreads import SpreadBook
from trading.symbols import SymbolBook
from trading.words import told

ZERO = Decimal(0)
ONE_LOT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk knows of an account beside the snapshot, of the same moment."""

    account: Account
    floor: Decimal | None
    """The highest line of the caps that act."""
    intents: tuple[OrderRequest, ...] = ()
    """Entries on disk that are not finished: counted where the broker does not show them yet."""
    unresolved: bool = False
    blind: str = ""
    recent_orders: int = 0
    window_left: float = 0.0
    pauses: tuple[Denial, ...] = ()
    unexplained: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What approving means now: a request ready to be sent, or the reason it is not."""

    proposal: Proposal | None
    request: OrderRequest | None
    denial: Denial | None
    expected_price: Decimal | None = None
    facts: Mapping[str, str] | None = None
    findings: tuple[Finding, ...] = ()
    """Every rule that was checked, for /why."""


_Want = tuple[Side, str, Decimal, Decimal]
"""Side, broker symbol, lots and price of an entry."""


class Planner:
    """Works out plans with the terminal's own profit and margin calculation."""

    def __init__(
        self,
        terminal: Terminal,
        symbols: SymbolBook,
        limits: RiskLimits,
        clock: Clock,
        spreads: SpreadBook,
        *,
        ladder: Sequence[Decimal] = (),
    ) -> None:
        """``ladder`` is the percent of a volume closed at its first target, its second, …."""
        self._spreads = spreads
        self._terminal = terminal
        self._symbols = symbols
        self._limits = limits
        self._clock = clock
        self._ladder = tuple(ladder)
        self._margins: dict[_Want, Decimal] = {}
        """What the terminal said at the prices of one snapshot: a batch asks for each once."""
        self._margins_of = 0.0

    async def plan(self, approval: Approval, snapshot: Snapshot, standing: Standing) -> Plan:
        """Return the plan of an approval; raises ``TerminalError`` when it cannot be known.

        A volume that was shown on the card is never exceeded.
        """
        draft = approval.signal.draft
        names = await self._symbols.candidates(draft.symbol)
        if len(names) != 1:
            return _hopeless(draft, _no_symbol(draft.symbol, names))
        intents = _unseen(standing.intents, snapshot)
        held = _held(snapshot, intents)
        specs = await self._symbols.specs([names[0], *(one.symbol for one in held)])
        spec = specs.get(names[0])
        if spec is None:
            return _hopeless(draft, deny(DenialReason.SYMBOL_UNKNOWN, symbol=draft.symbol))
        draft = _rounded(draft, spec)
        quote = snapshot.quotes.get(spec.name)
        draft = at_once(draft, approval.terms, quote)
        entry = _entry(draft, quote)
        if entry is None or entry <= 0:
            return _hopeless(draft, deny(DenialReason.QUOTE_STALE, symbol=spec.name))
        per_lot = await self._loss_per_lot(draft, spec, entry)
        own = snapshot.account.own_equity
        volume, refusal = self._volume(
            approval, draft, spec, per_lot, own, snapshot.account.currency
        )
        usual, readings = self._spreads.usual(spec.name)
        volume, refusal = _sized(volume, refusal, approval.terms.size, spec)
        context = OrderContext(
            account=standing.account,
            snapshot=snapshot,
            spec=spec,
            quote=quote,
            draft=draft,
            entry=entry,
            volume=volume,
            risk_money=None if per_lot is None else per_lot * volume,
            margin=await self._margin(draft, spec, volume, entry, refusal, intents, snapshot),
            floor=standing.floor,
            open_risk=_open_risk(snapshot, intents, specs, self._limits.stress_percent),
            unresolved=standing.unresolved,
            blind=standing.blind,
            expires_at=approval.expires_at,
            now=self._clock.now(),
            snapshot_age=self._clock.monotonic() - snapshot.taken,
            limits=self._limits,
            held=held,
            specs=specs,
            reference=_reference(draft, approval),
            offering=approval.status is ApprovalStatus.OFFERED,
            usual_spread=usual,
            spread_readings=readings,
            recent_orders=standing.recent_orders,
            window_left=standing.window_left,
            pauses=standing.pauses,
            unexplained=standing.unexplained,
        )
        findings = _with_size(assess(context), context, refusal)
        denial = next((one.denial for one in findings if one.denial is not None), None)
        rungs = ladder(volume, draft.side, draft.take_profits, self._ladder, spec)
        proposal = _proposal(context, denial, refused=refusal is not None)
        half = floor_to_step(volume / 2, spec.volume_step)
        proposal = replace(
            proposal,
            ladder=tuple(rung.volume for rung in rungs),
            half=half if half >= spec.volume_min else None,
        )
        target = broker_target(draft.side, draft.take_profits, rungs)
        request = None if denial is not None else self._request(context, target)
        return Plan(proposal, request, denial, entry, _facts(context), findings)

    async def _loss_per_lot(
        self, draft: SignalDraft, spec: SymbolSpec, entry: Decimal
    ) -> Decimal | None:
        """Return what one lot loses at the stop, by the terminal; None without a usable stop."""
        stop = draft.stop_loss
        if stop is None or (entry - stop) * draft.side.sign <= 0:
            return None
        try:
            result = await self._terminal.profit(draft.side, spec.name, ONE_LOT, entry, stop)
        except TerminalRefused:
            result = ZERO
        # A terminal that calculates a gain at the stop, or nothing, is not to be believed.
        by_tick = loss_per_lot(spec, abs(entry - stop))
        return -result if result < 0 else by_tick if by_tick > 0 else None

    def _volume(
        self,
        approval: Approval,
        draft: SignalDraft,
        spec: SymbolSpec,
        per_lot: Decimal | None,
        own_equity: Decimal,
        currency: str,
    ) -> tuple[Decimal, Denial | None]:
        if draft.volume is not None:
            return draft.volume, None
        if per_lot is None:
            return spec.volume_min, None
        percent = draft.risk_percent or self._limits.risk_percent
        risk = own_equity * percent / HUNDRED
        lots = lots_for_risk(risk, per_lot, spec)
        if isinstance(lots, Refusal):
            return spec.volume_min, deny(
                DenialReason.VOLUME_TOO_SMALL,
                risk=risk.quantize(Decimal("0.01")),
                currency=currency,
                volume=(risk / per_lot).quantize(Decimal("0.0001")) if per_lot else ZERO,
                minimum=spec.volume_min,
                symbol=spec.name,
            )
        lots = min(lots, floor_to_step(self._limits.max_volume, spec.volume_step))
        shown = approval.proposal.volume if approval.proposal is not None else None
        return (lots if shown is None else min(lots, shown)), None

    async def _margin(
        self,
        draft: SignalDraft,
        spec: SymbolSpec,
        volume: Decimal,
        entry: Decimal,
        refusal: Denial | None,
        intents: Iterable[OrderRequest],
        snapshot: Snapshot,
    ) -> Decimal | None:
        """Return the margin of the entry and of what was just sent; None where refused."""
        if refusal is not None or volume <= 0:
            return ZERO
        wanted = [(draft.side, spec.name, volume, entry)]
        wanted += [
            (one.side, one.symbol, one.volume, one.price)
            for one in intents
            if one.side is not None and one.volume is not None and one.price is not None
        ]
        try:
            return sum([await self._margin_at(snapshot, one) for one in wanted], ZERO)
        except TerminalRefused:
            return None

    async def _margin_at(self, snapshot: Snapshot, want: _Want) -> Decimal:
        if self._margins_of != snapshot.taken:
            self._margins, self._margins_of = {}, snapshot.taken
        known = self._margins.get(want)
        if known is None:
            known = self._margins[want] = await self._terminal.margin(*want)
        return known

    def _request(self, ctx: OrderContext, take_profit: Decimal | None) -> OrderRequest:
        draft, spec = ctx.draft, ctx.spec
        market = draft.order_type is OrderType.MARKET
        client_order_id = mint_client_order_id()
        return OrderRequest(
            action=Action.DEAL if market else Action.PENDING,
            client_order_id=client_order_id,
            symbol=spec.name,
            side=draft.side,
            order_type=draft.order_type,
            volume=ctx.volume,
            price=ctx.entry,
            stop_limit=draft.stop_limit,
            stop_loss=draft.stop_loss,
            take_profit=take_profit,
            expires_at=_until(draft, self._clock.now()),
            deviation=self._limits.max_deviation_points,
            fillings=spec.fillings if market else (),
            comment=order_comment(client_order_id),
        )


def _sized(
    volume: Decimal, refusal: Denial | None, size: Decimal, spec: SymbolSpec
) -> tuple[Decimal, Denial | None]:
    """Return the part of the volume that was approved, never rounded up."""
    part = floor_to_step(volume * size, spec.volume_step)
    if refusal is not None or size == 1 or part >= spec.volume_min:
        return (volume if size == 1 else part), refusal
    return spec.volume_min, deny(
        DenialReason.VOLUME_TOO_SMALL, volume=part, minimum=spec.volume_min, symbol=spec.name
    )


def _until(draft: SignalDraft, now: datetime) -> datetime | None:
    """Return when the broker shall give a waiting order up."""
    if draft.good_for is None or draft.order_type is OrderType.MARKET:
        return None
    return now + timedelta(seconds=draft.good_for)


def _hopeless(draft: SignalDraft, denial: Denial) -> Plan:
    """Return the plan of a signal that cannot even be priced."""
    prices = [*(draft.entry or ()), *draft.take_profits]
    digits = max((-int(price.as_tuple().exponent) for price in prices), default=2)
    proposal = Proposal(
        symbol=draft.symbol,
        digits=max(0, digits),
        price=draft.entry[0] if draft.entry else ZERO,
        spread_points=None,
        volume=None,
        risk_money=None,
        risk_percent=None,
        reward_risk=(),
        worst_equity=None,
        floor=None,
        problem=denial,
        simulated=False,
    )
    found = Finding(
        told("symbol and price"), draft.symbol, told("one the broker has, and quotes"), denial
    )
    return Plan(proposal, None, denial, findings=(found,))


def _no_symbol(symbol: str, names: tuple[str, ...]) -> Denial:
    if not names:
        return deny(DenialReason.SYMBOL_UNKNOWN, symbol=symbol)
    several = told(
        "{symbol} (it has {names}: say which)", symbol=symbol, names=", ".join(names[:4])
    )
    return deny(DenialReason.SYMBOL_UNKNOWN, symbol=several)


def _rounded(draft: SignalDraft, spec: SymbolSpec) -> SignalDraft:
    """Return the draft with its prices on the symbol's ticks, as the broker demands."""
    tick = spec.tick_size

    def on_tick(price: Decimal) -> Decimal:
        return round_to_tick(price, tick).quantize(spec.point)

    return replace(
        draft,
        entry=None if draft.entry is None else (on_tick(draft.entry[0]), on_tick(draft.entry[1])),
        stop_loss=None if draft.stop_loss is None else on_tick(draft.stop_loss),
        take_profits=tuple(on_tick(price) for price in draft.take_profits),
        stop_limit=None if draft.stop_limit is None else on_tick(draft.stop_limit),
    )


def _entry(draft: SignalDraft, quote: Quote | None) -> Decimal | None:
    """Return the price an entry pays: of a zone the end the market reaches first."""
    if draft.order_type is OrderType.MARKET:
        return None if quote is None else quote.entry_price(draft.side)
    if draft.entry is None:
        return None
    low, high = draft.entry
    nearest_is_high = (draft.order_type is OrderType.LIMIT) is (draft.side is Side.BUY)
    return high if nearest_is_high else low


def _reference(draft: SignalDraft, approval: Approval) -> Decimal | None:
    """Return the price drift counts from: the signal's nearer end, or what the card showed."""
    if draft.entry is not None:
        low, high = draft.entry
        return high if draft.side is Side.BUY else low
    shown = approval.proposal
    return shown.price if shown is not None and shown.price > 0 else None


def _unseen(intents: Iterable[OrderRequest], snapshot: Snapshot) -> list[OrderRequest]:
    """Return the intents that the broker's books do not show yet."""
    seen = {one.client_order_id for one in snapshot.positions}
    seen |= {one.client_order_id for one in snapshot.orders}
    return [one for one in intents if one.client_order_id not in seen]


def _held(snapshot: Snapshot, intents: Iterable[OrderRequest]) -> tuple[Held, ...]:
    held = [Held(one.symbol, one.side, one.volume) for one in snapshot.positions]
    held += [Held(one.symbol, one.side, one.volume) for one in snapshot.orders]
    for one in intents:
        if one.side is not None:
            held.append(Held(one.symbol, one.side, one.volume or ZERO))
    return tuple(held)


def _open_risk(
    snapshot: Snapshot,
    intents: Iterable[OrderRequest],
    specs: Mapping[str, SymbolSpec],
    stress_percent: Decimal,
) -> Decimal | None:
    """Return what is lost if every stop is hit, None where a symbol's terms are not known."""
    total = ZERO
    for position in snapshot.positions:
        if position.symbol not in specs:
            return None
        total += open_risk(position, specs[position.symbol], stress_percent)
    waiting = [(one.symbol, one.price, one.stop_loss, one.volume) for one in snapshot.orders]
    waiting += [
        (one.symbol, one.price or ZERO, one.stop_loss, one.volume or ZERO) for one in intents
    ]
    for symbol, price, stop, volume in waiting:
        if symbol not in specs or price <= 0:
            return None
        distance = price * stress_percent / HUNDRED if stop is None else abs(price - stop)
        total += loss_per_lot(specs[symbol], distance) * volume
    return total


def open_exposure(
    snapshot: Snapshot, specs: Mapping[str, SymbolSpec], stress_percent: Decimal
) -> Decimal | None:
    """Return what is lost if every stop is hit, None where a symbol's terms are not known."""
    return _open_risk(snapshot, (), specs, stress_percent)


def _with_size(
    findings: Sequence[Finding], ctx: OrderContext, refusal: Denial | None
) -> tuple[Finding, ...]:
    """Put the sizing right before the volume check; what comes earlier is told first."""
    if ctx.draft.volume is not None:
        return tuple(findings)
    at = next(index for index, one in enumerate(findings) if one.rule == "volume")
    percent = ctx.draft.risk_percent or ctx.limits.risk_percent
    if refusal is not None:
        value = told("{volume} lots", volume=refusal.facts.get("volume", "?"))
        size = Finding(
            told("size for the risk"),
            value,
            told("at least {least}", least=ctx.spec.volume_min),
            refusal,
        )
        return (*findings[:at], size, *findings[at + 1 :])
    risk = told("unknown") if ctx.risk_money is None else f"{ctx.risk_money:,.2f}"
    size = Finding(told("size for the risk"), f"{risk} {ctx.account.currency}", f"{percent:f} %")
    return (*findings[:at], size, *findings[at:])


def _proposal(ctx: OrderContext, denial: Denial | None, *, refused: bool) -> Proposal:
    own, risk, stop = ctx.snapshot.account.own_equity, ctx.risk_money, ctx.draft.stop_loss
    distance = None if stop is None else abs(ctx.entry - stop)
    ratios = (
        tuple(
            (abs(target - ctx.entry) / distance).quantize(Decimal("0.1"))
            for target in ctx.draft.take_profits
        )
        if distance
        else ()
    )
    return Proposal(
        symbol=ctx.spec.name,
        digits=ctx.spec.digits,
        price=ctx.entry,
        spread_points=int(ctx.quote.spread / ctx.spec.point) if ctx.quote else None,
        volume=None if refused else ctx.volume,
        risk_money=None if risk is None or refused else risk.quantize(Decimal("0.01")),
        risk_percent=None
        if risk is None or refused
        else percent_of(risk, own).quantize(Decimal("0.01")),
        reward_risk=ratios,
        worst_equity=None
        if risk is None or ctx.open_risk is None
        else (own - ctx.open_risk - risk).quantize(Decimal("0.01")),
        floor=ctx.floor,
        problem=denial,
        simulated=ctx.spec.simulated,
    )


def _facts(ctx: OrderContext) -> dict[str, str]:
    """Return what the decision was made on, for the card and for /why."""
    quote = ctx.quote
    facts = {
        "point": str(ctx.spec.point),
        "digits": str(ctx.spec.digits),
        "entry": str(ctx.entry),
        "equity": str(ctx.snapshot.account.own_equity),
    }
    if ctx.open_risk is not None:
        facts["open_risk"] = str(ctx.open_risk)
    if ctx.margin is not None:
        facts["margin"] = str(ctx.margin)
    if quote is not None:
        facts |= {"bid": str(quote.bid), "ask": str(quote.ask)}
    if ctx.risk_money is not None:
        facts["risk"] = str(ctx.risk_money)
    if ctx.floor is not None:
        facts["floor"] = str(ctx.floor)
    return facts
