"""The symbols on offer and their contract terms."""

from dataclasses import dataclass, replace
from decimal import Decimal

FOREX = 0  # SYMBOL_CALC_MODE_FOREX
CFD_LEVERAGE = 4  # SYMBOL_CALC_MODE_CFDLEVERAGE
FILL_FOK, FILL_IOC = 1, 2  # the mask of symbol_info, not ORDER_FILLING_* (F§7)


@dataclass(frozen=True)
class Spec:
    """The contract terms of one symbol; spread, levels and swaps are in points."""

    name: str
    base: str
    profit: str
    digits: int
    mid: float
    spread: int
    contract: Decimal = Decimal(100000)
    calc_mode: int = FOREX
    stops_level: int = 10
    freeze_level: int = 0
    filling_mode: int = FILL_FOK | FILL_IOC
    trade_mode: int = 4
    order_mode: int = 127
    expiration_mode: int = 15
    volume_min: Decimal = Decimal("0.01")
    volume_max: Decimal = Decimal(50)
    volume_step: Decimal = Decimal("0.01")
    volume_limit: Decimal = Decimal(0)
    swap_long: Decimal = Decimal(-5)
    swap_short: Decimal = Decimal(1)
    daily_range: float = 0.006
    is_commissioned: bool = True
    cross: tuple[str, str, str] | None = None
    group: str = "Forex"
    description: str = ""

    @property
    def point(self) -> Decimal:
        """Return the smallest price step, which is the tick size too."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def margin_currency(self) -> str:
        """Return the currency margin is counted in before conversion."""
        return self.base if self.calc_mode == FOREX else self.profit

    def price(self, value: Decimal) -> Decimal:
        """Return the value with this symbol's digits."""
        return value.quantize(self.point)


def _forex(name: str, mid: float, spread: int, **more: object) -> Spec:
    base, profit = name[:3], name[3:6]
    spec = Spec(name, base, profit, 3 if profit == "JPY" else 5, mid, spread)
    words = f"{base} against {profit} (Simulated)"
    return replace(spec, description=words, **more)  # type: ignore[arg-type]


def _cfd(name: str, base: str, digits: int, mid: float, spread: int, **more: object) -> Spec:
    spec = Spec(name, base, "USD", digits, mid, spread, Decimal(1), CFD_LEVERAGE)
    spec = replace(spec, group="CFD", is_commissioned=False, description=f"{name} (Simulated)")
    return replace(spec, **more)  # type: ignore[arg-type]


_GOLD = _cfd(
    "XAUUSD", "XAU", 2, 2350.0, 25, contract=Decimal(100), stops_level=20, group="Metals",
    filling_mode=FILL_FOK, swap_long=Decimal(-30), swap_short=Decimal(12),
    is_commissioned=True, daily_range=0.01, description="Gold against USD (Simulated)",
)  # fmt: skip

_METALS = ("XAU", "XAG", "XPT", "XPD")

CATALOGUE = {
    spec.name: spec
    for spec in (
        _forex("EURUSD", 1.085, 12),
        _forex("GBPUSD", 1.27, 15),
        _forex("USDJPY", 150.0, 14, swap_long=Decimal(4), swap_short=Decimal(-12)),
        _GOLD,
        _forex("NZDUSD", 0.61, 18),
        _forex("AUDUSD", 0.66, 14),
        _forex("USDCHF", 0.89, 15, swap_long=Decimal(3), swap_short=Decimal(-8)),
        _forex("USDCAD", 1.36, 16),
        _forex("EURGBP", 0.8543, 14, cross=("EURUSD", "/", "GBPUSD")),
        _forex("EURJPY", 162.75, 20, cross=("EURUSD", "*", "USDJPY")),
        _forex("GBPJPY", 190.5, 26, cross=("GBPUSD", "*", "USDJPY")),
        _cfd("US30", "USD", 1, 39000.0, 20, filling_mode=FILL_IOC),
        _cfd("NAS100", "USD", 1, 18000.0, 15, filling_mode=FILL_IOC, freeze_level=5),
        _cfd("BTCUSD", "BTC", 2, 65000.0, 1500, filling_mode=FILL_IOC, daily_range=0.03),
    )
}


def spec_of(name: str, decimals: int = 0) -> Spec:
    """Return the terms of a symbol by its plain name, guessing those of an unlisted one."""
    spec = CATALOGUE.get(name) or _guess(name, decimals)
    return replace(spec, digits=max(spec.digits, decimals))


def _guess(name: str, decimals: int) -> Spec:
    if name.startswith(_METALS):
        return replace(_GOLD, name=name, profit=name[3:6], base=name[:3], digits=decimals)
    if len(name) == len("EURUSD") and name.isalpha():
        return _forex(name, 1.0, 20)
    return _cfd(name, name, decimals, 1.0, 20)
