"""The books as the MetaTrader5 package shows them: structs of floats and server times."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trading.terminal.simulated import constants as mt5
from trading.terminal.simulated import structs
from trading.terminal.simulated.book import Book
from trading.terminal.simulated.catalogue import FOREX, Spec
from trading.terminal.simulated.checks import Permissions
from trading.terminal.simulated.config import Config
from trading.terminal.simulated.engine import MARGIN_CALL_LEVEL, STOP_OUT_LEVEL
from trading.terminal.simulated.faults import Strikes
from trading.terminal.simulated.ledger import Ledger
from trading.terminal.simulated.market import Market, Timeline
from trading.terminal.simulated.records import Deal, Order, Position

COMPANY = "Simulated"
BUILD = 5000


@dataclass
class Login:
    """Who is logged in."""

    number: int
    server: str


class Views:
    """Renders positions, orders, deals, symbols and the account."""

    def __init__(
        self, config: Config, market: Market, book: Book, ledger: Ledger, timeline: Timeline
    ) -> None:
        self._config = config
        self._market = market
        self._book = book
        self._ledger = ledger
        self._timeline = timeline

    def account(self, login: Login, permissions: Permissions, strikes: Strikes) -> Any:
        """Return an AccountInfo."""
        standing = self._ledger.standing()
        equity, profit = float(standing.equity), float(standing.floating)
        if strikes.has("equity_nan"):
            equity = math.nan
        if strikes.has("equity_zero"):
            equity = 0.0
        number = login.number
        for rule in strikes.states.get("wrong_login", ()):
            number = int(rule.get("login", 9999999))
        return structs.AccountInfo(
            login=number, trade_mode=mt5.ACCOUNT_TRADE_MODE_DEMO, leverage=self._config.leverage,
            limit_orders=permissions.most_orders, margin_so_mode=mt5.ACCOUNT_STOPOUT_MODE_PERCENT,
            trade_allowed=permissions.is_account_tradable,
            trade_expert=permissions.is_expert_allowed, margin_mode=self._margin_mode,
            currency_digits=self._market.currency_digits, fifo_close=permissions.is_fifo,
            balance=float(standing.balance), credit=float(standing.credit), profit=profit,
            equity=equity, margin=float(standing.margin), margin_free=float(standing.free),
            margin_level=float(standing.level), margin_so_call=float(MARGIN_CALL_LEVEL),
            margin_so_so=float(STOP_OUT_LEVEL), margin_initial=0.0, margin_maintenance=0.0,
            assets=0.0, liabilities=0.0, commission_blocked=0.0, name="Simulated account",
            server=login.server, currency=self._config.currency, company=COMPANY,
        )  # fmt: skip

    @property
    def _margin_mode(self) -> int:
        if self._config.is_netting:
            return mt5.ACCOUNT_MARGIN_MODE_RETAIL_NETTING
        return mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING

    def tick(self, symbol: str) -> Any:
        """Return a Tick stamped with the server's clock (F§10); zeros before the first quote."""
        quote = self._market.quote(symbol)
        if quote is None:
            return structs.Tick(0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0)
        time_msc = self._stamp(quote.ms)
        flags = mt5.TICK_FLAG_BID | mt5.TICK_FLAG_ASK
        prices = (float(quote.bid), float(quote.ask))
        return structs.Tick(time_msc // 1000, *prices, 0.0, 0, time_msc, flags, 0.0)

    def _stamp(self, feed_ms: int) -> int:
        return max(0, self._timeline.wall_ms(feed_ms) + self._config.offset_ms)

    def position(self, position: Position) -> Any:
        """Return a TradePosition."""
        price = self._ledger.closing_price(position)
        return structs.TradePosition(
            position.ticket, position.time_msc // 1000, position.time_msc,
            position.update_msc // 1000, position.update_msc, position.type, position.magic,
            position.identifier, position.reason, float(position.volume),
            float(position.price_open), float(position.sl), float(position.tp),
            float(price or position.price_open), float(position.swap),
            float(self._ledger.floating(position)), position.symbol, position.comment, "",
        )  # fmt: skip

    def order(self, order: Order) -> Any:
        """Return a TradeOrder."""
        quote = self._market.quote(order.symbol) if order.symbol in self._market.specs else None
        current = Decimal(0) if quote is None else (quote.bid if order.type % 2 else quote.ask)
        return structs.TradeOrder(
            order.ticket, order.setup_msc // 1000, order.setup_msc, order.done_msc // 1000,
            order.done_msc, order.expiration, order.type, order.type_time, order.type_filling,
            order.state, order.magic, order.position_id, order.position_by_id, order.reason,
            float(order.volume), float(order.volume_left), float(order.price), float(order.sl),
            float(order.tp), float(current), float(order.stoplimit), order.symbol, order.comment,
            "",
        )  # fmt: skip

    def deal(self, deal: Deal) -> Any:
        """Return a TradeDeal."""
        return structs.TradeDeal(
            deal.ticket, deal.order, deal.time_msc // 1000, deal.time_msc, deal.type, deal.entry,
            deal.magic, deal.position_id, deal.reason, float(deal.volume), float(deal.price),
            float(deal.commission), float(deal.swap), float(deal.profit), float(deal.fee),
            deal.symbol, deal.comment, "",
        )  # fmt: skip

    def symbol(self, spec: Spec, *, is_selected: bool) -> Any:
        """Return a SymbolInfo; prices and tick values are 0 until it was selected (F§3, F§8)."""
        values: dict[str, Any] = {**_BLANK, **self._terms(spec)}
        values.update(select=is_selected, visible=is_selected)
        if is_selected:
            values.update(self._prices(spec))
        return structs.SymbolInfo(**values)

    def _terms(self, spec: Spec) -> dict[str, Any]:
        point = float(spec.point)
        return {
            "name": spec.name, "digits": spec.digits, "point": point, "trade_tick_size": point,
            "trade_calc_mode": spec.calc_mode, "trade_mode": spec.trade_mode,
            "trade_stops_level": spec.stops_level, "trade_freeze_level": spec.freeze_level,
            "trade_exemode": mt5.SYMBOL_TRADE_EXECUTION_MARKET, "spread_float": True,
            "swap_mode": mt5.SYMBOL_SWAP_MODE_POINTS, "swap_long": float(spec.swap_long),
            "swap_short": float(spec.swap_short),
            "swap_rollover3days": mt5.DAY_OF_WEEK_WEDNESDAY, "margin_hedged_use_leg": True,
            "expiration_mode": spec.expiration_mode, "filling_mode": spec.filling_mode,
            "order_mode": spec.order_mode, "trade_contract_size": float(spec.contract),
            "volume_min": float(spec.volume_min), "volume_max": float(spec.volume_max),
            "volume_step": float(spec.volume_step), "volume_limit": float(spec.volume_limit),
            "currency_base": spec.base, "currency_profit": spec.profit,
            "currency_margin": spec.margin_currency, "description": spec.description,
            "path": f"{COMPANY}\\{spec.group}\\{spec.name}",
            "margin_hedged": float(spec.contract) if spec.calc_mode == FOREX else 0.0,
        }  # fmt: skip

    def _prices(self, spec: Spec) -> dict[str, Any]:
        quote = self._market.quote(spec.name)
        if quote is None:
            return {}
        tick = spec.point * spec.contract
        gain = self._market.convert(tick, spec.profit) or Decimal(0)
        loss = self._market.convert(-tick, spec.profit) or Decimal(0)
        return {
            "bid": float(quote.bid), "ask": float(quote.ask), "bidhigh": float(quote.bid),
            "bidlow": float(quote.bid), "askhigh": float(quote.ask), "asklow": float(quote.ask),
            "spread": int((quote.ask - quote.bid) / spec.point),
            "time": self._stamp(quote.ms) // 1000, "trade_tick_value": float(gain),
            "trade_tick_value_profit": float(gain), "trade_tick_value_loss": float(-loss),
        }  # fmt: skip


def terminal(permissions: Permissions) -> Any:
    """Return a TerminalInfo."""
    return structs.TerminalInfo(
        community_account=False, community_connection=False, connected=permissions.is_connected,
        dlls_allowed=False, trade_allowed=permissions.is_autotrading, tradeapi_disabled=False,
        email_enabled=False, ftp_enabled=False, notifications_enabled=False, mqid=False,
        build=BUILD, maxbars=100000, codepage=0, ping_last=20000, community_balance=0.0,
        retransmission=0.0, company=COMPANY, name="Simulated terminal", language="English",
        path="", data_path="", commondata_path="",
    )  # fmt: skip


_TEXTS = (
    "basis", "category", "currency_base", "currency_profit", "currency_margin", "bank",
    "description", "exchange", "formula", "isin", "name", "page", "path",
)  # fmt: skip
_WHOLE = (
    "chart_mode", "session_deals", "session_buy_orders", "session_sell_orders", "volume",
    "volumehigh", "volumelow", "time", "digits", "spread", "ticks_bookdepth", "trade_calc_mode",
    "trade_mode", "start_time", "expiration_time", "trade_stops_level", "trade_freeze_level",
    "trade_exemode", "swap_mode", "swap_rollover3days", "expiration_mode", "filling_mode",
    "order_mode", "order_gtc_mode", "option_mode", "option_right",
)  # fmt: skip
_FLAGS = ("custom", "select", "visible", "spread_float", "margin_hedged_use_leg")
_BLANK: dict[str, Any] = {
    **dict.fromkeys(structs.SymbolInfo._fields, 0.0),
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys(_WHOLE, 0),
    **dict.fromkeys(_FLAGS, False),
}
