"""From the settings to what the loop and the pre-trade checks are given."""

from bot.settings import Settings
from trading.loop import LoopSettings
from trading.positions.model import Defaults
from trading.risk import RiskLimits


def risk_limits(settings: Settings) -> RiskLimits:
    """Return the pre-trade limits that the settings ask for."""
    risk = settings.risk
    return RiskLimits(
        risk_percent=risk.percent,
        max_open_positions=risk.max_open_positions,
        max_volume=risk.max_volume,
        max_spread_points=risk.max_spread_points,
        max_deviation_points=risk.max_deviation_points,
        max_positions_per_symbol=risk.max_positions_per_symbol,
        max_positions_per_currency=risk.max_positions_per_currency,
        max_spread_ratio=risk.max_spread_ratio,
        max_drift_points=risk.max_drift_points,
        max_drift_r=risk.max_drift_r,
        allow_duplicate=risk.allow_duplicate,
        allow_opposite=risk.allow_opposite,
        max_orders=risk.max_orders,
        order_window_seconds=risk.order_window_seconds,
        sessions=risk.sessions,
        weekend_minutes=risk.weekend_minutes,
        stress_percent=risk.stress_percent,
        max_snapshot_age=max(2.0, settings.loop.interval_seconds * 2),
    )


def loop_settings(settings: Settings) -> LoopSettings:
    """Return what the settings say of the loop."""
    return LoopSettings(
        batch_size=settings.signals.batch_size,
        interval=settings.loop.interval_seconds,
        stall=settings.heartbeat.stall_seconds,
        drawdown_percent=settings.guard.drawdown_max_percent,
        min_equity=settings.guard.min_equity,
        bonus_is_flow=settings.guard.drawdown_bonus_is_flow,
        correction_is_flow=settings.guard.drawdown_correction_is_flow,
        login=settings.terminal.login,
        server=settings.terminal.server,
        simulated=settings.terminal.kind == "simulated",
        management=Defaults(
            ladder=settings.manage.ladder_percent,
            break_even_after=settings.manage.break_even_after,
            break_even_points=settings.manage.break_even_points,
            trail_points=settings.manage.trail_points,
            time_limit_hours=settings.manage.time_limit_hours,
        ),
    )
