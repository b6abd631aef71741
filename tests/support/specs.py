"""One symbol as a broker describes it, for tests to vary."""

from decimal import Decimal

from trading.model import Execution, Filling, SymbolSpec, TradeMode

EURUSD = SymbolSpec(
    name="EURUSD",
    digits=5,
    point=Decimal("0.00001"),
    tick_size=Decimal("0.00001"),
    tick_value_loss=Decimal(1),
    contract_size=Decimal(100_000),
    volume_min=Decimal("0.01"),
    volume_max=Decimal(100),
    volume_step=Decimal("0.01"),
    volume_limit=Decimal(0),
    stops_level=0,
    freeze_level=0,
    fillings=(Filling.IOC,),
    execution=Execution.MARKET,
    trade_mode=TradeMode.FULL,
    currency_base="EUR",
    currency_profit="USD",
    currency_margin="EUR",
)
