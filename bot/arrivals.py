"""Wires what signals come by: sources, corrections, amendments, paper trades and their scores."""

from dataclasses import dataclass

from bot.settings import Settings
from bot.stores import Stores
from bot.tradingview import TradingView
from trading.amending import AmendService
from trading.channels import ChannelService
from trading.clock import Clock
from trading.fixing import FixService
from trading.intake import IntakeService
from trading.loop import TradingLoop
from trading.paper import PaperTrader
from trading.reporting import Reporter
from trading.scores import ScoreService
from trading.signals import SignalService

CHORES_EVERY = 15


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The services a signal passes before it is a card."""

    signals: SignalService
    intake: IntakeService
    fixes: FixService
    channels: ChannelService
    scores: ScoreService
    amends: AmendService
    alerts: TradingView


def open_arrivals(
    settings: Settings, stores: Stores, loop: TradingLoop, reporter: Reporter, clock: Clock
) -> Arrivals:
    """Return the services, with the chores that run whenever approvals are looked through."""
    ttl = settings.signals.ttl_seconds
    signals = SignalService(stores.desk, loop.wake, reporter, ttl, loop.expecting)
    amends = AmendService(stores.amendments, loop, loop.wake)
    intake = IntakeService(
        stores.sources,
        signals,
        amends,
        loop.quote,
        clock,
        ttl,
        limited=settings.plans.enabled,
    )
    fixes = FixService(stores.sources, intake)
    scores = ScoreService(stores.scores, intake.changed)
    signals.also(PaperTrader(stores.scores, loop.quote, clock).step)
    for chore in (fixes.expire, amends.expire, scores.watch):
        signals.also(chore, every=CHORES_EVERY)
    return Arrivals(
        signals,
        intake,
        fixes,
        ChannelService(stores.sources, intake.changed),
        scores,
        amends,
        _alerts(settings, intake, clock),
    )


def _alerts(settings: Settings, intake: IntakeService, clock: Clock) -> TradingView:
    token = settings.signals.tradingview_token
    lag = settings.signals.tradingview_lag_seconds
    return TradingView(intake, None if token is None else token.get_secret_value(), lag, clock)
