"""From a signal to what would be sent: size, levels, and the first reason not to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.clock import Clock
from trading.drawdown.budget import loss_per_lot, open_risk
from trading.ids import mint_client_order_id, order_comment
from trading.model import (
    Account,
    Action,
    Approval,
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
from trading.risk import OrderContext, RiskLimits, check_order, deny
from trading.sizing import Refusal, lots_for_risk
from trading.symbols import SymbolBook

ZERO = Decimal(0)
ONE_LOT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the desk knows of an account beside the snapshot, of the same moment."""

    account: Account
    floor: Decimal | None
    """The highest line of the caps that act."""
    waiting: int = 0
    unresolved: bool = False
    blind: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What approving means now: a request ready to be sent, or the reason it is not."""

    proposal: Proposal | None
    request: OrderRequest | None
    denial: Denial | None
    expected_price: Decimal | None = None
    facts: Mapping[str, str] | None = None


class Planner:
    """Works out plans with the terminal's own profit and margin calculation."""

    def __init__(
        self, terminal: Terminal, symbols: SymbolBook, limits: RiskLimits, clock: Clock
    ) -> None:
        self._terminal = terminal
        self._symbols = symbols
        self._limits = limits
        self._clock = clock

    async def plan(self, approval: Approval, snapshot: Snapshot, standing: Standing) -> Plan:
        """Return the plan of an approval; raises ``TerminalError`` when it cannot be known.

        A volume that was shown on the card is never exceeded.
        """
        draft = approval.signal.draft
        names = await self._symbols.candidates(draft.symbol)
        if len(names) != 1:
            return _hopeless(draft, _no_symbol(draft.symbol, names))
        specs = await self._symbols.specs(
            [names[0], *(position.symbol for position in snapshot.positions)]
        )
        spec = specs.get(names[0])
        if spec is None:
            return _hopeless(draft, deny(DenialReason.SYMBOL_UNKNOWN, symbol=draft.symbol))
        draft = _rounded(draft, spec)
        quote = snapshot.quotes.get(spec.name)
        entry = _entry(draft, quote)
        if entry is None or entry <= 0:
            return _hopeless(draft, deny(DenialReason.QUOTE_STALE, symbol=spec.name))
        per_lot = await self._loss_per_lot(draft, spec, entry)
        own = snapshot.account.own_equity
        volume, refusal = self._volume(
            approval, draft, spec, per_lot, own, snapshot.account.currency
        )
        risk = None if per_lot is None else per_lot * volume
        context = OrderContext(
            account=standing.account,
            snapshot=snapshot,
            spec=spec,
            quote=quote,
            draft=draft,
            entry=entry,
            volume=volume,
            risk_money=risk,
            margin=await self._margin(draft, spec, volume, entry, refusal),
            floor=standing.floor,
            open_risk=_open_risk(snapshot, specs),
            waiting=standing.waiting,
            unresolved=standing.unresolved,
            blind=standing.blind,
            expires_at=approval.expires_at,
            now=self._clock.now(),
            snapshot_age=self._clock.monotonic() - snapshot.taken,
            limits=self._limits,
        )
        denial = _first(context, refusal)
        proposal = _proposal(context, denial, refused=refusal is not None)
        request = None if denial is not None else self._request(context)
        return Plan(proposal, request, denial, entry, _facts(context))

    async def _loss_per_lot(
        self, draft: SignalDraft, spec: SymbolSpec, entry: Decimal
    ) -> Decimal | None:
        """Return what one lot loses at the stop, by the terminal; None without a usable stop."""
        stop = draft.stop_loss
        if stop is None or (entry - stop) * draft.side.sign <= 0:
            return None
        result = await self._terminal.profit(draft.side, spec.name, ONE_LOT, entry, stop)
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
    ) -> Decimal:
        if refusal is not None or volume <= 0:
            return ZERO
        return await self._terminal.margin(draft.side, spec.name, volume, entry)

    def _request(self, ctx: OrderContext) -> OrderRequest:
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
            take_profit=draft.take_profits[0] if draft.take_profits else None,
            deviation=self._limits.max_deviation_points,
            fillings=spec.fillings if market else (),
            comment=order_comment(client_order_id),
        )


def _hopeless(draft: SignalDraft, denial: Denial) -> Plan:
    """Return the plan of a signal that cannot even be priced."""
    prices = [*(draft.entry or ()), *draft.take_profits]
    digits = max((-int(price.as_tuple().exponent) for price in prices), default=2)
    proposal = Proposal(
        symbol=draft.symbol,
        digits=max(0, digits),
        price=draft.entry[0] if draft.entry else ZERO,
        spread_points=0,
        volume=None,
        risk_money=None,
        risk_percent=None,
        reward_risk=(),
        worst_equity=None,
        floor=None,
        problem=denial,
        simulated=False,
    )
    return Plan(proposal, None, denial)


def _no_symbol(symbol: str, names: tuple[str, ...]) -> Denial:
    if not names:
        return deny(DenialReason.SYMBOL_UNKNOWN, symbol=symbol)
    several = f"{symbol} (it has {', '.join(names[:4])}: say which)"
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


def _open_risk(snapshot: Snapshot, specs: Mapping[str, SymbolSpec]) -> Decimal:
    risks = [
        open_risk(position, specs[position.symbol])
        for position in snapshot.positions
        if position.symbol in specs
    ]
    for order in snapshot.orders:
        spec = specs.get(order.symbol)
        if spec is not None and order.stop_loss is not None:
            distance = abs(order.price - order.stop_loss)
            risks.append(loss_per_lot(spec, distance) * order.volume)
    return sum(risks, ZERO)


def _first(ctx: OrderContext, refusal: Denial | None) -> Denial | None:
    """Sizing sits right before the volume check; what comes earlier is told first."""
    denial = check_order(ctx)
    if refusal is None:
        return denial
    early = denial is not None and denial.reason not in _AFTER_SIZING
    return denial if early else refusal


_AFTER_SIZING = frozenset(
    {
        DenialReason.VOLUME_TOO_SMALL,
        DenialReason.VOLUME_OFF_STEP,
        DenialReason.VOLUME_TOO_LARGE,
        DenialReason.OPPOSITE_POSITION,
        DenialReason.TOO_MANY_POSITIONS,
        DenialReason.WORST_CASE_BELOW_FLOOR,
        DenialReason.CAP_REACHED,
        DenialReason.MARGIN_TOO_SMALL,
    }
)


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
        spread_points=int(ctx.quote.spread / ctx.spec.point) if ctx.quote else 0,
        volume=None if refused else ctx.volume,
        risk_money=None if risk is None or refused else risk.quantize(Decimal("0.01")),
        risk_percent=None
        if risk is None or refused
        else percent_of(risk, own).quantize(Decimal("0.01")),
        reward_risk=ratios,
        worst_equity=None
        if risk is None
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
        "open_risk": str(ctx.open_risk),
        "margin": str(ctx.margin),
    }
    if quote is not None:
        facts |= {"bid": str(quote.bid), "ask": str(quote.ask)}
    if ctx.risk_money is not None:
        facts["risk"] = str(ctx.risk_money)
    if ctx.floor is not None:
        facts["floor"] = str(ctx.floor)
    return facts
